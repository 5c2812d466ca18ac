import subprocess
import sys
import time
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from weitiao.errors import ConfigError, MissingExtra
from weitiao.inputs.text import clean, patterns
from weitiao.inputs.text.clean import Cleaner, Step

CORPUS = Path(__file__).parents[4] / "shared" / "data" / "chnsenticorp" / "train.tsv"
STEPS = get_args(Step)
REWRITES = [step for step in STEPS if step not in ("empty", "length")]

# Before and after, for each step alone. What is equal on both sides must survive.
CASES = {
    "mojibake": [
        ("ä½\xa0å¥½ï¼Œä¸–ç•Œ", "你好，世界"),
        ("æ\x88¿é—´å¾ˆå¹²å‡€", "房间很干净"),
        ("cafÃ©", "café"),
        ("Itâ€™s great", "It’s great"),
        ("â€œhelloâ€\x9d", "“hello”"),
        ("naÃ¯ve rÃ©sumÃ©", "naïve résumé"),
        ("你好，“世界”！——……", "你好，“世界”！——……"),
        ("ＡＢＣ　ﬁ &amp; 价格：￥３", "ＡＢＣ　ﬁ &amp; 价格：￥３"),
        ("café, naïve, über", "café, naïve, über"),
        ("e\u0301 \u200b\x07 保留", "e\u0301 \u200b\x07 保留"),
        ("Привет, 안녕, こんにちは", "Привет, 안녕, こんにちは"),
    ],
    "html": [
        ("服务好&lt;br/&gt;房间大", "服务好 房间大"),
        ("第一行<br />第二行", "第一行 第二行"),
        ("比尔&#183;盖茨", "比尔·盖茨"),
        ("<p class=\"x\" id='y'>好</p>", " 好 "),
        ("很<b>好</b>看，<font color=red>红</font>", "很好看，红"),
        ("a&nbsp;b &amp;lt;3 &amp;amp;", "a\xa0b <3 &"),
        ("&#x4F60;&#22909;&quot;", '你好"'),
        ("<script>if (a<b) x()</script>正文<!-- 注 -->", " 正文 "),
        ('<a href="http://a.cn/?x=1>2">链接</a>', "链接"),
        ("<IMG SRC=a.png>图<BR>", " 图 "),
        ("a<b 且 c>d", "a<b 且 c>d"),
        ("if a<b and c>d", "if a<b and c>d"),
        ("我<3你 <-- 看 -->", "我<3你 <-- 看 -->"),
        ("《书名》<色戒>〈诗〉<木>", "《书名》<色戒>〈诗〉<木>"),
        ("AT&T; R&D; &notit; &T对方 a?x=1&copy=2", "AT&T; R&D; &notit; &T对方 a?x=1&copy=2"),
    ],
    "control": [
        ("好\u200b的", "好的"),
        ("\ufeff开头", "开头"),
        ("软\u00ad连\u2060字\u200c符", "软连字符"),
        ("\u202a方向\u202c\u200e\u200f", "方向"),
        ("响铃\x07退格\x08\x00删\x7f", "响铃退格删"),
        ("C1\x80\x9f", "C1"),
        ("葛\U000e0100城", "葛城"),
        ("好\u200d\ufe0f的", "好的"),
        ("行\n列\t尾\r\n\u3000\xa0", "行\n列\t尾\r\n\u3000\xa0"),
        ("👨\u200d👩\u200d👧 ❤\ufe0f 1\ufe0f\u20e3", "👨\u200d👩\u200d👧 ❤\ufe0f 1\ufe0f\u20e3"),
        ("👍🏽\u200d 🏴\U000e0067\U000e007f\U000e0067", "👍🏽 🏴\U000e0067\U000e007f\U000e0067"),
        ("x\U000e0067\U000e007f", "x"),
    ],
    "unicode": [
        ("cafe\u0301", "café"),
        ("A\u030a", "Å"),
        ("\u212b \u212a", "Å K"),
        ("n\u0303o", "ño"),
        ("\u1112\u1161\u11ab", "한"),
        ("か\u3099", "が"),
        ("\uf900", "豈"),
        ("u\u0308ber", "über"),
        ("好，ＡＢ１", "好，ＡＢ１"),
        ("ﬁ ² ① ㎏", "ﬁ ² ① ㎏"),
    ],
    "width": [
        ("ＡＢＣｘｙｚ", "ABCxyz"),
        ("１２３４５", "12345"),
        ("全　角", "全 角"),
        ("ａ＠ｂ．ｃｏｍ", "a@b.com"),
        ("５０％＋３＝８", "50%+3=8"),
        ("Ｃ＃／Ｃ＋＋", "C#/C++"),
        ("［笑］｛｝＜ｂ＞", "[笑]{}<b>"),
        ("ＩＢＭ－Ｘ６０", "IBM-X60"),
        ("好！吗？是：的；（对），嗯～。", "好！吗？是：的；（对），嗯～。"),
        ("￥“”《》、·…—", "￥“”《》、·…—"),
        ("half width, ok!", "half width, ok!"),
    ],
    "simplified": [
        ("這家酒店服務很好", "这家酒店服务很好"),
        ("書寫得很動人", "书写得很动人"),
        ("價錢貴", "价钱贵"),
        ("頭髮", "头发"),
        ("發現", "发现"),
        ("後來皇后", "后来皇后"),
        ("乾淨", "干净"),
        ("乾坤", "乾坤"),
        ("著名", "著名"),
        ("已是简体，ＡＢＣ ok", "已是简体，ＡＢＣ ok"),
        ("苧薴", "苎苎"),  # takes two rounds
    ],
    "url": [
        ("看http://t.cn/Rx1a2B吧", "看 吧"),
        ("地址：https://a.b.cn/x?y=1&z=%20#q。", "地址： 。"),
        ("(见http://a.cn/b.html)", "(见 )"),
        ("www.hp.com.cn去下载", " 去下载"),
        ("WWW.QQ.COM", " "),
        ("ftp://f.org/a_b.zip, ok", " , ok"),
        ("http://a.cn，http://b.cn", " ， "),
        ("HTTP://A.CN/路径", " 路径"),
        ("Node.js 3.5 e.g. 好.的", "Node.js 3.5 e.g. 好.的"),
        ("http 协议://", "http 协议://"),
        ("awww.so cute", "awww.so cute"),
    ],
    "email": [
        ("联系tony7015@yahoo.com.cn可以", "联系 可以"),
        ("sarah.liuhui@qq.com", " "),
        ("<a_b+c@d-e.org>", "< >"),
        ("MAIL: x@gmail.com.", "MAIL:  ."),
        ("a@b.cn,c@d.cn", " , "),
        ("邮箱12345@qq.com。", "邮箱 。"),
        ("@张三 你好", "@张三 你好"),
        ("当当网@!", "当当网@!"),
        ("5@3元 a@b", "5@3元 a@b"),
        ("#$%@# @.com", "#$%@# @.com"),
    ],
    "phone": [
        ("手机13901019711。", "手机 。"),
        ("+86 138-0013-8000", " "),
        ("13800138000或189 1234 5678", " 或 "),
        ("电话010-51236699客服", "电话 客服"),
        ("(0311)86911999", " "),
        ("0791-2878108-801", " "),
        ("拨打4008206666，400-820-6666", "拨打 ， "),
        ("800-820-6666", " "),
        ("订单1421846721，QQ 410073425", "订单1421846721，QQ 410073425"),
        ("ISBN 9787111054252", "ISBN 9787111054252"),
        ("KF051501056101361930", "KF051501056101361930"),
        ("2000-100的券，2005-2008年", "2000-100的券，2005-2008年"),
        ("时间2007-10-30 21:58", "时间2007-10-30 21:58"),
        ("¥13800138000 13800138000元", "¥13800138000 13800138000元"),
        ("0.13800138000 1000000", "0.13800138000 1000000"),
    ],
    "mention": [
        ("@小明 你好", "  你好"),
        ("谢谢@User_name-1！", "谢谢 ！"),
        ("//@张三:转发微博", " 转发微博"),
        ("回复@李四：好的", "回复 好的"),
        ("@a1 @b2", "   "),
        ("来吧@7天酒店，", "来吧 ，"),
        ("a@b.com", "a@b.com"),
        ("当当网@!我们", "当当网@!我们"),
        ("&*@#@*", "&*@#@*"),
        ("@ 你", "@ 你"),
    ],
    "topic": [
        ("#今天吃什么#火锅", " 火锅"),
        ("爱#北京 天安门#", "爱 "),
        ("#a##b#", "  "),
        ("#怎么办？#", " "),
        ("#iPhone 15# 好", "  好"),
        ("前#话题#后#话题2#", "前 后 "),
        ("我用C#和F#写", "我用C#和F#写"),
        ("1#和2#楼", "1#和2#楼"),
        ("#^$#@^#$^#@", "#^$#@^#$^#@"),
        ("&#183;&#183;", "&#183;&#183;"),
        ("# 标题 #", "# 标题 #"),
    ],
    "emoji": [
        ("好😀", "好 "),
        ("good👍🏽job", "good job"),
        ("❤️❤", "  "),
        ("👨\u200d👩\u200d👧家", " 家"),
        ("🇨🇳加油", " 加油"),
        ("1️⃣选", " 选"),
        ("☺", " "),
        ("🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", " "),
        ("©®™ ★☆ ♪ → √", "©®™ ★☆ ♪ → √"),
        ("1#* [笑] :) ^_^", "1#* [笑] :) ^_^"),
        ("㊗㊙〰", "㊗㊙〰"),
    ],
    "repeats": [
        ("哈哈哈哈哈哈", "哈哈哈"),
        ("太棒了！！！！！！", "太棒了！！！"),
        ("好好好好好好", "好好好"),
        ("soooooo good", "sooo good"),
        ("嗯。。。。。。。。。", "嗯。。。"),
        ("……………………", "………"),
        ("😀😀😀😀😀", "😀😀😀"),
        ("-----=====", "---==="),
        ("1000000 88888888", "1000000 88888888"),
        ("哈哈哈 谢谢 www", "哈哈哈 谢谢 www"),
        ("a      b", "a      b"),
    ],
    "whitespace": [
        ("  两端  ", "两端"),
        ("a \t b", "a b"),
        ("行\n\n行", "行 行"),
        ("全\u3000角", "全 角"),
        ("a\xa0\xa0b", "a b"),
        ("\r\n", ""),
        ("服务好 房间大", "服务好 房间大"),
        ("don't join words", "don't join words"),
        ("x\u2028y\u2009z", "x y z"),
        ("\x0b\x0c", ""),
    ],
    "empty": [
        ("", None),
        (" ", None),
        ("\u3000", None),
        ("\n\t", None),
        ("\xa0", None),
        ("\u2028", None),
        ("\r\n ", None),
        (".", "."),
        (" a ", " a "),
        ("0", "0"),
    ],
    "length": [
        ("", None),
        ("一", None),
        ("一二三四五六", None),
        ("😀", None),
        ("      ", None),
        ("一二", "一二"),
        ("一二三", "一二三"),
        ("一二三四五", "一二三四五"),
        ("ab\ncd", "ab\ncd"),
        ("😀😀", "😀😀"),
    ],
}
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
