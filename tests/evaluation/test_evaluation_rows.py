"""What an evaluation leaves for people agrees with scikit-learn and with the rows themselves."""

from __future__ import annotations

import csv
import errno
import json
import math
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from conftest import TINY, Command, Outcome, calibration_error, reviews, write_csv
from evaluated_rows import LABELS, OBJECTIVE
from sklearn import metrics as sk

from weitiao.evaluation.prediction_files import write_predictions
from weitiao.objectives.flat_metrics import scores
from weitiao.training.evaluation_rows import SHOWN, WORST, Evaluated, worst_mistakes
from weitiao.training.optional_parts import Dispensable


def evaluated(texts: list[str], true: list[int], probabilities: np.ndarray) -> Evaluated:
    table = pa.table(
        {
            "id": [f"r{i}" for i in range(len(texts))],
            "text": ["cleaned"] * len(texts),
            "original": texts,
            "label": [LABELS[i] for i in true],
        }
    )
    losses = -np.log(probabilities[range(len(true)), true])
    decided, targets, rows = probabilities.argmax(1), np.array(true), np.arange(len(true))
    return Evaluated(table, probabilities, decided, targets, losses, rows)


def by_sklearn(rows: list[dict[str, str]], labels: list[str]) -> dict[str, float]:
    true, predicted = [r["true"] for r in rows], [r["label"] for r in rows]
    shares = np.array([[float(r[f"p({label})"]) for label in labels] for r in rows])
    shares /= shares.sum(1, keepdims=True)  # they were rounded for the file
    targets = [labels.index(label) for label in true]
    values = {
        "accuracy": sk.accuracy_score(true, predicted),
        "mcc": sk.matthews_corrcoef(true, predicted),
        "auroc": sk.roc_auc_score(targets, shares[:, 1]),
        "loss": sk.log_loss(targets, shares),
        "ece": calibration_error(shares, np.array(targets)),
    }
    for average in ("macro", "micro", "weighted"):
        for name, score in (
            ("f1", sk.f1_score),
            ("precision", sk.precision_score),
            ("recall", sk.recall_score),
        ):
            values[f"{name}_{average}"] = score(true, predicted, average=average, zero_division=0)
    per_class = sk.f1_score(true, predicted, average=None, labels=labels, zero_division=0)
    return values | {f"f1_class/{x}": f for x, f in zip(labels, per_class, strict=True)}


