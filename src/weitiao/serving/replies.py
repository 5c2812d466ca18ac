"""Conversations of a request to ``/predict``: some at a time, so that others get a turn."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from weitiao.errors import DataError
from weitiao.generation.options import Generation
from weitiao.generation.talks import Answer, Talk
from weitiao.serving.batcher import Batcher
from weitiao.serving.models import ChatModel
from weitiao.serving.talking import ROWS

LIKELIEST = Generation("", chat=True, temperature=0.0)


async def replies(batcher: Batcher, model: ChatModel, texts: Sequence[str]) -> list[dict[str, Any]]:
    """What is answered to each conversation, in the form of `answers`; who cancels it ends them.

    Raises:
        DataError: one can't be answered; counts them from 1.
        Refused: too many wait.
    """
    found: list[dict[str, Any]] = []
    for begin in range(0, len(texts), ROWS):
        talks = [Talk(text, LIKELIEST, _unheard) for text in texts[begin : begin + ROWS]]
        try:
            for talk in talks:
                batcher.talk(model, talk)
            for talk in talks:
                found.append(_row(await asyncio.wrap_future(talk.answer)))
        except DataError as error:
            error.row = len(found) + 1
            raise
        finally:
            for talk in talks:  # nothing is computed for nobody
                talk.answer.cancel()
    return found


def _unheard(piece: str) -> None:
    """Nobody listens while it grows."""


def _row(answer: Answer) -> dict[str, Any]:
    more = {"ended": answer.ended, "ids": answer.ids, "cut": answer.cut}
    return {"label": answer.text, "more": more}
