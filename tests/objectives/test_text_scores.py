"""Scores of texts, Chinese ones by hanzi."""

from __future__ import annotations

import math

import pytest
import torch

from weitiao.objectives.replies.said import Said
from weitiao.objectives.replies.text_metrics import TextMetrics
from weitiao.objectives.replies.text_scores import NAMES, signatures, text_scores

ENGLISH = ["The cat sits on the mat.", "It is raining again today."]
CHINESE = ["猫坐在垫子上。", "今天又下雨了。"]


@pytest.mark.parametrize("right", [ENGLISH, CHINESE], ids=["english", "chinese"])
def test_right_texts_are_perfect_and_others_are_nothing(right: list[str]) -> None:
    assert text_scores(right, right) == pytest.approx({"chrf": 1, "bleu": 1, "ter": 0})
    other = text_scores(["qqq", "qqq"], right)
    assert (other["chrf"], other["bleu"]) == pytest.approx((0, 0))
    assert other["ter"] == pytest.approx(1, abs=0.3)


def test_a_hanzi_counts_as_a_word_does() -> None:
    said = ["猫坐在垫子下。", "今天又下雨了。"]
    found = text_scores(said, CHINESE)
    assert found["bleu"] > 0.7
    assert found["ter"] == pytest.approx(1 / 14)
    signed = signatures(CHINESE)
    assert "tok:zh" in signed["bleu"]
    assert "asian:yes" in signed["ter"]
    assert "tok:13a" in signatures(ENGLISH)["bleu"]


def test_no_texts_have_no_score() -> None:
    assert all(math.isnan(text_scores([], [])[name]) for name in NAMES)
    assert signatures([]) == {}


def test_batches_are_measured_together_and_rows_that_were_not_asked_for_are_left_out() -> None:
    names = ["bleu", "perplexity", "ended"]
    metrics = TextMetrics(lambda rows: ["".join(map(chr, ids)) for ids in rows], text_scores, names)
    for right in CHINESE:
        said = [Said([*map(ord, right)], True, 2.0, 4), Said(None, None, 6.0, 4)]
        metrics.update(said, [right, "没有问。"])
    found = metrics.compute()
    assert found["bleu"] == pytest.approx(1)
    assert found["ended"] == 1
    assert torch.isclose(found["perplexity"], torch.tensor(1.0).exp())
    metrics.reset()
    metrics.update([Said(None, None)], ["没有问。"])
    assert metrics.compute()["bleu"].isnan()
