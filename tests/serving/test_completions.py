"""Answers in the form of OpenAI's clients: whole, while they grow, and to whom listens no more."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from typing import Any

import pytest
from served_completions import ASKED, PATH, SAID, Server, events, text_of, until
from served_completions import serve as serve
from served_models import Echoes, Lengths

from weitiao.serving.completion_query import _OPTIONS, _WITHOUT_EFFECT

SECRET = "tell-nobody-of-this-0123456789"


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
