"""The table of scores for people: its rows, columns, width, and the file of all classes."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from evaluated_rows import LABELS, OBJECTIVE
from rich.console import Console
from sklearn import metrics as sk
from tiny_models import objective_of, tiny_card

from weitiao.evaluation.table import final_table, write_classes
from weitiao.objectives.base import Objective
from weitiao.objectives.flat_metrics import scores


def rendered(
    metrics: dict[str, float], objective: Objective = OBJECTIVE, targets: Sequence[int] = (0, 1, 2)
) -> str:
    text = io.StringIO()
    Console(file=text, width=80).print(final_table(metrics, objective, np.array(targets)))
    return text.getvalue()


def test_the_table_says_what_kind_of_baseline_it_is() -> None:
    metrics = {"test/f1_macro": 0.5, "baseline/f1_macro": 0.4}
    assert "linear" in rendered(metrics)
    objective = objective_of(tiny_card(labels=["a", "b", "c"]))
    objective.baseline = "sentence"
    assert "sentence" in rendered(metrics, objective)


def test_the_table_of_many_classes_shows_the_best_and_the_worst(tmp_path: Path) -> None:
    labels = [f"第{c}类" for c in range(3000)]
    objective = objective_of(tiny_card(labels=labels, label_counts=[2] * 3000))
    true = np.repeat(np.arange(2000), 2)  # a third of the classes has no row in test
    found = np.where((np.arange(4000) % 2 == 0) & (true < 1000), 2500, true)
    found[true == 7] = 8
    test, baseline = (
        scores(x, x, true, objective, p, ranked=False)
        for p, x in (("test/", found), ("baseline/", true))
    )
    text = rendered(test | baseline, objective, true.tolist())
    assert len(text.splitlines()) < 40
    assert max(map(len, text.splitlines())) <= 80
    lines = [line.split("│")[1].strip() for line in text.splitlines() if line.startswith("│")]
    assert lines[0] == "macro F1"
    shown = [
        int(line.removeprefix("F1 of 第").removesuffix("类")) for line in lines if "F1 of" in line
    ]
    assert len(shown) == 20
    assert min(shown[:10]) >= 1000
    assert shown[-1] == 7
    write_classes(tmp_path / "classes.csv", found, true, objective, test | baseline)
    with (tmp_path / "classes.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 3000
    precision, recall, f1, _ = sk.precision_recall_fscore_support(
        true, found, labels=range(3000), zero_division=np.nan
    )
    for name, expected in (("precision", precision), ("recall", recall), ("F1", f1)):
        given = np.array([float(row[name] or "nan") for row in rows])
        np.testing.assert_allclose(given, expected, atol=1e-6)
    assert (rows[7]["test rows"], rows[2999]["test rows"]) == ("2", "0")
    assert (rows[7]["baseline F1"], rows[2999]["baseline F1"]) == ("1.000000", "")


def test_what_is_undefined_is_no_number() -> None:
    true = np.array([0, 0, 0])
    text = rendered(scores(np.eye(3)[true], true, true, OBJECTIVE, "test/"), targets=true.tolist())
    row = next(line for line in text.splitlines() if "F1 of 差评" in line)
    assert row.split("│")[2].strip() == "–"
    assert "undefined: no row of the class" in " ".join(text.split())


@pytest.mark.parametrize("task", ["classification", "ordinal", "multilabel", "regression"])
def test_the_table_of_each_task_fits_80_columns(task: str) -> None:
    labels = [] if task == "regression" else LABELS
    objective = objective_of(tiny_card(task=task, labels=labels))
    true = {"multilabel": np.eye(3, dtype=int), "regression": np.array([2e5, 3e5, 9e5])}.get(
        task, np.array([0, 1, 2])
    )
    none = "mean" if task == "regression" else "majority"
    metrics = {}
    for name in ("test", "baseline", none, "similarity"):
        metrics |= scores(true, true, true, objective, f"{name}/", ranked=False)
    text = rendered(metrics, objective, true.tolist())
    lines = text.splitlines()
    assert max(map(len, lines)) <= 80
    assert sum("│" in line or "┃" in line for line in lines) <= 12 + len(labels)
    assert "…" not in text
    for title in ("model", "difference", none, "cosine"):
        assert title in text


def test_the_table_shows_labels_as_they_are_and_the_difference() -> None:
    shares = np.eye(3)
    true, found = np.array([0, 1, 2]), np.array([0, 0, 2])
    test = scores(shares, true, true, OBJECTIVE, "test/")
    baseline = scores(found, found, true, OBJECTIVE, "baseline/", ranked=False)
    text = rendered(test | baseline)
    assert "[red]中评" in text
    row = next(line for line in text.splitlines() if "accuracy" in line)
    assert [cell.strip() for cell in row.split("│")[1:-1]] == [
        "accuracy",
        "100.00",
        "66.67",
        "+33.33",
    ]


def test_the_table_has_no_baseline_where_none_was_measured() -> None:
    true = np.array([0, 1, 2])
    text = rendered(scores(np.eye(3), true, true, OBJECTIVE, "test/"))
    assert "baseline" not in text
    assert "difference" not in text
