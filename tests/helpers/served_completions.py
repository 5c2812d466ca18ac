"""A server of answers in the form of OpenAI's clients, and what tests say to it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from weitiao.generation.options import Generation
from weitiao.generation.talks import Talk
from weitiao.serving.access import Gate
from weitiao.serving.app import make_app
from weitiao.serving.limits import Limits
from weitiao.serving.models import Models

PATH = "/v1/chat/completions"
SAID = "你好，𠮷 good\n<b>"
ASKED = [{"role": "user", "content": SAID}]


class Server:
    """A server of the test's own, in a thread."""

    def __init__(self, folder: Path, models: dict[str, Any], limits: Limits, **access: Any) -> None:
        (folder / "best.ckpt").touch()
        loading = iter(models.values())
        served = Models(dict.fromkeys(models, folder / "best.ckpt"), lambda _: next(loading))
        self.app: Gate = make_app(served, limits, **access)
        config = uvicorn.Config(self.app, port=0, log_level="error", ws="none")
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        until(lambda: self.server.started)
        self.port = self.server.servers[0].sockets[0].getsockname()[1]

    def post(self, content: Any, *, path: str = PATH, **headers: str) -> HTTPResponse:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        body = content if isinstance(content, bytes) else json.dumps(content)
        connection.request("POST", path, body, {"Content-Type": "application/json", **headers})
        return connection.getresponse()

    def get(self, path: str) -> bytes:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET", path)
        return connection.getresponse().read()

    def close(self) -> None:
        self.server.should_exit = True
        self.thread.join(10)


def until(true: Callable[[], Any]) -> None:
    end = time.monotonic() + 10
    while not true():
        assert time.monotonic() < end
        time.sleep(0.002)


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    started: list[Server] = []

    def start(token: str | None = None, characters: int = 20_000, **models: Any) -> Server:
        started.append(Server(tmp_path, models, Limits(characters=characters), token=token))
        return started[-1]

    yield start
    for server in started:
        server.close()


def events(said: HTTPResponse, begin: bytes = b"") -> list[Any]:
    """What the events hold, the last one as it is."""
    parts = (begin + said.read()).decode().split("\n\n")
    assert parts.pop() == ""
    assert all(part.startswith("data: ") and "\n" not in part for part in parts)
    found = [part.removeprefix("data: ") for part in parts]
    return [one if one == "[DONE]" else json.loads(one) for one in found]


def text_of(found: list[Any]) -> str:
    choices = [one["choices"] for one in found if one != "[DONE]" and "choices" in one]
    return "".join(some[0]["delta"].get("content", "") for some in choices if some)


def talk(text: str, heard: list[str]) -> Talk:
    return Talk(text, Generation("", chat=True), heard.append)
