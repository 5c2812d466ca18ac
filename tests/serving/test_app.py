"""What is answered to whom: texts, pairs, conversations, faults of all kinds, health, the page."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from served_clients import HOST, Client
from served_clients import client as client
from served_models import Echoes, LastOption, Lengths
from starlette.testclient import TestClient

from weitiao.serving.app import PAGE, make_app
from weitiao.serving.limits import Limits
from weitiao.serving.models import Models


def test_texts_are_labelled(client: Client) -> None:
    said = client().post("/predict", json={"texts": ["好", "  a te  ", "  a longer text"]})
    assert said.status_code == 200
    one = {"label": "short", "probabilities": {"long": round(1 / 7, 7), "short": round(6 / 7, 7)}}
    assert said.json()[0] == one
    assert [row.get("cleaned") for row in said.json()] == [None, "a te", "a longer text"]
    assert [row.get("cut") for row in said.json()] == [None, None, [[6, 13]]]
    assert client().post("/predict", json={"texts": []}).json() == []


def test_pairs_and_models_by_name(client: Client) -> None:
    here = client({"pairs": Lengths(pair=True), "texts": Lengths(labels="very ")})
    said = here.post("/predict", json={"model": "pairs", "texts": [["a", "much longer"]]})
    assert [row["label"] for row in said.json()] == ["long"]
    assert [row["cut"] for row in said.json()] == [[[], [[6, 11]]]]
    said = here.post("/predict", json={"model": "texts", "texts": ["a"]})
    assert [row["label"] for row in said.json()] == ["very short"]
    known = here.get("/models").json()["models"]
    assert known["pairs"] == {
        "classes": ["long", "short"],
        "pair": True,
        "options": False,
        "chat": False,
    }
    unnamed = here.post("/predict", json={"texts": ["a"]})
    assert (unnamed.status_code, unnamed.json()["error"]) == (
        422,
        "model: which one? There are pairs, texts",
    )
    single = here.post("/predict", json={"model": "pairs", "texts": ["a"]})
    assert single.json()["error"] == (
        'texts[0]: this is not a pair of texts, ["…", "…"] but a text'
    )


def test_a_question_comes_with_its_options(client: Client) -> None:
    here = client({"default": LastOption()})
    rows = [["谁？", ["猫", "狗"]], ["谁？", '["猫", "狗", "鱼"]'], ["谁？", "猫\n\n狗\n"]]
    said = here.post("/predict", json={"texts": rows}).json()
    assert [row["label"] for row in said] == ["B", "C", "B"]
    assert said[0]["more"] == {"probabilities": [0.5, 0.5]}
    assert here.get("/models").json()["models"]["default"]["options"]
    for row, problem in {
        "谁？": "this is not a question and its options",
        ("谁？", "猫"): "a row needs two options to choose from, and has 1",
        ("谁？", ("猫", "")): "option B is empty",
        ("谁？", ("猫", None)): "an option is None, which is no text",
        (None, ("猫", "狗")): "this is not a pair of texts",
    }.items():
        refused = here.post("/predict", json={"texts": [row]})
        assert refused.status_code == 422
        assert f"texts[0]: {problem}" in refused.json()["error"]


ASKED = {"role": "user", "content": "在吗"}
TALKS: list[Any] = [
    "在吗",
    [ASKED],
    [ASKED, {"role": "assistant", "content": "在"}],
    {"messages": [ASKED]},
    ASKED,
    [{"from": "客户", "value": "在吗"}],
    json.dumps([ASKED]),
]


def test_a_conversation_is_answered(client: Client) -> None:
    here = client({"default": Echoes()})
    assert here.get("/models").json()["models"]["default"]["chat"]
    said = here.post("/predict", json={"texts": TALKS})
    more = {"ended": True, "ids": 2, "cut": False}
    assert said.json() == [{"label": "在吗", "more": more}] * len(TALKS)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ([], "the conversation is empty"),
        ({}, "no key of the messages is what is said: there is none"),
        (3, "this is not a text or a list of messages but a number"),
        ([{"role": "客服", "content": "在"}], "message 1 is of '客服', which is no role"),
        ([{"role": "user", "content": None}], "message 1 says nothing: its 'content' is null"),
        ([{"role": "assistant", "content": "在"}], "the conversation begins with an answer"),
        (json.dumps([{"role": "assistant", "content": "在"}]), "begins with an answer"),
        ([{"role": "system", "content": "短"}, ASKED], "the chat template doesn't take it"),
    ],
)
def test_a_conversation_that_cant_be_answered_is_told(
    row: Any, problem: str, client: Client
) -> None:
    refused = client({"default": Echoes()}).post("/predict", json={"texts": ["在吗", row]})
    assert (refused.status_code, refused.json()["error"][:9]) == (422, "texts[1]:")
    assert problem in refused.json()["error"]


def test_messages_are_no_rows_of_another_model(client: Client) -> None:
    refused = client().post("/predict", json={"texts": [[ASKED]]})
    assert (refused.status_code, refused.json()["error"]) == (
        422,
        "texts[0]: this is not a text but a list",
    )


BAD = {
    "": (400, "not JSON: line 1, column 1"),
    '{"texts": ["a"': (400, "not JSON: line 1, column 15"),
    "[" * 100_000: (400, "not JSON that can be read"),
    "9" * 5000: (400, "not JSON that can be read"),
    "[]": (422, 'not {"texts"'),
    '{"texts": "a"}': (422, "texts: this is not a list but a text"),
    '{"texts": ["a", 3]}': (422, "texts[1]: this is not a text but a number"),
    '{"texts": [true]}': (422, "but true or false"),
    '{"texts": [null]}': (422, "but null"),
    '{"texts": [["a", "b"]]}': (422, "texts[0]: this is not a text but a list"),
    '{"texts": ["a"], "modle": "x"}': (422, "nothing called 'modle'"),
    '{"texts": ["a"], "model": "x"}': (404, "model: there is none of that name"),
    '{"texts": ["a"], "model": ["x"]}': (404, "model: there is none of that name"),
    '{"texts": ["\\ud800"]}': (422, "texts[0]: half of a surrogate pair"),
    '{"texts": ["%s"]}' % ("a" * 101): (413, "texts[0]: 101 characters are more than 100"),
    json.dumps({"texts": ["a"] * 11}): (413, "texts: 11 are more than the 10"),
    '{"texts": ["%s"]}' % ("a" * 200_000): (413, "longer than 150,000 bytes"),
}


@pytest.mark.parametrize("body", BAD, ids=lambda body: body[:30])
def test_what_cant_be_answered_is_told(body: str, client: Client) -> None:
    here = client(texts=10, characters=100, body=150_000)
    said = here.post("/predict", content=body, headers={"Content-Type": "application/json"})
    status, told = BAD[body]
    assert said.status_code == status
    assert told in said.json()["error"]
    assert here.post("/predict", json={"texts": ["好"]}).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "kind", "status"),
    [
        ("GET", "/predict", "application/json", 405),
        ("POST", "/health", "application/json", 405),
        ("GET", "/../etc/passwd", "application/json", 404),
        ("POST", "/predict", "text/plain", 415),
        ("POST", "/predict", "", 415),
    ],
)
def test_wrong_methods_paths_and_kinds_are_told(
    method: str, path: str, kind: str, status: int, client: Client
) -> None:
    body = b'{"texts": ["a"]}' if method == "POST" else None
    said = client().request(method, path, content=body, headers={"Content-Type": kind})
    assert said.status_code == status
    assert said.json()["error"]


def test_bytes_that_are_no_text_are_told(client: Client) -> None:
    body, headers = "好".encode("gb18030"), {"Content-Type": "application/json"}
    said = client().post("/predict", content=body, headers=headers)
    assert (said.status_code, said.json()["error"]) == (400, "the body is not UTF-8: byte 0")


def test_a_model_that_fails_tells_no_text(
    client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    here = client({"default": Lengths(fails="secret")})
    said = here.post("/predict", json={"texts": ["a secret"]})
    assert (said.status_code, said.json()) == (500, {"error": "the model failed: RuntimeError"})
    told = capsys.readouterr()
    assert "served_models.py" in told.err
    assert "a secret" not in told.out + told.err
    assert here.post("/predict", json={"texts": ["a"]}).status_code == 200


def test_a_server_that_is_ending_says_so_with_each_answer(client: Client) -> None:
    here = client()
    assert "connection" not in here.get("/health").headers
    # the Gate, which the client knows as any application
    here.app.ending = True  # type: ignore[attr-defined]
    for path in ("/health", "/nothing"):
        assert here.get(path).headers["connection"] == "close"


def test_health_and_metrics(client: Client) -> None:
    here = client()
    here.post("/predict", json={"texts": ["a", "b"]})
    here.post("/predict", content=b"?", headers={"Content-Type": "application/json"})
    health = here.get("/health").json()
    assert (health["status"], [*health["models"]]) == ("ok", ["default"])
    said = here.get("/metrics")
    assert said.headers["content-type"].startswith("text/plain")
    values = dict(re.findall(r"^(\S+) (\S+)$", said.text, re.M))
    assert values['weitiao_answers_total{status="400"}'] == "1.0"
    assert values['weitiao_texts_total{model="default"}'] == "2.0"
    assert values["weitiao_batch_texts_sum"] == "2.0"
    assert values["weitiao_waiting_texts"] == "0.0"
    assert float(values["process_resident_memory_bytes"]) > 1e6


def test_a_newer_model_that_is_broken_stands_in_health(tmp_path: Path) -> None:
    run, models = tmp_path / "best.ckpt", iter([Lengths()])
    run.touch()
    served = Models({"default": run}, lambda _: next(models), str)
    with TestClient(make_app(served, Limits()), base_url=HOST) as here:
        run.write_text("newer", "utf-8")
        for _ in range(2):
            served.look()
        health = here.get("/health").json()
        assert "could not be read" in health["models"]["default"]["problem"]
        assert here.post("/predict", json={"texts": ["a"]}).status_code == 200


def test_the_description_is_of_what_is_answered(client: Client) -> None:
    here = client()
    document = here.get("/openapi.json").json()
    for_openai = {"/v1/chat/completions", "/v1/models"}
    assert {*document["paths"]} == {"/predict", "/models", "/health", "/metrics"} | for_openai
    answer = document["components"]["schemas"]["Answer"]
    (said,) = here.post("/predict", json={"texts": ["  a long text "]}).json()
    assert {*said, "more"} == {*answer["properties"]}
    for path in ("/models", "/health"):
        (reply,) = (
            part["schema"]["$ref"].rpartition("/")[2]
            for part in document["paths"][path]["get"]["responses"]["200"]["content"].values()
        )
        schema = document["components"]["schemas"][reply]
        assert {*here.get(path).json()} == {*schema["required"]} == {*schema["properties"]}
    named = re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(document))
    for name in named:
        part = document
        for key in name.split("/"):
            part = part[key]


def test_the_page_loads_nothing_from_elsewhere(client: Client) -> None:
    here = client()
    assert {path.name for path in files("weitiao.serving").joinpath("page").iterdir()} == {
        *PAGE.values()
    }
    for path in PAGE:
        said = here.get(path)
        assert "default-src 'none'; script-src 'self'" in said.headers["content-security-policy"]
        assert said.headers["x-content-type-options"] == "nosniff"
        assert re.findall(r"https?://(?!www\.w3\.org)\S+", said.text) == []
        assert "innerHTML" not in said.text
