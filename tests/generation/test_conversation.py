"""Talking to a model: history, what positions hold of it, and a terminal."""

from __future__ import annotations

import codecs
import fcntl
import io
import os
import pty
import re
import select
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest
from chat_models import write_chat_model
from rich.console import Console

from weitiao.errors import ConfigError, WeitiaoError
from weitiao.generation.chat import Conversation
from weitiao.generation.cli import run_generate
from weitiao.generation.conversation import asked
from weitiao.generation.options import Generation
from weitiao.generation.speaker import Speaker, Unsayable
from weitiao.generation.texts import texts
from weitiao.io.dialogues.messages import Message

ROOT = Path(__file__).parents[2]
TEXTS = ["你好，今天天气很好。", "What is the capital of France?", "房间很干净", "yes no"]


@pytest.fixture(scope="module")
def chatty(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A tiny model with a chat template, whose tokenizer knows bytes and few hanzi."""
    return str(write_chat_model(tmp_path_factory.mktemp("chatty"), texts=TEXTS))


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> str:
    """One without a template."""
    return str(write_chat_model(tmp_path_factory.mktemp("plain"), texts=TEXTS, template=None))


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> str:
    """One that can go on for long."""
    folder = tmp_path_factory.mktemp("patient")
    return str(write_chat_model(folder, texts=TEXTS, max_position_embeddings=100_000))


def conversation(model: str, **options) -> tuple[Conversation, list[str], Console]:
    given = Generation(model, chat=True, **({"length": 12} | options))
    written: list[str] = []
    notes = Console(record=True, file=io.StringIO(), width=200)
    speaker = Speaker.open(model, chat=True)
    return (
        Conversation(speaker, given, notes, written.append),
        written,
        notes,
    )


def test_an_answer_depends_on_what_was_said_until_it_is_forgotten(chatty: str) -> None:
    talk, written, notes = conversation(chatty, temperature=0.0)
    talk.answer("你好")
    first = talk.messages[-1]
    assert "".join(written) == first.content + "\n"
    talk.answer("你好")
    assert [one.role for one in talk.messages] == ["user", "assistant"] * 2
    ids = asked(talk.speaker, talk.messages[:3], talk.options).ids
    text = talk.speaker.tokenizer.decode(ids, skip_special_tokens=False)
    assert first.content in text
    talk.reset()
    talk.answer("你好")
    assert talk.messages[-1] == first
    assert "it ended at 12 ids, not by itself" in notes.export_text()


def test_oldest_turns_are_left_out_and_told(chatty: str) -> None:
    talk, _, notes = conversation(chatty, length=100, system="be brief")
    for _ in range(4):
        talk.answer("龘" * 40)
    assert "the model has no room for all: the oldest" in notes.export_text()
    found = asked(talk.speaker, [*talk.messages, Message("user", "x")], talk.options)
    text = talk.speaker.tokenizer.decode(found.ids, skip_special_tokens=False)
    assert text.startswith("<|im_start|>system\nbe brief<|im_end|>\n<|im_start|>user\n")
    assert found.left_out % 2 == 0
    assert found.left_out > 0
    assert len(found.ids) + found.length <= 512


def test_a_message_that_is_too_long_is_told_and_forgotten(chatty: str) -> None:
    talk, written, notes = conversation(chatty)
    talk.answer("龘" * 600)
    assert talk.messages == written == []
    assert re.search(r"! a prompt of \d+ ids and length 12 exceed", notes.export_text())


def test_what_looks_like_the_template_is_text(chatty: str) -> None:
    talk, _, _ = conversation(chatty)
    found = asked(talk.speaker, [Message("user", "a<|im_end|>b")], talk.options).ids
    assert found.count(talk.speaker.tokenizer.token_to_id("<|im_end|>")) == 1


def test_a_question_is_answered_once(chatty: str, capsys: pytest.CaptureFixture[str]) -> None:
    run_generate(["--model", chatty, "--chat=true", "--prompt=你好", "--length=12"])
    out, told = capsys.readouterr()
    assert "the answer ended at 12 ids, not by itself" in told
    assert [out.removesuffix("\n")] == texts(Generation(chatty, "你好", chat=True, length=12))
    assert "你好" not in out[:2]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"stop": [""]}, "stop is an empty string"),
        ({"stop": ["\udcff"]}, "stop is no text in UTF-8"),
        ({"file": Path("a")}, r"^to: file needs it\n  → to FILE"),
        ({"to": Path("a")}, "^file: to needs it"),
        (
            {"file": Path("a"), "to": Path("b.csv")},
            r"^to: JSON Lines are written, and 'b.csv' is named as .*\n  → to b.jsonl",
        ),
        ({"file": Path("a"), "to": Path("b"), "prompt": "a"}, "prompt has no effect"),
        ({"batch": 3}, "batch has no effect without file"),
        ({"roles": {"a": "user"}}, "^roles has no effect without file"),
        ({"batch": 0}, "batch must be at least 1"),
        ({"system": "a"}, "system has no effect without chat"),
        ({"chat": True, "count": 2}, "count has no effect on a conversation"),
        ({"prompt": "a", "beams": 2, "stop": ["b"]}, "beams search a whole text"),
        ({"chat": True, "beams": 2}, "beams search a whole text"),
    ],
)
def test_options_without_effect_or_sense_are_refused(options, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        Generation("none", **options)


def test_a_model_without_a_template_is_refused(plain: str) -> None:
    with pytest.raises(WeitiaoError, match=r"has no chat template.*\n.*make chat-model"):
        run_generate(["--model", plain, "--chat=true", "--prompt=a"])


def test_a_template_that_fails_is_told(tmp_path: Path) -> None:
    template = "{{ raise_exception('only poems') }}"
    folder = write_chat_model(tmp_path, texts=["good"], template=template)
    with pytest.raises(ConfigError, match=r"the chat template of .* fails: only poems"):
        Speaker.open(str(folder), chat=True)


def test_a_template_that_wants_another_order_is_told(chatty: str) -> None:
    speaker = Speaker.open(chatty, chat=True)
    with pytest.raises(Unsayable, match="exceed the 512 positions"):
        asked(speaker, [Message("user", "a")], Generation(chatty, chat=True, length=512))


class Terminal:
    """A program at a terminal of its own."""

    def __init__(self, *arguments: str) -> None:
        ours, theirs = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, str(ROOT / "src/generate.py"), *arguments],
            stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
            env=os.environ | {"TERM": "dumb", "COLUMNS": "100", "OMP_NUM_THREADS": "1"},
            preexec_fn=lambda: fcntl.ioctl(theirs, termios.TIOCSCTTY, 0),
        )  # fmt: skip
        os.close(theirs)
        self.ours, self.text = ours, ""
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")  # reads tear characters

    def until(self, wanted: str, seconds: float = 120) -> str:
        """What is shown up to this pattern; it is taken away."""
        end = time.monotonic() + seconds
        while not (found := re.search(wanted, self.text)):
            ready, _, _ = select.select([self.ours], [], [], max(0, end - time.monotonic()))
            assert ready, f"{wanted!r} is not in {self.text[:500]!r} after {seconds} s"
            try:
                self.text += self.decoder.decode(os.read(self.ours, 4096))
            except OSError:  # it has ended
                pytest.fail(f"{wanted!r} is not in {self.text[:500]!r}")
        shown, self.text = self.text[: found.end()], self.text[found.end() :]
        return shown

    def type(self, text: str) -> None:
        os.write(self.ours, text.encode())


@pytest.mark.slow
def test_a_conversation_at_a_terminal(patient: str) -> None:
    long = "--length=50000"
    terminal = Terminal("--model", patient, "--chat=true", "--temperature=0", long)
    try:
        assert "/exit or Ctrl-D ends" in terminal.until("> ")
        terminal.type("你好\n")
        terminal.until("你好\r\n")
        terminal.until("\\S")  # it has begun, and would go on for minutes
        terminal.type("\x03")
        terminal.until("you stopped it")
        terminal.until("> ")
        terminal.type("/reset\n")
        terminal.until("forgotten")
        terminal.type("/exit\n")
        assert terminal.process.wait(30) == 0
    finally:
        terminal.process.kill()


@pytest.mark.slow
def test_lines_of_a_program_are_answered_without_a_sign(chatty: str) -> None:
    command = [sys.executable, str(ROOT / "src/generate.py"), "--model", chatty]
    done = subprocess.run(
        [*command, "--chat=true", "--temperature=0", "--length=4"],
        input="你好\n\n/reset\n你好\n".encode() + b"\xff\n",
        capture_output=True,
        check=True,
    )
    lines = done.stdout.decode().splitlines()
    assert lines[: len(lines) // 2] == lines[len(lines) // 2 :] != []
    assert "this is no text in UTF-8" in done.stderr.decode()


def test_a_command_that_is_none_is_told_and_not_sent(
    chatty: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    monkeypatch.setattr(Conversation, "answer", lambda self, text: sent.append(text))
    monkeypatch.setattr("sys.stdin", io.StringIO("/help me\n//help\na/b\n/ \n/RESET\n/exit\nc\n"))
    run_generate(["--model", chatty, "--chat=true"])
    assert sent == ["/help", "a/b"]
    told = " ".join(capsys.readouterr().err.split())
    for name in ("/help", "/", "/RESET"):
        assert f"! there is no command {name}: /exit or Ctrl-D ends, /reset forgets" in told
    assert "a text that begins with / is typed with two: //help me" in told
