"""Batches of what waits: fair, in budget, and no request pays for another."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

import pytest
from served_models import Lengths

from weitiao.serving.batcher import CHARACTERS, ROWS, SHARE, Batcher
from weitiao.serving.limits import Refused


@pytest.fixture
def batcher() -> Iterator[Batcher]:
    made = Batcher(1000)
    yield made
    made.close()


def held(model: Lengths, batcher: Batcher) -> Future[Any]:
    """Let the model be at work until it is set free, so that what comes next waits."""
    model.free.clear()
    first = batcher.submit(model, ["first"])
    assert model.begun.wait(5)
    return first


def test_a_request_alone_is_computed_at_once(batcher: Batcher) -> None:
    model = Lengths()
    found = batcher.submit(model, ["好", "a long one"]).result(5)
    assert (found.labels, found.unread) == (["short", "long"], [[[]], [[(6, 10)]]])
    assert model.batches == [["好", "a long one"]]


def test_what_waits_goes_into_one_batch_and_each_gets_its_own(batcher: Batcher) -> None:
    model = Lengths()
    held(model, batcher)
    texts = [["a" * i, "b" * (i + 1)] for i in range(1, 9)]
    waiting = [batcher.submit(model, rows) for rows in texts]
    model.free.set()
    found = [answer.result(5) for answer in waiting]
    assert len(model.batches) == 2
    assert [len(answer) for answer in found] == [2] * 8
    for rows, answer in zip(texts, found, strict=True):
        alone = Lengths().predict(rows)
        assert answer.labels == alone.labels
        assert answer.probabilities is not None
        # this model has probabilities, which a regression lacks
        assert answer.probabilities.tolist() == alone.probabilities.tolist()  # type: ignore[union-attr]


def test_short_requests_overtake_a_long_one(batcher: Batcher) -> None:
    model = Lengths()
    held(model, batcher)
    long = batcher.submit(model, [f"{i}" for i in range(5 * ROWS)])
    short = [batcher.submit(model, [f"short {i}"]) for i in range(3)]
    model.free.set()
    assert len(long.result(5)) == 5 * ROWS
    assert [len(answer.result(5)) for answer in short] == [1, 1, 1]
    second = model.batches[1]
    assert {"short 0", "short 1", "short 2"} <= {*second}
    assert second[:SHARE] == [f"{i}" for i in range(SHARE)]
    assert len(second) == ROWS  # the room that the short ones leave is the long one's
    assert [row for batch in model.batches for row in batch if row.isdigit()] == [
        f"{i}" for i in range(5 * ROWS)
    ]


def test_a_batch_has_a_budget_of_characters(batcher: Batcher) -> None:
    model = Lengths()
    held(model, batcher)
    texts = ["x" * (CHARACTERS // 3)] * 7 + ["y" * (2 * CHARACTERS)] + ["z"]
    answer = batcher.submit(model, texts)
    model.free.set()
    assert len(answer.result(5)) == 9
    assert [len(batch) for batch in model.batches] == [1, 3, 3, 1, 1, 1]


def test_models_take_turns_and_never_share_a_batch(batcher: Batcher) -> None:
    one, other = Lengths(), Lengths(labels="other ")
    held(one, batcher)
    waiting = [batcher.submit(model, ["a"] * 3 * ROWS) for model in (one, other)]
    one.free.set()
    assert {*waiting[0].result(5).labels} == {"short"}
    assert {*waiting[1].result(5).labels} == {"other short"}


def test_a_request_that_fails_fails_alone(batcher: Batcher) -> None:
    model = Lengths(fails="bad")
    held(model, batcher)
    waiting = [batcher.submit(model, [text]) for text in ("good", "bad", "fine")]
    model.free.set()
    assert waiting[0].result(5).labels == ["long"]
    assert waiting[2].result(5).labels == ["long"]
    with pytest.raises(RuntimeError):
        waiting[1].result(5)
    assert batcher.submit(model, ["good"]).result(5).labels == ["long"]


def test_nothing_is_computed_for_those_who_have_gone(batcher: Batcher) -> None:
    model = Lengths()
    first = held(model, batcher)
    gone, stays = batcher.submit(model, ["gone"] * 900), batcher.submit(model, ["stays"])
    with pytest.raises(Refused) as full:
        batcher.submit(model, ["more"] * 100)
    assert (full.value.status, full.value.headers) == (503, {"Retry-After": "1"})
    assert gone.cancel()
    model.free.set()
    assert stays.result(5).labels == first.result(5).labels == ["long"]
    assert model.batches == [["first"], ["stays"]]
    assert batcher.rows == 0


def test_an_ended_one_takes_nothing_and_leaves_nobody_waiting() -> None:
    batcher, model = Batcher(10), Lengths()
    held(model, batcher)
    waiting = batcher.submit(model, ["a"])
    model.free.set()
    batcher.close()
    assert waiting.done()
    with pytest.raises(Refused, match="ending"):
        batcher.submit(model, ["a"])
