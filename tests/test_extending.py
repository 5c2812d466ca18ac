"""Code of the user's own, in modules outside the tree: the examples of docs/extending.md, as they
stand there, through every command."""

from __future__ import annotations

import csv
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from conftest import Command, reviews, run_behind

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "extending.md").read_text("utf-8")
FILES = dict(re.findall(r"^```(?:python|yaml)\n# (\S+)\n(.*?)^```$", PAGE, re.M | re.S))
COMMANDS = [
    shlex.split(line)
    for block in re.findall(r"^```bash\n(.*?)^```$", PAGE, re.M | re.S)
    for line in block.replace("\\\n", " ").splitlines()
]
SMALL = ("--trainer.max_epochs=1", "--trainer.accelerator=cpu")
MARGIN = ("--config=margin.yaml", "--data.train=my.csv", "--data.input.text=review")
MARGIN += ("--data.target.label=stars", *SMALL)
ALLOWED = "--allow_code=my_objective"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with the files of the page and labelled rows."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, "utf-8")
    rows = [(*row, 10 ** (len(row[0]) / 8)) for row in reviews(200)]
    with (tmp_path / "my.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("review", "stars", "price"), *rows])
    return tmp_path


def test_an_example_is_short() -> None:
    assert sum(name.endswith(".py") for name in FILES) == 4
    assert {name: n for name, text in FILES.items() if (n := len(text.splitlines())) > 40} == {}


def test_an_objective_of_ones_own_trains_and_predicts(place: Path, command: Command) -> None:
    refused = command("fit", *MARGIN, cwd=place)
    assert refused.code == 2
    assert "my_objective.Margin is no code of weitiao" in refused.err
    assert "→ if you trust it: --allow_code my_objective" in refused.err
    done = command("fit", *MARGIN, ALLOWED, cwd=place)
    assert done.code == 0, done.err
    assert "--allow_code my_objective" in done.err  # of the commands that it names
    run = run_behind(place / "logs" / "latest")
    assert "allow_code" not in (run / "config.yaml").read_text("utf-8")
    use = ("predict", f"--ckpt_path={run}/checkpoints/best.ckpt", "--text=很好", "--out=a.csv")
    refused = command(*use, cwd=place)
    assert refused.code == 1
    assert "'my_objective.Margin', which is no objective of weitiao" in refused.err
    done = command(*use, "--allow_code", "my_objective", cwd=place)
    assert done.code == 0, done.err
    (row,) = csv.DictReader((place / "a.csv").open(encoding="utf-8"))
    assert float(row["p(好评)"]) + float(row["p(差评)"]) == pytest.approx(1, abs=1e-5)


@pytest.mark.slow
def test_the_page_runs(place: Path, command: Command) -> None:
    assert len(COMMANDS) == 6
    for words in COMMANDS:
        script, arguments = Path(words[1]).name, words[2:]
        if script == "tune.py":
            arguments = [*arguments[:4], "--trials=2", *arguments[6:], "--workers=0", *SMALL]
        elif arguments[0] == "train":
            arguments += SMALL
        done = command(*arguments, cwd=place, script=script)
        assert done.code == 0, f"{shlex.join(words)}\n{done.err}"
    assert len([*(place / "logs" / "tune" / "default" / "trials").glob("*-trial-*")]) == 2
    done = command("fit", "--model.start=logs/latest", ALLOWED, *MARGIN[1:], cwd=place)
    assert "its backbone and its objective" in " ".join(done.err.split())


CARDS = """
from dataclasses import dataclass

from weitiao.card import TokenInput
from weitiao.targets.one_class import ClassTarget


@dataclass(frozen=True)
class ByteCard(TokenInput):
    coding: str = "utf-8"


@dataclass(frozen=True)
class StarCard(ClassTarget):
    best: str
"""
PARTS = """
from dataclasses import dataclass

from mine.cards import ByteCard, StarCard
from mine.my_input import Bytes, FittedBytes
from weitiao.targets import OneClass


@dataclass(frozen=True)
class OwnBytes(Bytes):
    def fit(self, tables, targets, folder, begin):
        return FittedBytes(ByteCard(257, 0, self.max_length))


@dataclass(frozen=True)
class Stars(OneClass):
    def fit(self, tables):
        found = super().fit(tables)
        return StarCard(found.labels, found.counts, found.labels[-1])
"""


USE = """
import weitiao

try:
    weitiao.load({run!r}, device="cpu")
except weitiao.ConfigError as error:
    print("refused:", error.hint)
model = weitiao.load({run!r}, device="cpu", allow_code="mine")
print([*model.predict(["很好很好"]).classes[:1]])
"""


@pytest.mark.slow
def test_a_package_goes_through_every_command(place: Path, command: Command) -> None:
    package = place / "mine"
    package.mkdir()
    for name, text in (("__init__.py", ""), ("cards.py", CARDS), ("parts.py", PARTS)):
        (package / name).write_text(text, "utf-8")
    for part in ("objective", "input", "backbone"):
        (place / f"my_{part}.py").rename(package / f"my_{part}.py")
    parts = {
        "data": {"input": "mine.parts.OwnBytes", "target": "mine.parts.Stars"},
        "model": {
            "objective": "mine.my_objective.Margin",
            "backbone": "mine.my_backbone.Attention",
        },
    }
    (place / "mine.yaml").write_text(yaml.safe_dump(parts), "utf-8")

    def done(*words: str | Path, script: str = "train.py") -> str:
        ended = command(*words, "--allow_code=mine", cwd=place, script=script)
        assert ended.code == 0, ended.err
        return ended.out

    new = ("--config=mine.yaml", *MARGIN[1:])
    done("train", *new)
    run = run_behind(place / "logs" / "latest")
    card = json.loads((run / "data_card.json").read_text("utf-8"))
    assert card["input"]["class_path"] == "mine.cards.ByteCard"
    assert card["target"]["init_args"]["best"] == "差评"
    best, last = (run / "checkpoints" / f"{name}.ckpt" for name in ("best", "last"))
    assert command("fit", f"--ckpt_path={last}", cwd=place).code == 2
    done("fit", f"--ckpt_path={last}", "--trainer.max_epochs=2")
    done("test", f"--ckpt_path={best}")
    done("predict", f"--ckpt_path={best}", "--text=很好", "--out=-")
    start = command("fit", f"--model.start={run}", "--allow_code=mine", cwd=place)
    assert "no tokenizer to continue with: its input is a mine.parts.OwnBytes" in start.err
    done("--trials=2", "--study=own", *new, script="tune.py")
    assert len([*(place / "logs/tune/own/trials").glob("*-trial-*")]) == 2
    pair = ("--with=a: ", "--with=b: --model.optim.lr=0.01", "--seeds=2")
    assert "b" in done(*pair, *new, script="compare.py")
    # in this process other tests would find the classes
    python = [sys.executable, "-c", USE.format(run=str(run))]
    env = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    used = subprocess.run(python, cwd=place, env=env, capture_output=True, text=True)
    assert used.stdout.splitlines() == ["refused: if you trust it: --allow_code mine", "['好评']"]


CURVES = """
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from torch import nn

from weitiao.card import InputCard
from weitiao.inputs import FittedInput, Input, InputRows, tensors
from weitiao.io.arrow import Ragged
from weitiao.models.backbones.base import Backbone


@dataclass(frozen=True)
class Scale(InputCard):
    largest: float


class Rows(InputRows):
    def __init__(self, encoded):
        self.values = Ragged(encoded["values"])
        self.lengths = self.values.lengths

    def collate(self, draws):
        lists = self.values.lists(draws.rows)
        lengths = np.array([len(values) for values in lists])
        filled = np.zeros((len(lists), lengths.max()), np.float32)
        for row, values in zip(filled, lists):
            row[: len(values)] = values
        mask = np.arange(lengths.max()) < lengths[:, None]
        return {"inputs": tensors({"values": filled, "attention_mask": mask})}


class FittedCurves(FittedInput):
    def __init__(self, card):
        self.card = card

    def encode(self, table):
        cells = (cell.split() for cell in table["text"].to_pylist())
        curves = [[float(number) / self.card.largest for number in cell] for cell in cells]
        return pa.table({"values": pa.array(curves, pa.list_(pa.float32()))})

    def rows(self, encoded):
        return Rows(encoded)


@dataclass(frozen=True)
class Curves(Input):
    curve: str = "curve"

    @property
    def columns(self):
        return {"text": self.curve}

    def fit(self, tables, targets, folder, begin):
        cells = " ".join(tables["train"]["text"].to_pylist()).split()
        return FittedCurves(Scale(largest=max(map(float, cells))))

    def from_state(self, state, card):
        return FittedCurves(card)


class Lift(Backbone):
    def __init__(self, card, *, width: int = 8):
        super().__init__()
        self.width, self.lift = width, nn.Linear(1, width)

    def forward(self, values, attention_mask):
        return self.lift(values.unsqueeze(-1)).tanh()
"""


@pytest.mark.slow
def test_what_is_no_text_is_learned_by_an_objective_of_ours(place: Path, command: Command) -> None:
    (place / "curves.py").write_text(CURVES, "utf-8")
    rows = [(f"{n % 7} {n} {n % 5}", "high" if n >= 50 else "low") for n in range(100)]
    with (place / "curves.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("curve", "label"), *rows])
    parts = ("--data.input=curves.Curves", "--model.backbone=curves.Lift", "--model.optim.lr=0.05")
    allowed = ("--allow_code=curves", *SMALL[1:])
    options = ("--data.train=curves.csv", *parts, "--trainer.max_epochs=20")
    done = command("fit", *options, *allowed, cwd=place)
    assert done.code == 0, done.err
    best = run_behind(place / "logs" / "latest") / "checkpoints" / "best.ckpt"
    texts = ("--text=1 2 3", "--text=0 99 1", "--out=-")
    done = command("predict", f"--ckpt_path={best}", "--allow_code=curves", *texts, cwd=place)
    assert done.code == 0, done.err
    assert [json.loads(line)["label"] for line in done.out.splitlines()] == ["low", "high"]
    for reads_ids in ("--model.backbone=TextCNN", "--model.objective.wide.lr=0.1"):
        wrong = command("fit", *options, *allowed, reads_ids, cwd=place)
        assert "the model reads ids, and the input makes a Scale" in wrong.err
