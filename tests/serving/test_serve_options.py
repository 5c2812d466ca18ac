"""What the command line of serve refuses, and that each of its options reaches its place."""

from __future__ import annotations

import socket
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from weitiao.errors import ConfigError, MissingExtra
from weitiao.serving import cli
from weitiao.serving.cli import run_serve, serve_parser

TOKEN = "0123456789abcdef0123"


class Reached(Exception):
    """The server would answer now."""


@pytest.fixture
def reached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the parts of a server are given; none of them is started."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "token").write_text(TOKEN, "utf-8")
    found: dict[str, Any] = {}

    class Models(dict):
        def __init__(self, runs: dict[str, Path], load: Any, report: Any) -> None:
            model = load(next(iter(runs.values()), Path("run")))
            super().__init__({name: SimpleNamespace(model=model) for name in runs})
            found["runs"] = runs

        def watch(self, seconds: float) -> None:
            found["reload_every"] = seconds

    def load(run: Path, **options: Any) -> Any:
        found.update(options)
        rows = SimpleNamespace(reader=SimpleNamespace(opener=None))
        return SimpleNamespace(rows=rows, chat=run.name == "run")

    def talker(model: Any, longest: int | None) -> Any:
        found["longest"] = longest
        return model

    def make_app(models: Any, limits: Any, token: str | None, *, local: bool) -> None:
        found.update({f"limits.{name}": value for name, value in vars(limits).items()})
        found.update(token_file=token, local=local)

    def answer(app: Any, bound: socket.socket, end_within: int) -> None:
        found.update(end_within=end_within, host=bound.getsockname()[0])
        found["port"] = bound.getsockname()[1]

    parts = {"Models": Models, "load": load, "Talker": talker, "_answer": answer}
    for name, part in parts.items():
        monkeypatch.setattr(cli, name, part)
    monkeypatch.setattr("weitiao.serving.app.make_app", make_app)
    return found


def free_port() -> int:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        return int(other.getsockname()[1])


GIVEN = {
    "host": ("127.0.0.2", "127.0.0.2"),
    "token_file": ("token", TOKEN),
    "device": ("cpu", "cpu"),
    "trust_remote_code": ("true", True),
    "reload_every": ("7", 7),
    "end_within": ("7", 7),
    "limits.texts": ("7", 7),
    "limits.characters": ("7", 7),
    "limits.body": ("7", 7),
    "limits.queue": ("7", 7),
    "limits.rate": ("7", 7),
    "limits.answer": ("7", 7),
}


@pytest.mark.parametrize("option", GIVEN)
def test_each_option_reaches_its_place(option: str, reached: dict[str, Any]) -> None:
    value, there = GIVEN[option]
    run_serve(["run", "--port=0"])
    assert reached[option] != there
    run_serve(["run", "--port=0", f"--{option}={value}"])
    assert reached[option] == there
    assert reached["longest"] == reached["limits.answer"]
    assert reached["local"]


def test_all_options_are_tried() -> None:
    known = {name[2:] for name in serve_parser().options if name.startswith("--")}
    assert known - GIVEN.keys() == {"help", "limits", "port", "allow_code"}


def test_runs_ports_and_no_reload(
    reached: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    port = free_port()
    run_serve(["a=run", "b=other", f"--port={port}", "--reload_every=null", "--host=0.0.0.0"])
    assert reached["runs"] == {"a": Path("run"), "b": Path("other")}
    assert reached["port"] == port
    assert "reload_every" not in reached
    assert not reached["local"]
    told = capsys.readouterr().err
    assert "! whoever reaches this machine may ask → --token_file FILE" in told
    assert f"a, b: http://0.0.0.0:{port}" in told


def test_what_cant_be_served_is_refused(reached: dict[str, Any]) -> None:
    for arguments, told in (
        (["run", "--port=70000"], "port is from 0 to 65535"),
        (["run", "--port=0", "--host=192.0.2.1"], "host: 192.0.2.1 port 0 can't be had"),
        (["run", "--port=0", "--reload_every=0"], "reload_every must be at least 0.1"),
        (["run", "other", "--port=0"], "of several models each has a name"),
        (["run", "--port=0", "--token_file=none"], "token_file: none can't be read"),
        (["run", "--port=0", "--ckpt_path=x"], "ckpt_path"),
        (["labels", "--port=0", "--limits.answer=7"], "limits.answer has no effect: no model"),
        ([], "runs: none is named"),
    ):
        with pytest.raises(ConfigError) as refused:
            run_serve(arguments)
        assert told in str(refused.value)


def test_a_port_that_is_taken_is_told_before_a_model_is_read(reached: dict[str, Any]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ConfigError, match=f"port {port} can't be had.*in use"):
            run_serve(["run", f"--port={port}"])
    assert "runs" not in reached


def test_the_extra_is_named(reached: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "PACKAGES", ("no_such_package",))
    with pytest.raises(MissingExtra, match=r"pip install 'weitiao\[serve\]'"):
        run_serve(["run"])
