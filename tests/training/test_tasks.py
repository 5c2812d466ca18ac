"""Each task from a raw file to predictions, and every part with every other."""

from __future__ import annotations

import csv
import json
import shutil
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import yaml
from conftest import BAD, GOOD, TINY, Command, Outcome, reviews, run_behind, write_csv
from scipy.stats import spearmanr
from sklearn import metrics as sk

PLEASED = ("很好", "喜欢", "满意")


def of_text(text: str) -> dict[str, str]:
    """The label of a review in each task: what its words say."""
    good, bad = sum(text.count(w) for w in GOOD), sum(text.count(w) for w in BAD)
    named = [word for word in ("酒店", "手机", "水果") if word in text]
    return {
        "hierarchical": "/".join(["好评" if good > bad else "差评", *named[:1]]),
        "multilabel": "|".join(named),
        "regression": f"{3 + (good - bad) / 2 + text.count('快递') / 4}",
        "ordinal": ("low", "high")[good > bad] if "价格" not in text else "middle",
    }


class Learned(NamedTuple):
    """A trained task."""

    folder: Path
    done: Outcome

    @property
    def run(self) -> Path:
        return self.folder / "logs" / "latest"

    @property
    def metrics(self) -> dict[str, float]:
        return json.loads((self.run / "metrics.json").read_text("utf-8"))

    @property
    def rows(self) -> list[dict[str, str]]:
        return read(self.run / "predictions.csv")


OPTIONS = {
    "hierarchical": (),
    "multilabel": ("--model.objective.decision.at_least=1",),
    "regression": (),
    "ordinal": ("--data.target.labels=[low,middle,high]",),
}


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


QUICK = ("hierarchical", "regression")
EACH = [pytest.param(t, marks=[] if t in QUICK else [pytest.mark.slow]) for t in OPTIONS]


@pytest.fixture(scope="module", params=EACH)
def learned(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, command: Command
) -> Learned:
    folder, task = tmp_path_factory.mktemp(request.param), request.param
    rows = [(text, of_text(text)[task]) for text, _ in reviews(300, seed=3)]
    write_csv(folder / "my.csv", rows)
    options = [*TINY, *OPTIONS[task], f"--task={task}", "--trainer.max_epochs=4"]
    done = command("train", "--data.train=my.csv", *options, cwd=folder)
    assert done.code == 0, done.err
    return Learned(folder, done)


@pytest.fixture
def task(learned: Learned) -> str:
    return str(yaml.safe_load((learned.run / "config.yaml").read_text("utf-8"))["task"])


def test_metrics_are_those_of_the_predictions(learned: Learned, task: str) -> None:
    true = [row["true"] for row in learned.rows]
    found = [row["label"] for row in learned.rows]
    assert len(true) == 30
    texts = {text: of_text(text)[task] for text, _ in reviews(300, seed=3)}
    expected: dict[str, Any]
    if task == "regression":
        numbers, values = np.array(true, float), np.array(found, float)
        assert [float(texts[row["text"]]) for row in learned.rows] == numbers.tolist()
        expected = {
            "test/mse": sk.mean_squared_error(numbers, values),
            "test/spearman": spearmanr(numbers, values).statistic,
            "test/loss": sk.mean_squared_error(numbers, values),
        }
    elif task == "multilabel":
        names = ["手机", "水果", "酒店"]
        hot, given = (
            np.array([[n in cell.split("|") for n in names] for cell in column])
            for column in (true, found)
        )
        assert [set(texts[r["text"]].split("|")) for r in learned.rows] == [
            set(cell.split("|")) for cell in true
        ]
        assert given.any(1).all()  # at_least = 1
        expected = {
            "test/f1_macro": sk.f1_score(hot, given, average="macro", zero_division=0),
            "test/hamming": sk.hamming_loss(hot, given),
            "test/exact_match": sk.accuracy_score(hot, given),
        }
    elif task == "hierarchical":
        assert [texts[row["text"]] for row in learned.rows] == true
        tops = [[path.split("/")[0] for path in paths] for paths in (true, found)]
        expected = {
            "test/f1_macro": sk.f1_score(true, found, average="macro", zero_division=0),
            "test/f1_level/1": sk.f1_score(*tops, average="macro"),
        }
        for row in learned.rows:
            assert row["label"].split("/")[0] == row["level_1"]
            shares = [float(row[n]) for n in row if n.startswith(f"p({row['level_1']}")]
            assert float(row["p_level_1"]) == pytest.approx(sum(shares), abs=1e-4)
    else:
        order = ["low", "middle", "high"]
        ranks, given = (
            np.array([order.index(cell) for cell in column]) for column in (true, found)
        )
        expected = {
            "test/f1_macro": sk.f1_score(ranks, given, average="macro", zero_division=0),
            "test/mae": np.abs(ranks - given).mean(),
            "test/qwk": sk.cohen_kappa_score(ranks, given, weights="quadratic", labels=[0, 1, 2]),
        }
    got = {name: learned.metrics[name] for name in expected}
    assert got == pytest.approx(expected, abs=2e-4)  # the file has six digits


