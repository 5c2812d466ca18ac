"""The HTTP application: its paths and their answers."""

from __future__ import annotations

import asyncio
import sys
import time
import traceback
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from importlib.resources import files
from typing import Any, cast

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from weitiao import __version__
from weitiao.errors import DataError
from weitiao.generation.talks import Answer
from weitiao.serving.access import OPENAI, Gate, fault, refusal
from weitiao.serving.batcher import Batcher
from weitiao.serving.completion_query import Completion, read_completion
from weitiao.serving.completions import Events, Form, Heard, listed
from weitiao.serving.limits import Bodies, Limits, Rates, Refused, ending
from weitiao.serving.metrics import Metrics
from weitiao.serving.models import ChatModel, Models
from weitiao.serving.query import Query, answers, read_query
from weitiao.serving.replies import replies

GONE = 499  # nobody reads such an answer, but it is counted
PAGE = {"/": "index.html"} | {
    f"/{name}": name
    for name in (
        "style.css",
        *("script.js", "answers.js", "chat.js", "files.js", "csv.js"),
        *("models.js", "server.js", "words.js"),
    )
}
OPEN = (*PAGE, "/health", "/openapi.json")
"""Paths that need no token: they tell nothing of models or texts."""
_KINDS = {"html": "text/html", "css": "text/css", "js": "text/javascript"}
_POLICY = (  # nothing but the page's own files, and questions to this server
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:;"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def make_app(
    models: Models, limits: Limits, token: str | None = None, *, local: bool = True
) -> Gate:
    """The application that a server runs.

    Args:
        token: that a request must bear; null = none.
        local: only requests to a name of this machine are answered.
    """
    service = _Service(models, limits)
    routes = [
        Route("/predict", service.predict, methods=["POST"]),
        Route(f"{OPENAI}chat/completions", service.complete, methods=["POST"]),
        Route(f"{OPENAI}models", service.chat_models),
        Route("/models", service.describe),
        Route("/health", service.health),
        Route("/metrics", service.measures),
        Route("/openapi.json", _static("openapi.json", "application/json")),
        *(
            Route(path, _static(f"page/{name}", _KINDS[name.rpartition(".")[2]]))
            for path, name in PAGE.items()
        ),
    ]
    handlers: dict[Any, Any] = {HTTPException: _unanswerable, Refused: _refused}
    app = Starlette(routes=routes, exception_handlers=handlers, lifespan=service.lifespan)
    rates, count = Rates(limits.rate), service.metrics.answered
    end = service.batcher.end
    return Gate(app, token, rates, free=OPEN, local=local, count=count, end=end)