def test_metrics_are_those_of_scikit_learn(run_of: Path) -> None:
    with (run_of / "predictions.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    found = json.loads((run_of / "metrics.json").read_text("utf-8"))
    labels = json.loads((run_of / "data_card.json").read_text("utf-8"))["target"]["init_args"][
        "labels"
    ]
    expected = {f"test/{name}": value for name, value in by_sklearn(rows, labels).items()}
    assert {k: v for k, v in found.items() if k.startswith("test/")} == pytest.approx(
        expected, abs=1e-5
    )


@pytest.fixture(scope="module")
def leaky(tmp_path_factory: pytest.TempPathFactory, command: Command) -> tuple[Path, Outcome]:
    """A run whose given test shares 30 of its 60 rows with train, by the user's wish."""
    folder = tmp_path_factory.mktemp("leaky")
    rows = reviews(180)
    for name, part in (("my", rows[:150]), ("test", rows[120:]), ("val", reviews(40, seed=8))):
        write_csv(folder / f"{name}.csv", part)
    options = ["--data.val=val.csv", "--data.test=test.csv", "--data.audit.drop_leaks=false"]
    done = command("train", "--data.train=my.csv", *options, *TINY, cwd=folder)
    assert done.code == 0, done.err
    return folder, done


def test_leak_free_scores_are_those_of_the_rows_not_in_train(leaky: tuple[Path, Outcome]) -> None:
    folder, done = leaky
    with (folder / "logs/latest/predictions.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    found = json.loads((folder / "logs/latest/metrics.json").read_text("utf-8"))
    train = {text for text, _ in reviews(180)[:150]}
    split = json.loads((folder / "logs/latest/audit.json").read_text("utf-8"))["audit"]["splits"]
    fresh = [row for row in rows if row["text"] not in train]
    assert len(fresh) == 30
    assert split["test"]["leaked"] == 30
    assert found["test/accuracy"] == pytest.approx(
        np.mean([r["true"] == r["label"] for r in rows]), abs=1e-6
    )
    expected = {f"test_leak_free/{k}": v for k, v in by_sklearn(fresh, ["好评", "差评"]).items()}
    del expected["test_leak_free/loss"]
    free = {k: v for k, v in found.items() if k.startswith("test_leak_free/")}
    assert free == pytest.approx(expected, abs=1e-5)
    assert 0 <= found["baseline_leak_free/f1_macro"] <= 1
    assert "leak-free" in done.out
    assert "stand in train" in done.err


def test_without_leaks_there_is_no_leak_free_score(trained: Path, run_of: Path) -> None:
    assert "leak_free" not in (run_of / "metrics.json").read_text("utf-8")
    assert "leak-free" not in (trained / "stdout.txt").read_text("utf-8")


def test_the_table_alone_goes_to_standard_output(trained: Path, run_of: Path) -> None:
    out = (trained / "stdout.txt").read_text("utf-8")
    err = (trained / "stderr.txt").read_text("utf-8")
    f1 = json.loads((run_of / "metrics.json").read_text("utf-8"))["test/f1_macro"]
    assert out.startswith("test, 20 rows")
    assert f"{100 * f1:.2f}" in out
    assert "all values: logs/" in err
    assert "run folder" in err
    assert "Warning" not in err


def test_predictions_keep_texts_whatever_they_hold(tmp_path: Path) -> None:
    texts = ['他说:"好,很好"', "第一行\n第二行", "=1+1", "𠮷野家🍜", ""]
    shares = np.array([[0.5, 0.3, 0.2]] * 5)
    path = tmp_path / "predictions.csv"
    write_predictions(path, evaluated(texts, [0, 1, 2, 0, 1], shares), OBJECTIVE)
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["text"] for row in rows] == texts
    assert [row["true"] for row in rows] == [LABELS[i] for i in (0, 1, 2, 0, 1)]
    assert list(rows[0]) == ["id", "text", "label", "true", *(f"p({x})" for x in LABELS)]
    assert [p.name for p in tmp_path.iterdir()] == ["predictions.csv"]


def test_worst_mistakes_come_first_and_right_rows_never() -> None:
    shares = np.array([[0.9, 0.05, 0.05], [0.1, 0.8, 0.1], [0.02, 0.97, 0.01], [0.4, 0.3, 0.3]])
    table = worst_mistakes(
        evaluated(["对", "a|b\n c", "最差", "小错"], [0, 0, 0, 1], shares), OBJECTIVE
    )
    lines = table.splitlines()[2:]
    assert [line.split(" | ")[-1].rstrip(" |") for line in lines] == ["最差", "a\\|b c", "小错"]
    assert f"{-math.log(0.02):.2f}" in lines[0]
    assert all(line.count("|") - line.count("\\|") == 7 for line in lines)


def test_worst_mistakes_are_few_and_short() -> None:
    shares = np.tile([0.2, 0.5, 0.3], (100, 1))
    table = worst_mistakes(evaluated(["长" * 1000] * 100, [0] * 100, shares), OBJECTIVE)
    lines = table.splitlines()[2:]
    assert len(lines) == WORST
    assert lines[0].count("长") == SHOWN


def test_scores_of_classes_have_no_auroc() -> None:
    targets = np.array([0, 1, 2, 1])
    found = np.array([0, 1, 1, 1])
    of_classes = scores(found, found, targets, OBJECTIVE, "baseline/", ranked=False)
    of_shares = scores(np.eye(3)[found], found, targets, OBJECTIVE, "test/")
    assert of_classes["baseline/accuracy"] == of_shares["test/accuracy"] == 0.75
    alone = set(of_shares) - {k.replace("baseline", "test") for k in of_classes}
    assert alone == {"test/auroc", "test/ece"}


def test_a_limited_test_is_compared_on_the_rows_it_took(workplace: Path, command: Command) -> None:
    options = [*TINY, "--data.batch.size=5", "--trainer.limit_test_batches=1"]
    done = command("train", "--data.train=my.csv", *options, cwd=workplace)
    assert done.code == 0, done.err
    assert "test, 5 rows" in done.out
    metrics = json.loads((workplace / "logs/latest/metrics.json").read_text("utf-8"))
    for name in ("test/accuracy", "baseline/accuracy"):  # a fifth, not a twentieth
        fifths = 5 * metrics[name]
        assert fifths == pytest.approx(round(fifths), abs=1e-5)


def test_a_picture_that_fails_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    dispensable = Dispensable()
    for _ in range(2):
        with dispensable.part("the picture"):
            raise MemoryError("std::bad_alloc")
    said = "! left out, the run goes on: the picture (MemoryError: std::bad_alloc)\n"
    assert capsys.readouterr().err == said
    with pytest.raises(OSError, match="No space"), dispensable.part("another"):
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.slow
def test_three_thousand_classes_are_trained_and_measured(tmp_path: Path, command: Command) -> None:
    rows = [(f"第{i}条评论说的是第{i // 2}类,类{i // 2}", f"类{i // 2}") for i in range(6000)]
    write_csv(tmp_path / "my.csv", rows)
    options = (*TINY, "--trainer.max_epochs=1", "--trainer.log_every_n_steps=50")
    done = command("train", "--data.train=my.csv", *options, cwd=tmp_path)
    assert done.code == 0, done.err
    assert "left out" not in done.err
    assert len(done.out.splitlines()) < 50
    table = (tmp_path / "logs" / "latest" / "classes.csv").resolve()
    assert f"all 3,000 classes: {table.relative_to(tmp_path)}" in done.out
    with table.open(newline="", encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) == 3000
