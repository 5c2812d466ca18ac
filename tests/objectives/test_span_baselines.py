"""Simpler models of spans."""

from __future__ import annotations

import random
import sys

import pyarrow as pa
import pytest

from weitiao.io.arrow import Ragged
from weitiao.objectives.spans.baselines import Dictionary, SpanModels, _words
from weitiao.objectives.spans.metrics import SpanMetrics
from weitiao.objectives.spans.sure import Found
from weitiao.objectives.spans.tags import Span

CITY, PERSON = 0, 1


def f1(said: list[list[Span]], true: list[list[Span]]) -> float:
    metrics = SpanMetrics(["city", "person"], joined=False)
    metrics.update([Found(spans, []) for spans in said], true)
    return float(metrics.compute()["f1"])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("我在纽约市工作", [(2, 5, CITY)]),  # the longest
        ("我在纽约工作", [(2, 4, CITY)]),
        ("in New York City", [(3, 11, CITY)]),
        ("in New  York", [(3, 12, CITY)]),  # white space between words is any
        ("in NewYork, Yorkshire", []),  # words are whole
        ("", []),
    ],
)
def test_the_dictionary_finds_what_train_has(text: str, found: list[Span]) -> None:
    texts = ["纽约市很大", "纽约很大", "New York"]
    spans = [[(0, 3, CITY)], [(0, 2, CITY)], [(0, 8, CITY)]]
    assert Dictionary.of(texts, spans).spans(text) == found


def test_what_is_seldom_a_span_is_not_in_the_dictionary() -> None:
    texts = ["中国队", "中间", "中午", "中心"]
    assert Dictionary.of(texts, [[(0, 1, CITY)], [], [], []]).spans("中") == []


def test_the_linear_model_learns_from_what_stands_around() -> None:
    draw = random.Random(0)
    texts, spans = [], []
    for _ in range(200):
        name = "".join(draw.sample("甲乙丙丁戊己庚辛", 2))
        person = draw.random() < 0.5
        before = "见到" if person else "住在"
        texts.append(f"{before}{name}，好")
        spans.append([(2, 4, PERSON if person else CITY)])
    parts = {"train": slice(150), "val": slice(150, 175), "test": slice(175, 200)}
    tables = {s: pa.table({"original": texts[part]}) for s, part in parts.items()}
    lists = pa.large_list(pa.int64())
    targets = {
        split: Ragged(pa.chunked_array([pa.array([[*row[0]] for row in spans[part]], lists)]))
        for split, part in parts.items()
    }
    measured = SpanModels(2).measure(tables, targets, f1)
    assert measured.targets == spans[175:]
    assert f1(measured.predicted, measured.targets) > 0.95
    assert len(measured.simpler["dictionary"]) == 25


def test_words_come_without_jiebas_cache_in_the_shared_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "jieba", None)
    (first, *_) = _words("北京大学 good")
    assert first[:2] == ["word 北京大学", "word 北京大学 True"]
