"""Answers in the form of OpenAI's clients: whole, while they grow, and to whom listens no more."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any, cast

import pytest
import uvicorn
from served_models import Echoes, Lengths

from weitiao.errors import DataError
from weitiao.generation.options import Generation
from weitiao.generation.talks import Answer, Talk
from weitiao.serving import talking
from weitiao.serving.access import Gate
from weitiao.serving.app import make_app
from weitiao.serving.batcher import Batcher
from weitiao.serving.completion_query import _OPTIONS, _WITHOUT_EFFECT
from weitiao.serving.limits import Limits, Refused
from weitiao.serving.models import Models
from weitiao.serving.replies import replies

PATH = "/v1/chat/completions"
SAID = "你好，𠮷 good\n<b>"
ASKED = [{"role": "user", "content": SAID}]
SECRET = "tell-nobody-of-this-0123456789"


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


def test_the_streamed_answer_is_the_whole_one(serve: Callable[..., Server]) -> None:
    server = serve(echo=Echoes())
    said = server.post({"messages": ASKED})
    whole = json.loads(said.read())
    assert said.status == 200
    assert (whole["object"], whole["model"]) == ("chat.completion", "echo")
    message = {"role": "assistant", "content": SAID}
    assert whole["choices"] == [{"index": 0, "message": message, "finish_reason": "stop"}]
    counts = {"prompt_tokens": len(SAID), "completion_tokens": len(SAID)}
    assert whole["usage"] == counts | {"total_tokens": 2 * len(SAID)}

    options = {"stream": True, "stream_options": {"include_usage": True}, "max_tokens": 7}
    said = server.post({"messages": ASKED, "model": "echo", **options})
    assert said.headers["Content-Type"].startswith("text/event-stream")
    found = events(said)
    assert found.pop() == "[DONE]"
    assert {one["object"] for one in found} == {"chat.completion.chunk"}
    assert len({one["id"] for one in found}) == 1
    assert found[0]["choices"][0]["delta"]["role"] == "assistant"
    assert text_of(found) == SAID
    assert found[-2]["choices"][0]["finish_reason"] == "length"
    assert found[-1]["choices"] == []
    assert found[-1]["usage"]["completion_tokens"] == 7
    assert b'weitiao_texts_total{model="echo"} 2.0' in server.get("/metrics")


def test_the_description_is_of_what_is_answered(serve: Callable[..., Server]) -> None:
    server = serve(echo=Echoes())
    schemas = json.loads(server.get("/openapi.json"))["components"]["schemas"]
    whole = json.loads(server.post({"messages": ASKED}).read())
    some = {"messages": ASKED, "stream": True, "stream_options": {"include_usage": True}}
    part = events(server.post(some))[-2]
    for found, name in ((whole, "ChatCompletion"), (part, "CompletionPart")):
        assert {*found, "cut"} == {*schemas[name]["properties"]}
        assert {*found["usage"]} == {*schemas["Usage"]["required"]}
    known = {"messages", "model", *_OPTIONS, *_WITHOUT_EFFECT}
    assert {*schemas["CompletionQuery"]["properties"]} == known


def test_messages_that_are_left_out_are_told(serve: Callable[..., Server]) -> None:
    server = serve(echo=Echoes())
    for text, cut in ((SAID, None), ("too long", True)):
        content = {"messages": [{"role": "user", "content": text}]}
        assert json.loads(server.post(content).read()).get("cut") is cut
        *parts, last, _ = events(server.post({**content, "stream": True}))
        assert last.get("cut") is cut
        assert not any("cut" in part for part in parts)


def test_what_is_said_comes_at_once_and_who_goes_ends_it(serve: Callable[..., Server]) -> None:
    model = Echoes()
    server = serve(echo=model)
    model.free.clear()
    said = server.post({"messages": [{"role": "user", "content": "ab" * 999}], "stream": True})
    assert b'"content": ""' in said.readline()
    said.readline()
    assert b'"content": "a"' in said.readline()  # while the model hasn't gone on yet
    said.close()
    talk = model.talks[-1]
    until(talk.answer.cancelled)
    model.free.set()
    assert text_of(events(server.post({"messages": ASKED, "stream": True}))) == SAID
    assert model.steps < 50
    assert b"weitiao_waiting_texts 0.0" in server.get("/metrics")


def test_who_goes_before_anything_is_said_ends_it_too(serve: Callable[..., Server]) -> None:
    model = Echoes()
    server = serve(echo=model)
    for stream in (True, False):
        model.free.clear()
        connection = HTTPConnection("127.0.0.1", server.port, timeout=10)
        content = json.dumps({"messages": [{"role": "user", "content": "c"}], "stream": stream})
        before = len(model.talks)
        first = server.post({"messages": ASKED, "stream": True})
        connection.request("POST", PATH, content, {"Content-Type": "application/json"})
        until(lambda: b"weitiao_waiting_texts 1.0" in server.get("/metrics"))
        connection.close()
        until(lambda: b'weitiao_answers_total{status="499"}' in server.get("/metrics"))
        model.free.set()
        assert text_of(events(first)) == SAID
        assert len(model.talks) == before + 1


def test_a_fault_in_mid_answer_is_told_without_a_text(
    serve: Callable[..., Server], capsys: pytest.CaptureFixture[str]
) -> None:
    model = Echoes(fails="!")
    server = serve(echo=model)
    content = {"messages": [{"role": "user", "content": "ab!secret"}]}
    model.free.clear()
    said = server.post({**content, "stream": True})
    begin = b"".join(said.readline() for _ in range(3))
    model.free.set()
    found = events(said, begin)
    assert text_of(found) == "ab"
    assert found[-1] == {"error": {"message": "the model failed: RuntimeError"}}
    said = server.post(content)  # nothing is sent before it has ended
    assert (said.status, json.loads(said.read())) == (500, found[-1])
    told = capsys.readouterr()
    assert "served_models.py" in told.err
    assert "secret" not in told.out + told.err
    assert text_of(events(server.post({"messages": ASKED, "stream": True}))) == SAID


BAD: list[tuple[Any, int, str]] = [
    (b"{", 400, "the body is not JSON"),
    ([], 422, 'the body is not {"messages"'),
    ({"messages": ASKED, "model": "x"}, 404, "model: there is none of that name"),
    ({"messages": ASKED, "model": "labels"}, 422, "model: labels doesn't chat → /predict"),
    ({"messages": ASKED}, 422, "model: which one? There are echo, labels"),
]
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"messages": "在吗"}, "messages: this is not a list but a text"),
    ({"messages": []}, "messages: the conversation is empty"),
    ({"messages": [{"role": "客服", "content": "在"}]}, "messages: message 1 is of '客服'"),
    ({"stream": "yes"}, "stream: this is not true or false but a text"),
    ({"max_tokens": 0}, "max_tokens must be at least 1"),
    ({"max_tokens": True}, "max_tokens: this is not a whole number but true or false"),
    ({"temperature": -1}, "temperature must be at least 0"),
    ({"temperature": 1, "top_p": 0}, "top_p is a share above 0"),
    ({"top_p": 0.5}, "nothing is drawn → temperature above 0"),
    ({"temperature": 10**400}, "temperature: this number is too large"),
    ({"stop": ["。"] * 17}, "stop: 17 texts are more than 16"),
    ({"stream_options": {"include_usage": "no"}}, "include_usage is not true or false but a text"),
    ({"\ud800": 1}, "\\ud800: there is no such option"),
    ({"stop": [""]}, "stop is an empty string"),
    ({"stop": [3]}, "stop: this is not a list of texts"),
    ({"seed": 2**70}, "seed is from"),
    ({"n": 2}, "n: there is no such option"),
    ({"tools": [{}]}, "tools: there is no such option"),
    ({"messages": [{"role": "user", "content": "a" * 101}]}, "101 characters are more than 100"),
    ({"messages": [{"role": "user", "content": "\ud800"}]}, "half of a surrogate pair"),
    ({"messages": [{"role": "system", "content": "短"}, *ASKED]}, "the chat template doesn't take"),
]


def test_no_request_is_looked_at_for_long(serve: Callable[..., Server]) -> None:
    server = serve(echo=Echoes())
    one = {"role": "user", "content": "a"}
    each = [{**one, str(i): "b"} for i in range(50_000)]  # a key of its own
    for messages in ([one] * 100_000, each):
        said = server.post({"messages": messages})
        assert said.status == 413
        assert (
            "messages and keys of such are more than" in json.loads(said.read())["error"]["message"]
        )
        columns = {key: [row[key] for row in messages] for key in one}
        for row in (messages, columns, json.dumps(messages)):
            assert server.post({"texts": [row]}, path="/predict").status == 413
    assert server.post({"messages": [one] * 1600}).status == 200


def test_a_model_that_chats_is_tried_with_one_id_before_it_is_served(
    serve: Callable[..., Server],
) -> None:
    model = Echoes()
    serve(echo=model)
    (tried,) = model.talks
    assert tried.options.length == 1
    with pytest.raises(RuntimeError, match="no good"):
        serve(echo=Echoes(fails="好"))


def test_what_cant_be_answered_is_told(serve: Callable[..., Server]) -> None:
    server = serve(characters=100, echo=Echoes(), labels=Lengths())
    full = [({"messages": ASKED, "model": "echo"} | more, 0, told) for more, told in WRONG]
    for content, status, told in [*BAD, *full]:
        for stream in ({}, {"stream": True}) if isinstance(content, dict) else ({},):
            said = server.post({**stream, **content} if stream else content)
            problem = json.loads(said.read())["error"]["message"]
            assert told in problem
            assert said.status == (status or (413 if "characters" in told else 422))
    nothing = {"n": 1, "tools": [], "presence_penalty": 0, "seed": None, "user": "me"}
    said = server.post({"messages": ASKED, "model": "echo", **nothing})
    assert (said.status, json.loads(said.read())["choices"][0]["message"]["content"]) == (200, SAID)


def test_without_a_seed_each_answer_is_drawn_anew(serve: Callable[..., Server]) -> None:
    model = Echoes()
    server = serve(echo=model)
    for seed in ({}, {}, {"seed": 7}, {"seed": 7}):
        assert server.post({"messages": ASKED, "temperature": 1, **seed}).status == 200
    _, first, second, third, fourth = (talk.options.seed for talk in model.talks)
    assert first != second
    assert third == fourth == 7


def test_answers_that_a_server_has_no_time_for_are_told(serve: Callable[..., Server]) -> None:
    model = Echoes()
    server = serve(echo=model)
    model.free.clear()
    said = server.post({"messages": ASKED, "stream": True})
    begin = b"".join(said.readline() for _ in range(3))
    with ThreadPoolExecutor(2) as pool:
        others = [
            pool.submit(server.post, {"messages": ASKED}),
            pool.submit(server.post, {"texts": [SAID]}, path="/predict"),
        ]
        until(lambda: b"weitiao_waiting_texts 2.0" in server.get("/metrics"))
        server.app.end()
        told = [other.result(10) for other in others]
    model.free.set()
    found = events(said, begin)
    assert SAID[:2].startswith(text_of(found))
    assert found[-1] == {"error": {"message": "the server is ending"}}
    assert [one.status for one in told] == [503, 503]
    assert [json.loads(one.read())["error"] for one in told] == [
        {"message": "the server is ending"},
        "the server is ending",
    ]


def test_clients_find_the_models_that_chat(serve: Callable[..., Server]) -> None:
    server = serve(echo=Echoes(), labels=Lengths())
    found = json.loads(server.get("/v1/models"))
    assert found["object"] == "list"
    assert [(one["id"], one["object"]) for one in found["data"]] == [("echo", "model")]


def test_a_token_is_needed_where_there_is_one(serve: Callable[..., Server]) -> None:
    server = serve(SECRET, echo=Echoes())
    said = server.post({"messages": ASKED})
    assert said.status == 401
    assert "the token is missing" in json.loads(said.read())["error"]["message"]
    assert server.post({"messages": ASKED}, Authorization=f"Bearer {SECRET}").status == 200


@contextmanager
def batcher(most: int = 1000) -> Iterator[Batcher]:
    made = Batcher(most)
    yield made
    made.close()


def talk(text: str, heard: list[str]) -> Talk:
    return Talk(text, Generation("", chat=True), heard.append)


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
