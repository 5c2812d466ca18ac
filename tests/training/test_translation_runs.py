"""Translation, from a file to predictions of it."""

from __future__ import annotations

import csv
import json
import re
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from conftest import Command, write_csv
from parallel_texts import pairs, write_pairs
from resumed_runs import by_test, rows

import weitiao
from weitiao.cli.main import main

TINY = (
    *("--task=translation", "--recipe=none", "--trainer.accelerator=cpu", "--trainer.devices=1"),
    *("--model.backbone.layers=1", "--model.backbone.width=32", "--run.threads=1"),
    *("--data.input.encode.vocab_size=300", "--trainer.enable_progress_bar=false"),
)
BY_HEART = (
    *(*TINY, "--model.backbone.width=64", "--model.backbone.dropout=0", "--data.batch.size=8"),
    *("--model.optim.lr=0.005", "--trainer.max_epochs=150", "--data.val=my.csv"),
    *("--data.test=my.csv", "--data.audit.drop_leaks=false", "--model.objective.beams=4"),
    "--trainer.check_val_every_n_epoch=50",
)


@pytest.fixture(scope="module")
def by_heart(tmp_path_factory: pytest.TempPathFactory, command: Command) -> Path:
    """A folder with a run that has learned sixteen pairs."""
    folder = tmp_path_factory.mktemp("by_heart")
    write_pairs(folder / "my.csv", pairs())
    done = command("train", "--data.train=my.csv", *BY_HEART, cwd=folder)
    assert done.code == 0, done.err
    (folder / "screen.txt").write_text(done.out + done.err, "utf-8")
    return folder


@pytest.mark.slow
def test_what_was_learned_is_written_word_for_word(by_heart: Path) -> None:
    metrics = json.loads((by_heart / "logs/latest/metrics.json").read_text("utf-8"))
    assert metrics["test/exact_match"] == metrics["test/ended"] == 1
    assert metrics["test/perplexity"] < 1.5
    assert [metrics[f"test/{name}"] for name in ("bleu", "chrf", "ter")] == pytest.approx([1, 1, 0])
    assert metrics["baseline/bleu"] == pytest.approx(1)  # train has each text
    assert metrics["copy/bleu"] == 0
    assert metrics["test/copied"] == 0
    with (by_heart / "logs/latest/predictions.csv").open(encoding="utf-8") as file:
        lines = [*csv.DictReader(file)]
    assert [(row["text"], row["label"]) for row in lines] == pairs()
    screen = " ".join((by_heart / "screen.txt").read_text("utf-8").split())
    assert "one vocabulary for both sides" in screen
    assert "16 texts stand in train as well, and 16 of what is to be written" in screen


