"""Each step of cleaning: what it changes and counts, twice as once, in linear time."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from cleaning_cases import CASES, STEPS
from hypothesis import example, given, settings
from hypothesis import strategies as st

from weitiao.errors import ConfigError, MissingExtra
from weitiao.inputs.text import clean, patterns
from weitiao.inputs.text.clean import Cleaner

CORPUS = Path(__file__).parents[4] / "shared" / "data" / "chnsenticorp" / "train.tsv"
REWRITES = [step for step in STEPS if step not in ("empty", "length")]
BOUNDS = {"min_chars": 2, "max_chars": 5}


def cleaner_of(step, **options):
    return Cleaner(steps=(step,), **(BOUNDS if step == "length" else {}), **options)


@pytest.mark.parametrize("step", STEPS)
def test_step_on_real_cases(step):
    assert len(CASES[step]) >= 10
    before, after = zip(*CASES[step], strict=True)
    assert cleaner_of(step).clean(before).texts == list(after)


@pytest.mark.parametrize("step", STEPS)
def test_counts_equal_an_independent_diff(step):
    texts = [before for cases in CASES.values() for before, _ in cases]
    if CORPUS.exists():
        texts += CORPUS.read_text(encoding="utf-8").splitlines()[::4]
    cleaned = cleaner_of(step).clean(texts)
    different = sum(before != after for before, after in zip(texts, cleaned.texts, strict=True))
    assert {**cleaned.changed, **cleaned.dropped} == {step: different}
    assert different > 0


def test_counts_of_a_chain_equal_those_of_its_steps_one_after_the_other():
    cleaner = Cleaner(steps=STEPS, min_chars=2)
    texts = ["ｈ\u200bttp://a.cn", "&lt;br&gt;", "好！！！！！！ ", "好", "\u3000", "没有变"]
    cleaned = cleaner.clean(texts)
    assert cleaned.texts == [None, None, "好！！！", None, None, "没有变"]
    expected = {"html": 1, "control": 1, "width": 2, "url": 1, "repeats": 1, "whitespace": 4}
    assert {step: count for step, count in cleaned.changed.items() if count} == expected
    assert list(cleaned.changed) == REWRITES
    assert cleaned.dropped == {"empty": 3, "length": 1}


fragments = st.sampled_from(
    [text for cases in CASES.values() for case in cases for text in case if text]
    + list("好的，。！？《》 <>&;#@/:.-aAbB019＜＆＃；ａ１😀❤這")
    + list("\n\t\xa0\u3000\u200b\u200d\ufe0f\u0301\u20e3")
    + ["&lt;", "&gt;", "&amp;", "&#", "&#8203;", "&#769;", "&#65313;", "<b>", "</p>", "<!--", "-->"]
    + ["http://", "www.", "@qq", ".com", "138", "0013", "8000", "哈哈哈", "aaa", "\u037e", "\u0338"]
)
messy_texts = st.lists(fragments | st.characters(exclude_categories=["Cs"]), max_size=12).map(
    "".join
)
OPTIONS = {
    **{step: Cleaner(steps=(step,)) for step in REWRITES},
    "NFKC": Cleaner(steps=("unicode",), unicode_form="NFKC"),
    "emoji names": Cleaner(steps=("emoji",), emoji="name"),
    "one repeat": Cleaner(steps=("repeats",), max_repeats=1),
    "default": Cleaner(),
    "all": Cleaner(steps=STEPS, max_chars=60),
    "all, otherwise": Cleaner(
        steps=(*REWRITES[::-1], "empty"),
        unicode_form="NFKC",
        replacement="token",
        emoji="name",
        max_repeats=2,
    ),
}


@pytest.mark.parametrize("name", OPTIONS)
def test_cleaning_twice_changes_nothing(name):
    cleaner = OPTIONS[name]

    @settings(max_examples=100)
    @given(messy_texts)
    @example("&amp;" * 30 + "lt;b&amp;gt;")
    @example("<" * 5 + "<b>" + "b>" * 5)
    def check(text):
        (once,) = cleaner.clean([text]).texts
        if once is not None:
            again = cleaner.clean([once])
            assert again.texts == [once]
            assert not any(again.changed.values())

    check()


@pytest.mark.parametrize("name", ["default", "all"])
def test_cleaning_a_corpus_twice_changes_nothing(name):
    if not CORPUS.exists():
        pytest.skip("needs ../shared/data/chnsenticorp")
    texts = CORPUS.read_text(encoding="utf-8").splitlines()[::2]
    once = OPTIONS[name].clean(texts, may_drop=False).texts
    assert OPTIONS[name].clean(once, may_drop=False).texts == once


def test_steps_run_in_the_order_given():
    text = ["#看 a@b.cn#"]
    topics_first = Cleaner(steps=("topic", "email"), replacement="token")
    emails_first = Cleaner(steps=("email", "topic"), replacement="token")
    assert topics_first.clean(text, may_drop=False).texts == ["<topic>"]
    assert emails_first.clean(text, may_drop=False).texts == ["#看 <email>#"]


def test_default_repairs_and_removes_nothing_that_was_written():
    text = "真好😀！！！！ @小明 http://a.cn 13800138000 這"
    assert Cleaner().clean([text]).texts == [text]
    assert Cleaner().clean(["<br>　ａ\u200be\u0301&nbsp; b", ""]).texts == ["aé b", None]


def test_rewrite_gives_a_text_for_each_row():
    cleaner = Cleaner(steps=("whitespace", "empty", "length"), max_chars=3)
    assert cleaner.clean(["", " a ", "a  long one"], may_drop=False).texts == [
        "",
        "a",
        "a long one",
    ]
    assert cleaner.clean(["", " a ", "a  long one"]).texts == [None, "a", None]


def test_nfkc_folds_what_nfc_keeps():
    cleaner = Cleaner(steps=("unicode",), unicode_form="NFKC")
    assert cleaner.clean(["好，ﬁ²"], may_drop=False).texts == ["好,fi2"]


def test_replacement_by_tokens():
    steps = ("url", "email", "phone", "mention", "topic")
    text = "http://a.cn a@b.cn 13800138000 @小明 #话题#"
    cleaner = Cleaner(steps=steps, replacement="token")
    assert cleaner.clean([text], may_drop=False).texts == [
        "<url> <email> <phone> <mention> <topic>"
    ]


def test_emoji_names_in_the_language_of_the_text():
    cleaner = Cleaner(steps=("emoji",), emoji="name")
    assert cleaner.clean(["好😀", "good😀©"], may_drop=False).texts == [
        "好[嘿嘿]",
        "good[grinning_face]©",
    ]


def test_every_emoji_is_seen_whole():
    import emoji

    assert [name for name in emoji.EMOJI_DATA if not patterns.EMOJI_RUN.fullmatch(name)] == []


def test_max_repeats():
    assert Cleaner(steps=("repeats",), max_repeats=1).clean(
        ["哈哈哈 11"], may_drop=False
    ).texts == ["哈 11"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": ("html", "spelling")}, "unknown cleaning step 'spelling'"),
        ({"steps": ("html", "html")}, "twice"),
        ({"steps": ("empty", "html")}, "must come last"),
        ({"steps": ("length", "whitespace"), "max_chars": 9}, "must come last"),
        ({"steps": ("html",), "unicode_form": "NFKC"}, "unicode_form='NFKC' has no effect"),
        ({"emoji": "name"}, "emoji='name' has no effect"),
        ({"replacement": "token"}, "without the step url or email"),
        ({"max_repeats": 2}, "max_repeats=2 has no effect"),
        ({"min_chars": 2}, "min_chars=2 has no effect"),
        ({"max_chars": 2}, "max_chars=2 has no effect"),
        ({"steps": ("length",)}, "needs min_chars or max_chars"),
        ({"steps": ("length",), "min_chars": 3, "max_chars": 2}, "lets no text pass"),
        ({"steps": ("length",), "max_chars": 0}, "lets no text pass"),
        ({"steps": ("repeats",), "max_repeats": 0}, "at least 1"),
        ({"steps": ("emoji",), "emoji": "keep"}, "one of drop, name"),
        ({"unicode_form": "NFD"}, "one of NFC, NFKC"),
    ],
)
def test_contradictory_options_are_refused(options, message):
    with pytest.raises(ConfigError, match=message):
        Cleaner(**options)


@pytest.mark.parametrize(
    ("step", "package"), [("mojibake", "ftfy"), ("simplified", "opencc"), ("emoji", "emoji")]
)
def test_a_missing_package_is_told_at_once(step, package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtra, match=rf"{step}.*{package}[\s\S]*weitiao\[clean\]"):
        Cleaner(steps=(step,))


def test_importing_and_the_default_need_no_extra():
    code = (
        "import sys\n"
        "for name in ('ftfy', 'opencc', 'emoji'): sys.modules[name] = None\n"
        "from weitiao.inputs.text.clean import Cleaner; print(Cleaner().clean(['ok ']).texts)"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(Path(clean.__file__).parents[3])},
        capture_output=True,
        text=True,
    )
    assert shown.stdout == "['ok']\n"


HARD = {
    "html": ["<b ", "<!--", "<script>", "<b a=1 ", "&amp;", "<<b>b>", '<b a="', "<b>&"],
    "url": ["http://.", "www.", "http://"],
    "email": ["a", "a@", "a@b.", "a.", "@a."],
    "phone": ["1", "13", "138 ", "0", "86-"],
    "mention": ["@", "//", "@a"],
    "topic": ["#", "#a", "a#"],
    "control": ["\u200d", "\U000e0067", "\ufe0f", "😀\u200d"],
    "emoji": ["😀\u200d", "1\ufe0f", "🇨"],
    "repeats": ["a", "ab"],
}


@pytest.mark.parametrize("step", HARD)
def test_no_text_takes_quadratic_time(step):
    def seconds(text):
        best = float("inf")
        for _ in range(3):
            start = time.process_time()
            Cleaner(steps=(step,)).clean([text], may_drop=False)
            best = min(best, time.process_time() - start)
        return best

    for part in HARD[step]:
        short, long = (seconds("@" + part * (size // len(part))) for size in (2_000, 32_000))
        # 16 times the length: linear is 16, quadratic 256.
        assert long < 64 * max(short, 1e-4), part


@pytest.mark.slow
@pytest.mark.parametrize("steps", [Cleaner().steps, STEPS])
def test_time_is_linear_in_the_number_of_rows(steps):
    base = [before for cases in CASES.values() for before, _ in cases]
    cleaner = Cleaner(steps=steps, **({"max_chars": 60} if "length" in steps else {}))

    def seconds(rows, best_of):
        texts = (base * (rows // len(base) + 1))[:rows]
        times = []
        for _ in range(best_of):
            start = time.process_time()
            cleaner.clean(texts)
            times.append(time.process_time() - start)
        return min(times)

    # other work on the machine can only make it look worse
    ratio = min(seconds(100_000, 1) / seconds(10_000, 3) for _ in range(3))
    assert ratio < 10.5 * 1.2
