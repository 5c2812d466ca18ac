"""Conversations of a request to ``/predict``, answered whole."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from weitiao.errors import DataError
from weitiao.generation.talks import LIKELIEST, Answer, Talk, unheard
from weitiao.serving.batcher import Batcher
from weitiao.serving.models import ChatModel


async def replies(batcher: Batcher, model: ChatModel, texts: Sequence[str]) -> list[dict[str, Any]]:
    """What is answered to each conversation, in the form of `answers`; who cancels it ends them.

    Raises:
        DataError: one can't be answered; counts them from 1.
        Refused: too many wait.
    """
    found: list[dict[str, Any]] = []
    talks = [Talk(text, LIKELIEST, unheard) for text in texts]
    batcher.talk(model, talks)
    try:
        for talk in talks:
            found.append(_row(await asyncio.wrap_future(talk.answer)))
    except DataError as error:
        error.row = len(found) + 1
        raise
    finally:
        for talk in talks:  # nothing is computed for nobody
            talk.answer.cancel()
    return found


def _row(answer: Answer) -> dict[str, Any]:
    more = {"ended": answer.ended, "ids": answer.ids, "cut": answer.cut}
    return {"label": answer.text, "more": more}
