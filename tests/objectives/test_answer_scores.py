"""Scores of answers: by hand, and as the evaluation scripts of SQuAD and CMRC 2018 give them."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from time import perf_counter

import pytest

from weitiao.objectives.answers.matching import Gold, exact, f1, gold_of
from weitiao.objectives.answers.metrics import OF_ALL, OF_SOME, averages, scores_of_rows
from weitiao.objectives.answers.words import bare_chinese, segments
from weitiao.targets.answers import Answer

DATA = Path(__file__).parents[3] / "shared" / "data"
needs_data = pytest.mark.skipif(not (DATA / "xquad").is_dir(), reason="needs ../shared/data")


@pytest.mark.parametrize(
    ("said", "golds", "right", "share"),
    [
        ("Denver Broncos", ["Denver Broncos"], 1, 1),
        ("The Denver Broncos.", ["denver broncos"], 1, 1),  # case, article, punctuation
        ("Broncos Denver", ["Denver Broncos"], 0, 1),  # a bag of words
        ("Denver", ["Denver Broncos"], 0, 2 / 3),
        ("a a Denver", ["the Denver an"], 1, 1),
        ("theatre", ["the atre"], 0, 0),  # articles are whole words
        ("well-known", ["well known"], 0, 0),  # a hyphen goes, and nothing comes in its place
        ("well-known", ["wellknown"], 1, 1),
        ("1,000", ["1000"], 1, 1),
        ("3.5", ["35"], 1, 1),
        ("it's", ["its"], 1, 1),
        ("it’s", ["its"], 0, 0),  # only ASCII's punctuation goes
        ("“Denver”", ["Denver"], 0, 0),
        ("Denver\u00a0 Broncos\n", ["Denver Broncos"], 1, 1),  # any white space
        ("to to be", ["to be"], 0, 4 / 5),  # each word as often as the other has it
        ("50%", ["50"], 1, 1),
        ("50％", ["50"], 0, 0),
        ("Paris", ["London", "Paris, France", "Rome"], 0, 2 / 3),  # the best of several
        ("Paris", ["London", "Paris"], 1, 1),
        ("", ["Paris"], 0, 0),
        ("", [], 1, 1),
        ("Paris", [], 0, 0),
        ("the", [], 1, 1),  # says nothing
        ("the", ["The"], 1, 1),
        ("姚明", ["姚明"], 1, 1),
        ("Yao Ming 姚明", ["Yao Ming"], 0, 4 / 5),
        ("Straße", ["STRASSE"], 0, 0),  # lower case is no case folding
    ],
)
def test_english(said: str, golds: list[str], right: int, share: float) -> None:
    assert exact(said, golds, chinese=False) == right
    assert f1(said, golds, chinese=False) == pytest.approx(share)


@pytest.mark.parametrize(
    ("said", "golds", "right", "share"),
    [
        ("光荣和ω-force", ["光荣和ω-force"], 1, 1),
        ("光荣。", ["光荣"], 1, 1),
        ("光荣", ["《光荣》"], 1, 1),
        ("光荣", ["《光荣》。"], 1, 1),
        ("光荣和", ["光荣"], 0, 4 / 5),
        ("荣光", ["光荣"], 0, 1 / 2),  # in the same order
        ("光和荣", ["光荣"], 0, 2 / 5),  # without a gap
        ("光，荣", ["光荣"], 1, 1),  # marks make none
        ("北京大学", ["北京的大学"], 0, 4 / 9),
        ("50%", ["50％"], 0, 0),  # "50" and "%", but "50％" is one word
        ("50%", ["50"], 0, 2 / 3),
        ("50％", ["50"], 0, 0),
        ("3.5万", ["3.5万"], 1, 1),
        ("3万", ["3.5万"], 0, 1 / 2),  # "3.5" is one word
        ("1,000人", ["1000人"], 0, 1 / 2),
        ("1、000人", ["1000人"], 1, 1),
        ("ω-force", ["ωforce"], 1, 1),  # a hyphen goes
        ("IBM公司", ["ibm公司"], 1, 1),
        ("IBM", ["IBM公司"], 0, 1 / 2),
        ("iPhone 6", ["iPhone6"], 0, 0),
        ("iPhone 6", ["iPhone  6"], 0, 1),  # all that is exact is white space
        ("the IBM", ["IBM"], 0, 2 / 3),  # articles count
        ("Michael Jordan", ["Michael·Jordan"], 0, 0),  # the dot goes: "michaeljordan"
        ("(光荣)", ["光荣"], 0, 2 / 3),  # ASCII's brackets are words
        ("（光荣）", ["光荣"], 1, 1),
        ("〈光荣〉", ["光荣"], 0, 2 / 3),  # not in CMRC's list
        ("光荣……", ["光荣"], 0, 4 / 5),  # … isn't either: "……" is one word
        ("‘光荣’", ["光荣"], 0, 4 / 5),  # one of these quotes is
        ('"光荣', ['光荣"'], 0, 2 / 3),
        ("st. john of", ["st. john"], 0, 4 / 5),
        ("好.", ["好"], 0, 2 / 3),
        ("臺灣大學", ["台湾大学"], 0, 1 / 4),  # traditional and simplified are others
        ("㐀好", ["㐁好"], 0, 1 / 2),  # rare hanzi are other script: here a word each
        ("カラオケ", ["カラ"], 0, 0),  # kana, too
        ("2008年", ["2008年8月", "08年", "2008年"], 1, 1),
        ("2008年", ["2008年8月", "08年"], 0, 2 / 3),
        (" 光荣\u3000", ["光荣"], 1, 1),
        ("", ["光荣"], 0, 0),
        ("", [], 1, 1),
        ("光荣", [], 0, 0),
        ("。", ["，"], 1, 1),  # CMRC's F1 is 0 here
    ],
)
def test_chinese(said: str, golds: list[str], right: int, share: float) -> None:
    assert exact(said, golds, chinese=True) == right
    assert f1(said, golds, chinese=True) == pytest.approx(share)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('他说"hello, world."了', "他 说 “ hello , world . ” 了"),
        ("don't the dogs' owner's we'll", "do n't the dogs ' owner 's we 'll"),
        ("u.s. army. john f. kennedy", "u.s. army . john f. kennedy"),
        ("mr. x, inc. [1.5] a.b.c", "mr. x , inc. [ 1.5 ] a.b.c"),
        ("1,000, and $5;50% #c&d", "1,000 , and $ 5 ; 50 % # c & d"),
        ("wait... what?!", "wait ... what ? !"),
        ("rock 'n' roll cannot o'neil", "rock 'n ' roll can not o'neil"),
        ("第5號alpha機", "第 5 號 alpha 機"),
        ("℃ 3′5″", "℃ 3′5″"),
        ("", ""),
    ],
)
def test_words_between_hanzi(text: str, words: str) -> None:
    assert segments(bare_chinese(text)) == words.split()


@pytest.mark.parametrize(
    ("context", "chinese"),
    [
        ("《战国无双3》是由光荣和ω-force开发的战国无双系列的正统第三续作。", True),
        ("Yao Ming (姚明) is a Chinese basketball player.", False),
        ("他与Charles Augustus Fortescue合作。", True),  # more letters than hanzi
        ("2008", False),
        ("", False),
    ],
)
def test_the_letters_of_the_text_say_whose_definition_holds(context: str, chinese: bool) -> None:
    cell = json.dumps([[0, 2, context[:2]]])
    assert gold_of(cell, context) == Gold([(0, 2, context[:2])], chinese)
    assert gold_of("[]", context).answers == []


def said(text: str) -> list[Answer]:
    return [(0, len(text), text)] if text else []


def measured(
    decided: Sequence[Sequence[Answer]], golds: Sequence[Gold], *, unanswerable: bool = True
) -> dict[str, float]:
    """The metrics of rows."""
    values = averages(scores_of_rows(decided, golds), unanswerable=unanswerable)
    return {name: float(value) for name, value in values.items()}


def test_rows_with_and_without_an_answer_count_for_themselves() -> None:
    rows = [  # what is said, and what is right
        ("Denver", Gold([(0, 6, "Denver")], chinese=False)),
        ("Denver Broncos", Gold([(0, 6, "Denver")], chinese=False)),
        ("", Gold([(0, 2, "光荣")], chinese=True)),
        ("光荣和", Gold([(0, 1, "光"), (0, 2, "光荣")], chinese=True)),
        ("", Gold([], chinese=True)),
        ("", Gold([], chinese=False)),
        ("光荣", Gold([], chinese=True)),
    ]
    values = measured([said(text) for text, _ in rows], [gold for _, gold in rows])
    assert [*values] == [*OF_ALL, *OF_SOME]
    assert values == pytest.approx(
        {
            "f1": (1 + 2 / 3 + 0 + 4 / 5 + 1 + 1 + 0) / 7,
            "exact_match": (1 + 2) / 7,
            "f1_answerable": (1 + 2 / 3 + 4 / 5) / 4,
            "exact_answerable": 1 / 4,
            "no_answer": 2 / 3,
        }
    )


def test_the_first_answer_is_said() -> None:
    values = measured([[*said("光荣"), *said("别的")]], [Gold([(0, 2, "光荣")], chinese=True)])
    assert values["exact_match"] == 1


def test_where_all_questions_have_an_answer_nothing_is_undefined() -> None:
    rows = [said("光荣")], [Gold([(0, 2, "光荣")], chinese=True)]
    assert measured(*rows, unanswerable=False) == {"f1": 1, "exact_match": 1}
    assert math.isnan(measured(*rows)["no_answer"])


def read(name: str) -> Iterator[tuple[str, Gold]]:
    """Contexts and answers of a file of SQuAD's form."""
    for article in json.loads((DATA / name).read_text("utf-8"))["data"]:
        for paragraph in article["paragraphs"]:
            for question in paragraph["qas"]:
                found = [(a["answer_start"], a["text"]) for a in question["answers"]]
                cell = json.dumps([(begin, begin + len(text), text) for begin, text in found])
                yield paragraph["context"], gold_of(cell, paragraph["context"])


