"""The sentence that shares most words with a question."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest

from weitiao.objectives.answers.baseline import Overlap, nearest, sentences_of
from weitiao.objectives.answers.metrics import averages, scores_of_rows

DATA = Path(__file__).parents[3] / "shared" / "data"


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("今天下雨。明天呢？不知道！", ["今天下雨。", "明天呢？", "不知道！"]),
        ("他说：“下雨了。”然后走了。", ["他说：“下雨了。”", "然后走了。"]),
        ("一是雨；二是风，三是雪", ["一是雨；", "二是风，三是雪"]),
        ("It rains 3.5 mm. Really?! Yes", ["It rains 3.5 mm.", "Really?!", "Yes"]),
        ('He said "It rains." Then he left.', ['He said "It rains."', "Then he left."]),
        ("  one\n\n  two \n", ["one", "two"]),
        ("……。", ["……。"]),
        ("一。。。二", ["一。。。", "二"]),
        (" \n", []),
        ("", []),
    ],
)
def test_sentences_have_their_place(text: str, sentences: list[str]) -> None:
    found = [*sentences_of(text)]
    assert [sentence for *_, sentence in found] == sentences
    assert all(text[begin:end] == sentence for begin, end, sentence in found)


@pytest.mark.parametrize(
    ("question", "text", "said"),
    [
        ("明天下雨吗？", "今天下雪。明天下雨。后天刮风。", ["明天下雨。"]),
        (
            "Who won THE game?",
            "It was cold. The Broncos won the game.",
            ["The Broncos won the game."],
        ),
        ("Where do cats sit?", "A category is sat. Cats sit on mats.", ["Cats sit on mats."]),
        ("雨？", "大雨下了一天。小雨。中雨。", ["小雨。"]),  # the shortest, then the first
        ("，。？", "一，二，三。四。", ["四。"]),  # punctuation isn't shared
        ("雨雨雨雪", "雨雨雨。雨和雪", ["雨和雪"]),  # each counts once
        ("什么", "", []),
    ],
)
def test_the_sentence_that_shares_most(question: str, text: str, said: list[str]) -> None:
    assert [sentence for *_, sentence in nearest(question, [*sentences_of(text)])] == said


def table(rows: list[tuple[str, str, list[str]]]) -> pa.Table:
    """Of contexts, questions and answers."""
    cells = [
        json.dumps(
            [(text.index(a), text.index(a) + len(a), a) for a in answers], ensure_ascii=False
        )
        for text, _, answers in rows
    ]
    texts, questions, _ = zip(*rows, strict=True)
    columns = {"text": ["cleaned"] * len(rows), "original": texts, "pair": questions}
    return pa.table({**columns, "label": cells})


def test_what_is_said_has_its_place_in_the_text_as_it_was_read() -> None:
    rows = [("今天下雪。 明天下雨。", "明天呢？", ["下雨"]), ("It is. No.", "no", [])]
    tables = {"train": table(rows[:1]), "val": table(rows[:1]), "test": table(rows)}
    measured = Overlap().measure(tables, {}, lambda *_: 0.0)
    assert measured.predicted == [[(6, 11, "明天下雨。")], [(7, 10, "No.")]]
    assert measured.targets == [([(8, 10, "下雨")], True), ([], False)]
    assert measured.simpler == {"first_sentence": [[(0, 5, "今天下雪。")], [(0, 6, "It is.")]]}
    assert measured.c is None
    scores = scores_of_rows(measured.predicted, measured.targets)
    assert float(averages(scores, unanswerable=False)["f1"]) == pytest.approx(2 * 2 / (4 + 2) / 2)


def test_where_questions_of_train_have_no_answer_none_is_a_baseline() -> None:
    rows = [("今天下雪。", "明天呢？", [])]
    measured = Overlap().measure(dict.fromkeys(("train", "test"), table(rows)), {}, min)
    assert measured.simpler["unanswered"] == [[]]


@pytest.mark.slow
@pytest.mark.skipif(not (DATA / "xquad").is_dir(), reason="needs ../shared/data")
@pytest.mark.parametrize(
    ("name", "exact_match", "f1"),
    [
        ("cmrc2018/cmrc2018_dev.json", 0.5, 26.2),
        ("cmrc2018/cmrc2018_trial.json", 17.7, 42.0),
        ("xquad/xquad.en.json", 0.0, 15.7),
        ("xquad/xquad.zh.json", 0.1, 18.0),
        ("policyqa/test.json", 5.3, 30.1),
    ],
)
def test_public_data(name: str, exact_match: float, f1: float) -> None:
    rows = [
        (paragraph["context"], question["question"], question["answers"])
        for article in json.loads((DATA / name).read_text("utf-8"))["data"]
        for paragraph in article["paragraphs"]
        for question in paragraph["qas"]
    ]
    cells = [
        json.dumps(
            [(a["answer_start"], a["answer_start"] + len(a["text"]), a["text"]) for a in row]
        )
        for *_, row in rows
    ]
    columns = {"original": [row[0] for row in rows], "pair": [row[1] for row in rows]}
    test = pa.table({**columns, "label": cells})
    measured = Overlap().measure({"train": test, "test": test}, {}, min)
    scores = averages(scores_of_rows(measured.predicted, measured.targets), unanswerable=False)
    values = {name: round(100 * float(value), 1) for name, value in scores.items()}
    assert values == {"f1": f1, "exact_match": exact_match}