@pytest.mark.slow
def test_new_texts_are_translated_by_file_and_by_python_in_any_batch(
    by_heart: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(by_heart)
    monkeypatch.setattr(sys, "argv", ["train.py"])
    given = [text for text, _ in pairs(64)]
    write_csv(Path("new.csv"), [(text,) for text in given], ("text",))
    said = []
    for size in ("64", "1"):
        best = "--ckpt_path=logs/latest/checkpoints/best.ckpt"
        options = ("--data.predict=new.csv", f"--data.batch.size={size}", "--out=out.jsonl")
        assert main(["predict", best, *options, "--hardware.accelerator=cpu"]) == 0
        lines = Path("out.jsonl").read_text("utf-8").splitlines()
        said.append([json.loads(line)["label"] for line in lines])
    assert said[0] == said[1] == weitiao.load("logs/latest").predict(given).labels
    right = [label for _, label in pairs(64)]
    assert sum(a == b for a, b in zip(said[0], right, strict=True)) >= 16


@pytest.mark.slow
def test_a_killed_run_goes_on_to_the_same_digits(command: Command, tmp_path: Path) -> None:
    write_pairs(tmp_path / "my.csv", pairs(64))
    options = (
        *(*TINY, "--data.train=my.csv", "--data.batch.size=8", "--trainer.max_epochs=3"),
        *("--run.save_every=1", "--run.matmul=blas", "--trainer.log_every_n_steps=1"),
        "--trainer.accumulate_grad_batches=2",
    )
    whole = command("fit", "--run.root=whole", *options, cwd=tmp_path)
    assert whole.code == 0, whole.err
    kill = (*by_test("kill_at.KillAt"), "--trainer.callbacks.step=5")
    killed = command("fit", "--run.root=killed", *options, *kill, cwd=tmp_path)
    assert killed.code == -signal.SIGKILL, killed.err
    last = (tmp_path / "killed/latest/checkpoints/last.ckpt").resolve()
    more = ("--allow_code=kill_at", "--trainer.callbacks=null")
    resumed = command("fit", f"--ckpt_path={last}", *more, cwd=tmp_path)
    assert resumed.code == 0, resumed.err
    assert rows(tmp_path / "killed/latest") == rows(tmp_path / "whole/latest")


@dataclass(frozen=True)
class Case:
    """A file or options, and what must be said.

    Args:
        code: of the command's end; 0 = it goes on, and tells.
    """

    name: str
    said: str
    options: Sequence[str] = ()
    rows: Sequence[tuple[str, ...]] = field(default_factory=lambda: pairs(64))
    header: Sequence[str] = ("text", "label")
    code: int = 1


GIVEN = ("--data.val=val.csv", "--data.test=val.csv", "--data.audit.drop_leaks=false")
TABLE = [
    Case(
        "no_translation",
        r"row 4.*column 'label'.*empty",
        rows=[*pairs(2), ("a cat", ""), ("b", "c")],
    ),
    Case("no_column", "column 'label': there is no such column", header=("text", "zh")),
    Case(
        "named",
        r"exact match.* BLEU: nrefs:1\|\S*tok:zh\|\S*version:",
        ("--data.target.label=zh",),
        header=("text", "zh"),
        code=0,
    ),
    Case("a_cell_more", "row 4", rows=[*pairs(2), ("a", "b", "c"), *pairs(9)]),
    Case(
        "too_long",
        "max_length = 8 ids: in 52 of 52 rows .* longer.*--data.input.encode.max_length 12",
        ("--data.input.encode.max_length=8",),
    ),
    Case(
        "left_out",
        "! train: 1 rows leave it, whose written side has more than 40 ids: my.csv, row 66",
        ("--data.input.too_long=drop", "--data.input.encode.max_length=40", *GIVEN),
        [*pairs(64), ("too long", "龘靐齉爩麤" * 20)],
        code=0,
    ),
    Case("no_writer", "a Transformer writes nothing", ("--model.backbone=Transformer",)),
    Case("input", "the data have no others.*--task translation", ("--data.input=Text",)),
    Case("classes", "has a label of its own", ("--data.target=OneClass",)),
    Case(
        "length_penalty",
        "length_penalty has no effect without beams",
        ("--model.objective.length_penalty=2",),
    ),
    Case(
        "first_token",
        "'<2zh>' is no token of .*, but .: <, .*--model.objective.first_token '<'",
        ("--model.objective.first_token=<2zh>",),
    ),
    Case(
        "wordpiece",
        "read otherwise once they have been ids.*--data.input.encode.tokenizer bpe",
        ("--data.input.encode.tokenizer=wordpiece",),
    ),
    Case("balanced", "rows of one class each, not Reference", ("--data.sampling=balanced",)),
]


@pytest.mark.parametrize("case", TABLE, ids=lambda case: case.name)
def test_bad_files_and_options_are_told(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["train.py"])
    lines = [",".join(row) for row in (case.header, *case.rows)]
    Path("my.csv").write_text("\n".join(lines), "utf-8")
    Path("val.csv").write_text("\n".join(lines[:9]), "utf-8")
    code = main(["train", "--data.train=my.csv", *TINY, "--trainer.max_epochs=1", *case.options])
    shown = capsys.readouterr()
    said = " ".join((shown.err + shown.out).split())
    assert "Traceback" not in said
    assert code == case.code, said
    assert re.search(case.said, said), said
    if code == 0:
        metrics = json.loads(Path("logs/latest/metrics.json").read_text("utf-8"))
        for name, part in (("bleu", "|tok:zh|"), ("chrf", "|nc:6|"), ("ter", "|asian:yes|")):
            how = metrics[f"test/{name}_signature"]
            assert part in how
            assert metrics[f"val/{name}_signature"] == how
