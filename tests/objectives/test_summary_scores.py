"""Scores and simpler forms of summaries, Chinese ones by hanzi."""

from __future__ import annotations

import math

import pyarrow as pa
import pytest

from weitiao.objectives.replies.simple_summaries import LeadSentence, first_sentence
from weitiao.objectives.replies.summary_scores import signatures, summary_scores

RIGHT = ["猫坐在 BERT 上。", "A cat sits on it."]


def test_right_texts_are_perfect_whatever_stands_between_words() -> None:
    found = summary_scores(RIGHT, RIGHT)
    assert found == pytest.approx({"rouge_l": 1, "rouge_1": 1, "rouge_2": 1, "distinct_2": 1})
    assert summary_scores(["猫坐在bert上", "a cat, sits on it"], RIGHT) == pytest.approx(found)


def test_hanzi_count_as_words_do() -> None:
    found = summary_scores(["猫在上"], ["猫坐在上面"])
    assert found["rouge_1"] == found["rouge_l"] == pytest.approx(2 * 1 * 0.6 / 1.6)
    assert found["rouge_2"] == pytest.approx(2 * (1 / 2) * (1 / 4) / (3 / 4))
    assert all("|tok:hanzi+words|" in signatures(["猫"])[name] for name in found if "rouge" in name)
    assert summary_scores(["上在猫"], ["猫在上"])["rouge_l"] == pytest.approx(1 / 3)


def test_the_same_of_everything_is_hardly_distinct() -> None:
    assert summary_scores(["a b c"] * 10, ["x"] * 10)["distinct_2"] == pytest.approx(2 / 20)
    assert summary_scores([""], ["x"]) == dict.fromkeys(
        ("rouge_l", "rouge_1", "rouge_2", "distinct_2"), 0
    )
    assert all(math.isnan(value) for value in summary_scores([], []).values())


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("今天下雨。明天晴。", "今天下雨。"),
        ("提出一种方法.其误差为0.5%.", "提出一种方法."),
        ("About 3.5 of v1.2 fail. Others don't.", "About 3.5 of v1.2 fail."),
        ("\n 标题\n正文。", "标题"),
        ("no end", "no end"),
        ("", ""),
    ],
)
def test_a_first_sentence_ends_where_readers_see_its_end(text: str, first: str) -> None:
    assert first_sentence(text) == first


def test_a_summary_of_few_words_is_held_beside_how_the_text_begins() -> None:
    train = {"text": ["红花开了。好看。", "小狗跑了。快。"], "label": ["花", "狗狗跑"]}
    test = {"text": ["小狗跑了吗？快。", "红花。"], "label": ["狗", "花"]}
    tables = {"train": pa.table(train), "test": pa.table(test)}
    found = LeadSentence(sample=1).measure(tables, {"test": tables["test"]["label"]}, print)
    assert found.predicted == ["小狗跑了吗？", None]
    assert found.simpler == {"beginning": ["小狗", None], "nearest": ["狗狗跑", None]}
