"""A server that behaves as StanfordCoreNLPServer.java does, with a toy tokenizer.

Like the original it decodes a form-encoded body, counts offsets in UTF-16 code units, renames
brackets, needs `tokenize.language` to segment Chinese, and, without `ssplit.eolonly`, drops line
breaks before it does.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlsplit

# a number with its unit, two Chinese characters at most, Latin words; line ends kept apart
TOKEN = re.compile(r"[0-9.]+|[\u4e00-\u9fff]{1,2}|[A-Za-z]+|[^\s\w]|\n|\w")
RENAMED = {"(": "-LRB-", ")": "-RRB-"}


def utf16(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def token(text: str, begin: int, end: int) -> dict[str, Any]:
    word = text[begin:end]
    return {
        "index": 1,
        "word": RENAMED.get(word, word),
        "originalText": word,
        "characterOffsetBegin": utf16(text[:begin]),
        "characterOffsetEnd": utf16(text[:end]),
    }


def annotate(text: str, properties: dict[str, str]) -> dict[str, Any]:
    """What the real server's JSON looks like, for the annotators tokenize and ssplit."""
    if properties["tokenize.language"] not in ("zh", "en"):
        raise ValueError("unknown tokenize.language property")
    by_line = properties.get("ssplit.eolonly") == "true"
    tokens: list[dict[str, Any]] = []
    at = 0
    for line in text.split("\n") if by_line else [text.replace("\n", "\x00")]:
        found = (m.span() for m in TOKEN.finditer(line.replace("\x00", "")))
        tokens += [token(text, at + begin, at + end) for begin, end in found]
        at += len(line) + 1
    return {"sentences": [{"index": 0, "line": 1, "tokens": tokens}] if tokens else []}


@dataclass
class Fake:
    """The server's state: what it got, and how it (mis)behaves."""

    texts: list[str] = field(default_factory=list)
    properties: list[dict[str, str]] = field(default_factory=list)
    connections: int = 0
    busy: int = 0
    most_busy: int = 0
    seconds: float = 0
    faults: list[tuple[int, bytes]] = field(default_factory=list)  # answered first, one a request
    answer: Callable[[str, dict[str, str]], Any] = annotate
    ping: tuple[int, bytes] = (200, b"pong\n")
    url: str = ""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else headers and body come 40 ms apart
    fake: Fake

    def setup(self) -> None:
        super().setup()
        self.fake.connections += 1

    def log_message(self, *_: object) -> None:
        pass

    def send(self, status: int, body: bytes, kind: str = "text/plain") -> None:
        self.send_response(status)
        self.send_header("Content-type", kind)
        self.send_header("Content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        self.send(*(self.fake.ping if self.path == "/ping" else (200, b"<html>CoreNLP</html>")))

    def do_POST(self) -> None:
        fake = self.fake
        body = self.rfile.read(int(self.headers["Content-length"])).decode("utf-8")
        kind, _, charset = self.headers["Content-type"].partition(";")
        text = unquote_plus(body, "utf-8") if kind == "application/x-www-form-urlencoded" else body
        assert charset == "charset=utf-8"  # with a space before it Java doesn't find it
        properties = json.loads(parse_qs(urlsplit(self.path).query)["properties"][0])
        fake.busy += 1
        fake.most_busy = max(fake.most_busy, fake.busy)
        time.sleep(fake.seconds)
        fake.busy -= 1
        if fake.faults:
            status, said = fake.faults.pop(0)
            if status == 0:  # the connection breaks
                self.close_connection = True
                return
            self.send(status, said)
            return
        fake.texts.append(text)
        fake.properties.append(properties)
        if len(text) > 100_000:
            self.send(400, b"Request is too long to be handled by server")
            return
        found = fake.answer(text, properties)
        body_out = found if isinstance(found, bytes) else json.dumps(found).encode()
        self.send(200, body_out, "application/json;charset=UTF-8")


class Server(ThreadingHTTPServer):
    """Says nothing of clients that hang up, which is what some tests make them do."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def start(fake: Fake) -> ThreadingHTTPServer:
    """A server at a free port of this machine, told to `fake`."""
    handler = type("FakeHandler", (Handler,), {"fake": fake})
    server = Server(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    fake.url = f"http://127.0.0.1:{server.server_port}"
    return server