def test_a_checkpoint_predicts_as_it_was_tested(
    learned: Learned, task: str, command: Command, tmp_path: Path
) -> None:
    tested = learned.rows
    write_csv(tmp_path / "new.csv", [(row["text"],) for row in tested], ["review"])
    done = command(
        "predict",
        f"--ckpt_path={learned.run / 'checkpoints' / 'best.ckpt'}",
        "--data.predict=new.csv",
        "--hardware.accelerator=cpu",
        cwd=tmp_path,
    )
    assert done.code == 0, done.err
    again = read(tmp_path / "predictions.csv")
    assert "true" not in again[0]
    if task == "regression":
        values = [[float(r["label"]) for r in rows] for rows in (again, tested)]
        assert values[0] == pytest.approx(values[1], abs=1e-4)
    else:
        assert [row["label"] for row in again] == [row["label"] for row in tested]


def test_the_table_and_the_audit_speak_of_the_task(learned: Learned, task: str) -> None:
    shown = {
        "hierarchical": "hierarchical F1",
        "multilabel": "Hamming",
        "ordinal": "weighted kappa",
        "regression": "Spearman",
    }
    assert shown[task] in learned.done.out
    assert "baseline" in learned.done.out
    assert ("target: mean" in learned.done.err) == (task == "regression")
    assert "Warning" not in learned.done.err


def test_a_run_named_by_latest_goes_on_in_its_own_folder(
    learned: Learned, command: Command, tmp_path: Path
) -> None:
    folder = shutil.copytree(learned.folder, tmp_path / "copy", symlinks=True)
    last = "logs/latest/checkpoints/last.ckpt"
    done = command("fit", f"--ckpt_path={last}", "--trainer.max_epochs=5", cwd=folder)
    assert done.code == 0, done.err
    assert run_behind(folder / "logs/latest").name == run_behind(learned.run).name
    with (folder / "logs/latest/metrics.csv").open() as file:
        epochs = [row for row in csv.DictReader(file) if row["metric"] == "val/loss"]
    assert len(epochs) == 5


def test_pairs_with_a_score_are_learned(tmp_path: Path, command: Command) -> None:
    texts = [text for text, _ in reviews(160, seed=4)]
    rows = [(a, b, str(abs(len(a) - len(b)))) for a, b in pairwise(texts)]
    write_csv(tmp_path / "my.csv", rows, ["review", "other", "stars"])
    options = ["--data.pair=other", "--task=regression", "--run.monitor=val/spearman"]
    done = command("train", "--data.train=my.csv", *TINY, *options, cwd=tmp_path)
    assert done.code == 0, done.err
    predicted = read(tmp_path / "logs/latest/predictions.csv")
    assert list(predicted[0]) == ["id", "text", "pair", "label", "true"]
    found = {(row["text"], row["pair"]): row["true"] for row in predicted}
    expected = {(a, b): score for a, b, score in rows}
    assert all(expected[pair] == score for pair, score in found.items())
