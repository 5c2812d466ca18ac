"""Answers of chat models in the form of OpenAI's chat completions, whole or while they grow."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from weitiao.generation.talks import Answer, Talk
from weitiao.serving.completion_query import Completion
from weitiao.serving.limits import ending
from weitiao.serving.models import Models


class Heard:
    """What the thread that computes says of a conversation, for the event loop.

    Args:
        query: asks for it.
    """

    def __init__(self, query: Completion) -> None:
        self._loop = asyncio.get_running_loop()
        self._pieces: asyncio.Queue[str | None] = asyncio.Queue()
        self._first: str | None = None
        self.talk = Talk(query.text, query.options, self._pass)
        self.talk.answer.add_done_callback(lambda _: self._pass(None))

    def _pass(self, piece: str | None) -> None:
        self._loop.call_soon_threadsafe(self._pieces.put_nowait, piece)

    async def begin(self) -> None:
        """Wait until the answer begins, or is done without a word."""
        self._first = await self._pieces.get()

    async def pieces(self) -> AsyncIterator[str]:
        """The answer while it grows, once it has begun."""
        piece = self._first
        while piece is not None:
            yield piece
            piece = await self._pieces.get()

    async def end(self) -> None:
        """Wait until the answer is done."""
        await self.begin()
        async for _ in self.pieces():
            pass

    @property
    def failed(self) -> bool:
        """Whether it is known that there will be no answer."""
        answer = self.talk.answer
        return answer.done() and (answer.cancelled() or answer.exception() is not None)

    def answer(self) -> Answer:
        """The answer, which is done.

        Raises:
            Refused: the server is ending.
            Exception: whatever the model has raised.
        """
        if self.talk.answer.cancelled():
            raise ending()
        return self.talk.answer.result()

    def leave(self) -> None:
        """Nobody listens any more: what isn't done is not computed."""
        self.talk.answer.cancel()


class Form:
    """The objects of one answer.

    Args:
        query: asks for it.
    """

    def __init__(self, query: Completion) -> None:
        self._query = query
        self._same = {"id": f"chatcmpl-{secrets.token_hex(12)}", "created": int(time.time())}

    def whole(self, answer: Answer) -> dict[str, Any]:
        """All of it at once."""
        choice = {"message": {"role": "assistant", "content": answer.text}}
        found = self._object("chat.completion", choice, _reason(answer))
        return found | _cut(answer) | {"usage": _usage(answer)}

    async def events(self, heard: Heard, reason: Callable[[Exception], str]) -> AsyncIterator[str]:
        """Server-sent events of an answer that has begun; ``[DONE]``, unless it fails.

        Args:
            reason: what the model has raised → why there is no more, in words.
        """
        yield self._part({"role": "assistant", "content": ""})
        async for piece in heard.pieces():
            yield self._part({"content": piece})
        try:
            answer = heard.answer()
        except Exception as error:  # whatever it is: no status can tell it any more
            yield _event({"error": {"message": reason(error)}})
            return
        last = self._object("chat.completion.chunk", {"delta": {}}, _reason(answer))
        yield _event(last | _cut(answer))
        if self._query.usage:
            counted = {"choices": [], "usage": _usage(answer)}
            yield _event(self._object("chat.completion.chunk", {}, None) | counted)
        yield "data: [DONE]\n\n"

    def _part(self, delta: Mapping[str, str]) -> str:
        return _event(self._object("chat.completion.chunk", {"delta": delta}, None))

    def _object(self, kind: str, choice: Mapping[str, Any], ended: str | None) -> dict[str, Any]:
        choices = [{"index": 0, **choice, "finish_reason": ended}]
        return {**self._same, "object": kind, "model": self._query.name, "choices": choices}


class Events(StreamingResponse):
    """Server-sent events of an answer; whoever goes before its end ends it."""

    def __init__(self, content: AsyncIterator[str], heard: Heard) -> None:
        # a proxy such as nginx would else keep them until it has many
        headers = {"X-Accel-Buffering": "no"}
        super().__init__(content, headers=headers, media_type="text/event-stream")
        self._heard = heard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send them."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._heard.leave()


def listed(models: Models) -> dict[str, Any]:
    """The models that chat."""
    known = [(name, round(one.since)) for name, one in models.items() if one.model.chat]
    rows = [
        {"id": name, "object": "model", "created": since, "owned_by": "weitiao"}
        for name, since in known
    ]
    return {"object": "list", "data": rows}


def _reason(answer: Answer) -> str:
    return "stop" if answer.ended else "length"


def _cut(answer: Answer) -> dict[str, bool]:
    """What OpenAI's form has no place for."""
    return {"cut": True} if answer.cut else {}


def _usage(answer: Answer) -> dict[str, int]:
    counts = {"prompt_tokens": answer.prompt, "completion_tokens": answer.ids}
    return counts | {"total_tokens": answer.prompt + answer.ids}


def _event(content: Mapping[str, Any]) -> str:
    return f"data: {json.dumps(content, ensure_ascii=False)}\n\n"
