"""Multiple choice, from a file to predictions of it."""

from __future__ import annotations

import csv
import json
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from choice_rows import ANIMALS, HEADER, Row, rows, write
from conftest import Command, write_csv

import weitiao
from weitiao.cli.main import main
from weitiao.errors import DataError

SMALL = (
    *("--task=choice", "--recipe=none", "--trainer.accelerator=cpu", "--trainer.devices=1"),
    *("--model.backbone=Transformer", "--model.backbone.init_args.layers=1"),
    *("--model.backbone.init_args.width=16", "--trainer.max_epochs=1"),
)


ONE_EPOCH = ("--trainer.max_epochs=1", "--trainer.accelerator=cpu", "--trainer.devices=1")


def metrics_of(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "logs/latest/metrics.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def choosing(tmp_path_factory: pytest.TempPathFactory, command: Command) -> Path:
    """A folder with a run of a few steps."""
    folder = tmp_path_factory.mktemp("choosing")
    write(folder / "my.csv", rows(80))
    done = command("train", "--data.train=my.csv", *SMALL, cwd=folder)
    assert done.code == 0, done.err
    (folder / "screen.txt").write_text(done.out + done.err, "utf-8")
    return folder


def test_a_run_is_measured_beside_simpler_choices(choosing: Path) -> None:
    metrics, screen = metrics_of(choosing), (choosing / "screen.txt").read_text("utf-8")
    assert metrics["baseline/accuracy"] == 1  # the right one stands in the question
    assert {"test/accuracy", "test/mrr", "test/ece", "val/loss", "majority/accuracy"} <= {*metrics}
    for part in ("accuracy", "mean reciprocal rank", "shared words", "right: A"):
        assert part in screen
    with (choosing / "logs/latest/predictions.csv").open(encoding="utf-8") as file:
        lines = [*csv.DictReader(file)]
    right = [row["label"] == row["true"] for row in lines]
    assert metrics["test/accuracy"] == pytest.approx(sum(right) / len(right))
    for row in lines:
        sure = json.loads(row["probabilities"])
        assert len(sure) == len(json.loads(row["pair"]))
        assert "ABCD"[sure.index(max(sure))] == row["label"]


def predicted(folder: Path, monkeypatch: pytest.MonkeyPatch, *options: str) -> list[dict[str, Any]]:
    """What the run of a folder says in JSON Lines."""
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", ["train.py"])
    given = ["--ckpt_path=logs/latest/checkpoints/best.ckpt", "--out=out.jsonl", *options]
    assert main(["predict", *given, "--hardware.accelerator=cpu"]) == 0
    return [json.loads(line) for line in Path("out.jsonl").read_text("utf-8").splitlines()]


def test_a_file_of_predictions_is_what_python_says_in_any_batch(
    choosing: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(choosing / "new.csv", [row[1:-1] for row in rows(9, seed=5)], HEADER[1:-1])
    found = predicted(choosing, monkeypatch, "--data.predict=new.csv")
    alone = predicted(choosing, monkeypatch, "--data.predict=new.csv", "--data.batch.size=1")
    given = [(row[1], [option for option in row[2:-1] if option]) for row in rows(9, seed=5)]
    said = weitiao.load(choosing / "logs/latest").predict(given)
    assert said.labels == [row["label"] for row in found] == [row["label"] for row in alone]
    for one, two, three in zip(found, alone, said.columns["probabilities"], strict=True):
        assert one["probabilities"] == pytest.approx(two["probabilities"], abs=1e-5)
        assert one["probabilities"] == pytest.approx(three, abs=1e-5)
        assert one["probability"] == max(one["probabilities"])


def test_texts_of_the_command_line_and_rows_by_column(
    choosing: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (row,) = predicted(choosing, monkeypatch, "--text=来的是猫，是谁？", '--pair=["狗", "猫"]')
    assert len(row["probabilities"]) == 2
    model = weitiao.load("logs/latest")
    asked = {"question": "是谁？", "options": ["狗", "猫"]}
    found = model.predict([asked, asked | {"passage": "来的是猫。"}])
    assert [text for text, _ in found.cleaned] == ["是谁？", "来的是猫。 是谁？"]
    for bad in ("是谁？", ("是谁？", ["狗", 3]), {"question": "是谁？"}, ("是谁？", ["狗"])):
        with pytest.raises(DataError):
            model.predict([bad])  # type: ignore[list-item]  # is told, being no row


def test_a_passage_is_read_before_its_questions(tmp_path: Path, command: Command) -> None:
    documents = [
        {
            "article": f"第{i}天来的是{one}。",
            "questions": ["谁来了？", "谁没来？"],
            "options": [[one, two], [one, two]],
            "answers": ["A", "B"],
        }
        for i in range(30)
        for one, two in [(ANIMALS[i % 7], ANIMALS[(i + 1) % 7])]
    ]
    text = "".join(f"{json.dumps(each, ensure_ascii=False)}\n" for each in documents)
    (tmp_path / "race.jsonl").write_text(text, "utf-8")
    given = ("--data.train=race.jsonl", "--data.group=article")
    done = command("train", *given, *SMALL, cwd=tmp_path)
    assert done.code == 0, done.err
    assert "passage: 'article'" in " ".join(done.err.split())
    with (tmp_path / "logs/latest/predictions.csv").open(encoding="utf-8") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    assert all(re.fullmatch(r"第\d+天来的是.*。\n谁(没)?来了?？", text) for text in texts)
    assert len({text.partition("\n")[0] for text in texts}) == len(texts) / 2  # none is cut


@dataclass(frozen=True)
class Case:
    """Rows or options, and what must be said.

    Args:
        code: of the command's end; 0 = it goes on, and tells.
    """

    name: str
    said: str
    train: Sequence[Row] = field(default_factory=lambda: rows(60))
    options: Sequence[str] = ()
    code: int = 1


SAME = [("x", f"第{i}题？", "猫", "狗", "猫", "", "C") for i in range(60)]
LONG = [
    (*row[:2], *(f"{'也' * 40}{cell}" if cell else "" for cell in row[2:6]), row[6])
    for row in rows(60)
]
NUMBERS = [(*row[:6], "1") for row in rows(60)]
ONE_D = [*[row for row in rows(90) if row[6] != "D"], ("d", "鸟来了，是谁？", *ANIMALS[:4], "D")]
TABLE = [
    Case("told_apart_by_none", "60 rows|48 of 48 rows of train .* no model tells them apart", SAME),
    Case(
        "cut_to_be_alike",
        "of train .* no model tells them apart.*are they cut.*max_length",
        LONG,
        ["--data.input.encode.max_length=16", "--data.input.encode.truncation=head"],
    ),
    Case(
        "options_that_are_cut",
        "rows of train with an option that is cut, since it doesn't fit beside its text: 33",
        LONG,
        ["--data.input.encode.max_length=60", "--data.input.encode.truncation=tail"],
        code=0,
    ),
    Case("undecided_numbers", "does the first option have 0 or 1.*--data.first_option", NUMBERS),
    Case("a_letter_that_splits_lack", r"right: D │ 1 │ 0 │ 0", ONE_D, code=0),
    Case("numbers_said", "0|accuracy", NUMBERS, ["--data.first_option=0"], code=0),
    Case(
        "joined",
        "a choice needs options",
        options=["--data.input.encode.pairs=joined", "--data.input.passage=null"],
    ),
    Case("probe", "of whole rows only", options=["--model.objective.head.start=probe"]),
    Case("linear", "linear doesn't go with pairs: options", options=["--data.input.linear={}"]),
    Case("sampling", "rows of one class each, not Choice", options=["--data.sampling=balanced"]),
    Case("column", "no such column.*'answer'", options=["--data.target.label=wrong"]),
]


@pytest.mark.parametrize("case", TABLE, ids=lambda case: case.name)
def test_what_a_choice_does_not_go_with_is_told(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["train.py"])
    train = write(Path("train.csv"), case.train)
    code = main(["train", f"--data.train={train}", *SMALL, *case.options])
    shown = capsys.readouterr()
    said = " ".join((shown.err + shown.out).split())
    assert "Traceback" not in said
    assert code == case.code, said
    assert re.search(case.said, said), said


def test_a_run_that_starts_from_another_goes_on_with_all_of_it(
    choosing: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(choosing)
    monkeypatch.setattr(sys, "argv", ["train.py"])
    write(Path("more.csv"), rows(60, seed=9))
    given = ("--model.start=logs/latest", "--task=choice", "--data.train=more.csv")
    assert main(["fit", *given, "--run.folder=more", *ONE_EPOCH]) == 0
    assert "its backbone and its objective" in " ".join(capsys.readouterr().err.split())
    labelled = [(row[1], "今天" in row[1]) for row in rows(60)]
    write_csv(Path("labelled.csv"), labelled, header=("text", "label"))
    given = ("--model.start=logs/latest", "--task=classification", "--data.train=labelled.csv")
    assert main(["fit", *given, "--data.input.text=text", "--run.folder=other", *ONE_EPOCH]) == 0
    assert "its backbone; the head is new" in " ".join(capsys.readouterr().err.split())


def test_another_objective_refuses_options(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["train.py"])
    cells = [(row[1], json.dumps([*row[2:4]]), row[6]) for row in rows(40)]
    write_csv(Path("my.csv"), cells, header=("text", "pair", "label"))
    options = ("--data.input.pair=pair", "--data.input.encode.pairs=options")
    assert main(["fit", "--data.train=my.csv", *options, *SMALL[1:]]) == 1
    assert "options makes several sequences of a row" in " ".join(capsys.readouterr().err.split())


def test_an_export_is_refused_before_the_work(
    choosing: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(choosing)
    monkeypatch.setattr(sys, "argv", ["export.py"])
    assert main(["export", "logs/latest", "--to=exported"]) == 1
    assert "compares several sequences of a row" in " ".join(capsys.readouterr().err.split())
    assert not Path("exported").exists()


@pytest.mark.slow
@pytest.mark.parametrize("backbone", ["TextCNN", "Recurrent"])
def test_a_backbone_learns_a_few_rows_by_heart(
    backbone: str, tmp_path: Path, command: Command
) -> None:
    write(tmp_path / "few.csv", rows(32, seed=1))
    files = ["--data.train=few.csv", "--data.val=few.csv", "--data.audit.drop_leaks=false"]
    how = ["--model.optim.lr=0.004", "--trainer.max_epochs=80", "--data.batch.size=8"]
    how += ["--trainer.check_val_every_n_epoch=20"]
    done = command(
        "fit", *files, "--task=choice", "--recipe=none", f"--model.backbone={backbone}", *how,
        "--data.split.test=0", "--trainer.accelerator=cpu", cwd=tmp_path,
    )  # fmt: skip
    assert done.code == 0, done.err
    assert metrics_of(tmp_path)["val/accuracy"] == 1


@pytest.mark.slow
def test_the_recipe_learns_which_option_stands_in_the_question(
    tmp_path: Path, command: Command
) -> None:
    write(tmp_path / "my.csv", rows(240))
    given = ("--data.train=my.csv", "--task=choice", "--recipe=choice", "--trainer.accelerator=cpu")
    done = command("train", *given, cwd=tmp_path)
    assert done.code == 0, done.err
    assert metrics_of(tmp_path)["test/accuracy"] > 0.8
