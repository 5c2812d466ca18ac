"""Chat, from a file of dialogues to answers."""

from __future__ import annotations

import csv
import json
import re
import shutil
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from chat_models import CHATML
from chat_rows import CHAT, ONE, answers, dialogue, write_chats
from conftest import Command
from resumed_runs import by_test, rows

import weitiao
from weitiao.cli.main import main
from weitiao.errors import DataError

LORA = (
    *("--model.backbone.lora.rank=32", "--model.backbone.lora.alpha=64"),
    *("--model.backbone.lora.dropout=0", "--model.optim.lr=0.003", "--trainer.max_epochs=240"),
    # unclipped, some processors' digits leave one answer of 16 unlearned
    *("--trainer.check_val_every_n_epoch=60", "--trainer.gradient_clip_val=1"),
)
PACKED = ("--model.backbone.packed=true",)
FEW_BITS = ("--model.backbone.bits=4",) if find_spec("bitsandbytes") else ()
"""Together with adapters; the package is an extra."""
TWO = ("--trainer.devices=2", "--trainer.strategy=ddp")


def run(monkeypatch: pytest.MonkeyPatch, folder: Path, verb: str, *options: str) -> int:
    """A verb in this process and that folder."""
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", ["train.py"])
    return main([verb, *options])


def metrics_of(run: Path) -> dict[str, Any]:
    return json.loads((run / "metrics.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def chats(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files and a model, with the run ``short`` of one epoch."""
    folder = write_chats(tmp_path_factory.mktemp("chats"))
    with pytest.MonkeyPatch.context() as patch:
        assert run(patch, folder, "train", *CHAT, "--trainer.max_epochs=1", SHORT) == 0
    return folder


SHORT = "--run.folder=short"


@pytest.mark.slow
def test_a_run_is_measured_and_its_model_answers_alike_in_any_batch(
    chats: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = metrics_of(chats / "short")
    assert {"test/perplexity", "test/exact_match", "test/ended", "val/loss"} <= {*found}
    said = {}
    for size in (1, 5):
        given = ("--ckpt_path=short", "--data.predict=asked.jsonl", f"--out={size}.jsonl")
        more = (f"--data.batch.size={size}", "--hardware.accelerator=cpu")
        assert run(monkeypatch, chats, "predict", *given, *more) == 0
        lines = (chats / f"{size}.jsonl").read_text("utf-8").splitlines()
        said[size] = [json.loads(line)["label"] for line in lines]
    with (chats / "short" / "predictions.csv").open(encoding="utf-8") as file:
        assert said[1] == said[5] == [row["label"] for row in csv.DictReader(file)]
    asked = [dialogue(number)[:-1] for number in range(16)]
    shutil.move(chats / "model", chats / "elsewhere")  # a checkpoint needs none of its files
    try:
        model = weitiao.load(chats / "short", device="cpu")
        assert model.predict(asked).labels == said[1]
        assert model.predict([{"text": one} for one in asked]).labels == said[1]
        assert len(model.predict(["你好"])) == 1
    finally:
        shutil.move(chats / "elsewhere", chats / "model")


@pytest.mark.slow
def test_what_is_no_conversation_is_told(chats: Path) -> None:
    model = weitiao.load(chats / "short", device="cpu")
    wrong = [[], 3, [{"role": "user"}], [{"role": "cat", "content": "x"}], {"frage": "x"}]
    for row in wrong:
        with pytest.raises(DataError, match="row 2"):
            model.predict(["你好", row])  # type: ignore[list-item]  # that is what is told


@pytest.mark.slow
def test_a_run_starts_from_another_with_its_tokenizer_and_template(
    chats: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    more = write_chats(chats, 12) / "chats.jsonl"
    more.rename(chats / "more.jsonl")
    write_chats(chats)
    given = ("--model.start=short", "--task=chat", "--data.train=more.jsonl", "--recipe=none")
    started = ("--run.folder=started", "--trainer.max_epochs=1", *ONE, *LORA[:1], *FEW_BITS)
    assert run(monkeypatch, chats, "fit", *given, *started) == 0, capsys.readouterr().err
    assert "start: " in capsys.readouterr().err
    states = [
        weitiao.load(chats / name, device="cpu").rows.fitted.state()["tokenizer"]
        for name in ("short", "started")
    ]
    assert states[0] == states[1]
    before, after = (metrics_of(chats / name)["val/loss"] for name in ("short", "started"))
    assert after < before
    given = ("--model.start=short", "--task=classification", "--data.train=more.jsonl")
    assert run(monkeypatch, chats, "fit", *given, *ONE) == 1
    assert "can't continue with the task classification" in capsys.readouterr().err


@dataclass(frozen=True)
class Case:
    """Options, and what must be said.

    Args:
        template: of the model's tokenizer.
    """

    name: str
    said: str
    options: tuple[str, ...] = ()
    template: str | None = CHATML
    code: int = 1


TABLE = [
    Case(
        "long", "16 of 16 rows are longer.*--data.input.max_length", ("--data.input.max_length=20",)
    ),
    Case(
        "positions", "max_length 4096 exceeds the 512 positions", ("--data.input.max_length=4096",)
    ),
    Case("no_template", "has no chat template.*--data.input.template", template=None),
    Case("task", "holds no conversations|has no conversations|Reply", ("--data.input=Text",)),
    Case("no_tokenizer", "none is named.*--data.input.tokenizer", ("--data.input.tokenizer=",)),
    Case(
        "dropped",
        "train: 16 rows leave it|no answer of train fits",
        ("--data.input.max_length=20", "--data.input.too_long=drop"),
    ),
    Case("recipe", "needs a chat model.*make chat-model", ("--recipe=chat",)),
]


@pytest.mark.parametrize("case", TABLE, ids=lambda case: case.name)
def test_what_cannot_be_learned_is_told_before_training(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_chats(tmp_path, template=case.template)
    given = CHAT
    if case.name == "recipe":
        given = ("--task=chat", "--data.train=chats.jsonl")
    assert run(monkeypatch, tmp_path, "fit", *given, *case.options) == case.code
    said = " ".join(capsys.readouterr().err.split())
    assert "Traceback" not in said
    assert re.search(case.said, said), said


# -- by heart --------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("packed", [(), PACKED], ids=["padded", "packed"])
@pytest.mark.parametrize("lora", [(), LORA], ids=["full", "lora"])
def test_dialogues_are_learned_by_heart(
    lora: tuple[str, ...],
    packed: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # adapters leave the embeddings as they are: small ones let no id become likely
    wide = {"hidden_size": 64, "intermediate_size": 128, "initializer_range": 0.3}
    write_chats(tmp_path, **(wide if lora else {}))
    often = ("--trainer.max_epochs=80", "--trainer.check_val_every_n_epoch=80")
    given = (*CHAT, *often, *lora, *packed, "--run.folder=run")
    assert run(monkeypatch, tmp_path, "train", *given) == 0
    found = metrics_of(tmp_path / "run")
    assert found["test/exact_match"] == found["test/ended"] == 1
    model = weitiao.load(tmp_path / "run", device="cpu")
    assert model.predict([dialogue(i)[:-1] for i in range(16)]).labels == answers()
    firsts = model.predict([dialogue(i)[0]["content"] for i in range(16)]).labels
    assert firsts == [dialogue(i)[1]["content"] for i in range(16)]  # all answers are learned


@pytest.mark.slow
@pytest.mark.parametrize("more", [(), (*PACKED, *LORA[:1], *FEW_BITS)], ids=["full", "lora_packed"])
def test_a_killed_run_goes_on_to_the_same_digits(
    more: tuple[str, ...], tmp_path: Path, command: Command
) -> None:
    write_chats(tmp_path)
    often = ("--trainer.max_epochs=3", "--trainer.log_every_n_steps=1", "--run.save_every=1")
    options = [*CHAT, *often, *more, "--model.backbone.attention_dropout=0.1"]
    whole = command("fit", "--run.folder=whole", *options, cwd=tmp_path)
    assert whole.code == 0, whole.err
    unbroken = rows(tmp_path / "whole")
    kill = (*by_test("kill_at.KillAt"), "--trainer.callbacks.step=6")
    killed = command("fit", "--run.folder=killed", *options, *kill, cwd=tmp_path)
    assert killed.code == -9, killed.err
    last = (tmp_path / "killed" / "checkpoints" / "last.ckpt").resolve()
    more = (f"--ckpt_path={last}", "--allow_code=kill_at", "--trainer.callbacks=null")
    resumed = command("fit", *more, cwd=tmp_path)
    assert resumed.code == 0, resumed.err
    assert rows(tmp_path / "killed") == unbroken


@pytest.mark.slow
def test_two_processes_with_half_the_batch_learn_what_one_learns(
    tmp_path: Path, command: Command
) -> None:
    write_chats(tmp_path)
    often = ("--trainer.max_epochs=3", "--data.batch.tokens=null", "--trainer.log_every_n_steps=1")
    found = {}
    for name, more in (("one", ()), ("two", (*TWO, "--data.batch.size=2"))):
        done = command("train", f"--run.folder={name}", *CHAT, *often, *more, cwd=tmp_path)
        assert done.code == 0, done.err
        values = rows(tmp_path / name)
        found[name] = {row[:3]: float(row[3]) for row in values if row[2] in MEANS}
        found[name] |= {k: v for k, v in metrics_of(tmp_path / name).items() if k in TESTED}
    assert found["one"].keys() == found["two"].keys()
    assert len(found["one"]) > 6
    for key, value in found["one"].items():
        assert found["two"][key] == pytest.approx(value, rel=1e-4), key


MEANS = ("train/loss_epoch", "val/loss", "val/perplexity", "val/exact_match", "val/ended")
TESTED = ("test/loss", "test/perplexity", "test/exact_match", "test/ended")