def spoilt(draw: random.Random, context: str, answer: Answer) -> str:
    """The answer with other edges, or with something before or behind it."""
    begin, end, text = answer
    shifts = draw.randint(-9, 9), draw.randint(-9, 9)
    before, behind = draw.choice('《"( '), draw.choice("。.％s")
    if draw.random() < 0.5:
        return context[max(begin + shifts[0], 0) : max(end + shifts[1], 0)]
    return before + text + behind


@needs_data
@pytest.mark.parametrize(
    ("name", "exact_match", "share"),
    [
        ("xquad/xquad.en.json", 11.429, 44.129),
        ("policyqa/test.json", 11.344, 70.375),
        ("cmrc2018/cmrc2018_trial.json", 8.483, 79.211),
        ("xquad/xquad.zh.json", 7.899, 57.998),
    ],
)
def test_the_figures_of_the_evaluation_scripts(name: str, exact_match: float, share: float) -> None:
    """Those of SQuAD 1.1 (allenai/bi-att-flow) and of CMRC 2018 (v6, NLTK 3.9.1), in per cent."""
    rows, draw = [*read(name)], random.Random(7)
    golds = [gold for _, gold in rows]
    assert {gold.chinese for gold in golds} == {"cmrc" in name or "zh" in name}
    perfect = measured([gold.answers for gold in golds], golds, unanswerable=False)
    assert [*perfect.values()] == [1, 1]
    texts = [spoilt(draw, context, gold.answers[0]) for context, gold in rows]
    values = measured([*map(said, texts)], golds, unanswerable=False)
    assert 100 * values["exact_match"] == pytest.approx(exact_match, abs=0.0005)
    assert 100 * values["f1"] == pytest.approx(share, abs=0.0005)


@pytest.mark.parametrize(
    "answers",
    [
        lambda draw: "".join(draw.choices("的一是在不了有和人这中大为上个国", k=400)),
        lambda draw: " ".join(draw.choices(["some", "cat", "sat", "on", "a", "mat"], k=100)),
    ],
    ids=["hanzi", "words"],
)
def test_long_answers_are_scored_in_no_time(answers: Callable[[random.Random], str]) -> None:
    draw = random.Random(0)
    rows = [(answers(draw), answers(draw)) for _ in range(100)]
    start = perf_counter()
    assert all(f1(one, [other], chinese=True) < 1 for one, other in rows)
    assert perf_counter() - start < 5  # a table of all pairs would take as long