class _Service:
    """The answers."""

    def __init__(self, models: Models, limits: Limits) -> None:
        self.models, self.limits, self.bodies = models, limits, Bodies(limits.body)
        self.metrics = Metrics(lambda: self.batcher.rows)
        self.batcher = Batcher(limits.queue, self.metrics.computed)

    @asynccontextmanager
    async def lifespan(self, _: Starlette) -> AsyncIterator[None]:
        """End the threads with the server."""
        yield
        self.models.close()
        self.batcher.close()

    async def predict(self, request: Request) -> Response:
        """Label texts."""
        try:
            query = read_query(await self._body(request), self.models, self.limits)
        except ClientDisconnect:
            return Response(status_code=GONE)
        if not query.texts:
            return JSONResponse([])
        begin = time.monotonic()
        waiting: asyncio.Future = asyncio.ensure_future(self._said(query))
        if not await _in_time(request, waiting):
            return Response(status_code=GONE)  # nothing is computed for nobody
        if waiting.cancelled():
            raise ending()
        with _refusals(query.name, lambda row: "texts" if row is None else f"texts[{row - 1}]"):
            said = waiting.result()
        self.metrics.labelled(query.name, len(said), time.monotonic() - begin)
        return JSONResponse(said)

    async def _said(self, query: Query) -> list[dict[str, Any]]:
        """What is said of each text."""
        model = query.served.model
        if model.chat:
            return await replies(self.batcher, cast(ChatModel, model), query.texts)
        found = await asyncio.wrap_future(self.batcher.submit(model, query.texts))
        return answers(query.texts, found)

    async def complete(self, request: Request) -> Response:
        """Answer a conversation, at once or while the answer grows."""
        try:
            query = read_completion(await self._body(request), self.models, self.limits)
        except ClientDisconnect:
            return Response(status_code=GONE)
        heard, form = self._heard(query), Form(query)
        # a refusal has a status of its own as long as nothing was sent
        first = asyncio.ensure_future(heard.begin() if query.stream else heard.end())
        try:
            in_time = await _in_time(request, first)
        except asyncio.CancelledError:  # the server ends
            heard.leave()
            raise
        if not in_time:
            heard.leave()
            return Response(status_code=GONE)
        with _refusals(query.name, lambda row: "messages"):
            if query.stream and not heard.failed:
                return Events(form.events(heard, partial(_failure, query.name)), heard)
            return JSONResponse(form.whole(heard.answer()))

    def _heard(self, query: Completion) -> Heard:
        heard, begin = Heard(query), time.monotonic()

        def count(answer: Future[Answer]) -> None:
            if not (answer.cancelled() or answer.exception()):
                self.metrics.labelled(query.name, 1, time.monotonic() - begin)

        heard.talk.answer.add_done_callback(count)
        self.batcher.talk(query.model, [heard.talk])
        return heard

    async def chat_models(self, request: Request) -> Response:
        """The models that chat, as OpenAI's clients look for them."""
        return JSONResponse(listed(self.models))

    async def _body(self, request: Request) -> bytes:
        headers = request.headers
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":  # any other, a page of the web could send without asking
            raise Refused(415, "Content-Type is not application/json")
        too_long = int(headers.get("content-length", "0")) > self.limits.body
        announced = too_long and headers.get("expect", "").lower() == "100-continue"
        return await self.bodies.read(request.stream(), announced=announced)

    async def describe(self, request: Request) -> Response:
        """What can be asked of which model."""
        limits = {name: vars(self.limits)[name] for name in ("texts", "characters", "body")}
        models = {
            name: {
                "classes": [*served.model.classes],
                "pair": served.model.pair,
                "options": served.model.options,
                "chat": served.model.chat,
            }
            for name, served in self.models.items()
        }
        return JSONResponse({"models": models, "limits": limits})

    async def health(self, request: Request) -> Response:
        """Whether all is well; a newer model that can't be read is reported, and no fault."""
        stale = {"problem": "a newer model could not be read: the server's console says why"}
        models = {
            name: {"since": round(served.since), **(stale if served.problem else {})}
            for name, served in self.models.items()
        }
        return JSONResponse({"status": "ok", "version": __version__, "models": models})

    async def measures(self, request: Request) -> Response:
        """What Prometheus reads."""
        return Response(self.metrics.text(), media_type=CONTENT_TYPE_LATEST)


@contextmanager
def _refusals(name: str, place: Callable[[int | None], str]) -> Iterator[None]:
    """Makes refusals of what goes wrong; whatever it is, the next request may be a better one.

    Args:
        name: of the model.
        place: the part of the request that a row is, from 1, or that all rows are.
    """
    try:
        yield
    except DataError as error:  # such as of a template, which is asked with the model only
        raise Refused(422, f"{place(error.row)}: {error.problem}") from None
    except Refused:
        raise
    except Exception as error:  # whatever a model raises: the server goes on for others
        raise Refused(500, _failure(name, error)) from None


async def _in_time(request: Request, waiting: asyncio.Future) -> bool:
    """Wait for something; says whether it has come before the client went, else it is cancelled."""
    gone: asyncio.Future = asyncio.ensure_future(_disconnected(request))
    await asyncio.wait([waiting, gone], return_when=asyncio.FIRST_COMPLETED)
    gone.cancel()
    return waiting.done() or not waiting.cancel()


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _failure(name: str, error: Exception) -> str:
    """Why there is no answer; the console has the place, and nobody the text that is at fault."""
    if isinstance(error, Refused):
        return error.reason
    # without its message, which may hold somebody's text
    places = "".join(traceback.format_tb(error.__traceback__))
    print(f"! {name}: {type(error).__name__}\n{places}", file=sys.stderr)
    return f"the model failed: {type(error).__name__}"


def _static(name: str, kind: str) -> Any:
    """Answers with a file of the package, read once."""
    content = files("weitiao.serving").joinpath(name).read_bytes()

    async def answer(request: Request) -> Response:
        return Response(content, media_type=kind, headers={"Content-Security-Policy": _POLICY})

    return answer


async def _unanswerable(request: Request, error: Exception) -> Response:
    """No such path, or no such method there."""
    assert isinstance(error, HTTPException)
    return fault(error.detail, request.url.path, error.status_code, error.headers)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return refusal(error, request.url.path)
