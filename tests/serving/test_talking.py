"""Conversations side by side: none waits for another's answer, and only so many are answered."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, cast

import pytest
from served_completions import ASKED, talk, until
from served_models import Echoes, Lengths

from weitiao.errors import DataError
from weitiao.generation.talks import Answer
from weitiao.serving import talking
from weitiao.serving.batcher import Batcher
from weitiao.serving.limits import Refused
from weitiao.serving.replies import replies


@contextmanager
def batcher(most: int = 1000) -> Iterator[Batcher]:
    made = Batcher(most)
    yield made
    made.close()


def test_no_conversation_waits_for_the_end_of_anothers_answer() -> None:
    model, labels = Echoes(), Lengths()
    heard: list[str] = []
    with batcher() as here:
        model.free.clear()
        long = talk("a" * 500, heard)
        here.talk(model, [long])
        until(lambda: heard)
        others = [talk(character, heard) for character in "bcd"]
        for other in others:
            here.talk(model, [other])
        found = here.submit(labels, ["a label"])
        model.free.set()
        assert [other.answer.result(5).text for other in others] == [*"bcd"]
        assert found.result(5).labels == ["long"]
        assert long.answer.result(5) == Answer("a" * 500, True, 500, 500, False)
        assert max(map(heard.index, "bcd")) < 20  # of 503
        assert model.groups == [["a" * 500], ["b", "c", "d"]]
        assert here.rows == 0


def test_only_so_many_are_answered_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(talking, "ROWS", 3)
    model, heard = Echoes(), list[str]()
    with batcher() as here:
        model.free.clear()
        talks = [talk("ab", heard) for _ in range(20)]
        here.talk(model, [talks[0]])
        until(lambda: heard)
        for other in talks[1:]:
            here.talk(model, [other])
        model.free.set()
        assert [one.answer.result(5).text for one in talks] == ["ab"] * 20
        assert [*map(len, model.groups)] == [1, 3, 3, 3, 3, 3, 3, 1]


def test_many_conversations_leave_room_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(talking, "ROWS", 3)
    model, heard = Echoes(), list[str]()
    texts = [f"{i}" * 9 for i in range(8)]
    with batcher() as here, ThreadPoolExecutor(1) as pool:
        model.free.clear()
        many = pool.submit(asyncio.run, replies(here, model, texts))
        until(lambda: model.groups)
        other = talk("b", heard)
        here.talk(model, [other])
        model.free.set()
        assert other.answer.result(5).text == "b"
        found = many.result(5)
        assert [row["label"] for row in found] == texts
        assert sum(map(len, model.groups)) == 9
        assert ["b"] in model.groups[:4]


def test_a_long_request_is_admitted_whole_or_not_at_all() -> None:
    model, heard = Echoes(), list[str]()
    with batcher(20) as here, ThreadPoolExecutor(1) as pool:
        model.free.clear()
        many = pool.submit(asyncio.run, replies(here, model, ["ab"] * 40))
        until(lambda: model.groups)
        assert here.rows == 40 - talking.ROWS
        with pytest.raises(Refused, match="24 texts are waiting"):
            here.talk(model, [talk("b", heard)])
        model.free.set()
        assert len(many.result(5)) == 40
        assert here.rows == 0


@pytest.mark.parametrize("fails", [True, False])
def test_nothing_is_answered_behind_a_fault_or_for_who_has_gone(fails: bool) -> None:
    model = Echoes()
    template = json.dumps([{"role": "system", "content": "短"}, *ASKED])
    long = "c" * 100_000  # it would take seconds
    texts = ["ok", template, long] if fails else ["ok", long, long]

    async def cut() -> None:
        waiting = asyncio.ensure_future(replies(here, model, texts))
        if not fails:
            await asyncio.sleep(0.05)
            waiting.cancel()
        with pytest.raises(DataError if fails else asyncio.CancelledError) as fault:
            await waiting
        assert getattr(fault.value, "row", 2) == 2

    with batcher() as here:
        asyncio.run(cut())
        assert model.talks[-1].answer.cancelled()


def test_a_model_that_cant_be_heard_at_all_ends_no_server() -> None:
    with batcher() as here:
        asked = talk("a", [])
        here.talk(cast(Any, Lengths()), [asked])  # it answers nothing
        with pytest.raises(AttributeError):
            asked.answer.result(5)
        assert here.submit(Lengths(), ["a"]).result(5).labels == ["short"]


def test_an_ended_server_leaves_nobody_waiting() -> None:
    model, heard = Echoes(), list[str]()
    with batcher() as here:
        model.free.clear()
        talks = [talk(text, heard) for text in ("a" * 999, "b")]
        here.talk(model, [talks[0]])
        until(lambda: heard)
        here.talk(model, [talks[1]])
        threading.Timer(0.05, model.free.set).start()
        here.close()
        assert all(one.answer.cancelled() for one in talks)
