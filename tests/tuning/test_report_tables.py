"""Tables of a study: all trials to the digit, the best ones, and the start beside them."""

from __future__ import annotations

import csv
from pathlib import Path

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import TrialState
from rich.console import Console
from studies import add, new, point
from studies import folder as folder

from weitiao.tuning.report import edge_warnings, top_table, verdict, write_report
from weitiao.tuning.report.view import View
from weitiao.tuning.watch import summary


def text_of(study: optuna.Study) -> str:
    console = Console(width=200)
    with console.capture() as capture:
        console.print(top_table(study))
    return capture.get()


def test_parameters_that_some_trials_lack(folder: Path) -> None:
    backbones = ["a.b.TextCNN", "a.b.LSTM", None]
    space: dict[str, BaseDistribution] = {
        "model.backbone": CategoricalDistribution(backbones),
        "model.filters": IntDistribution(8, 64),
        "model.layers": IntDistribution(1, 4),
    }
    study = new()
    for i in range(24):
        own = [{"model.filters": 20 + i}, {"model.layers": 1 + i % 4}, {}][i % 3]
        chosen = {"model.backbone": backbones[i % 3], **own}
        add(study, 0.5 + (7 * i % 24) / 100, chosen, space, folder=str(folder), seconds=1.0)
    write_report(study, folder)
    images = {path.stem for path in (folder / "plots").iterdir()}
    assert images == {"history", "importances", "slices", "parallel", "durations"}
    page = (folder / "report.html").read_text("utf-8")
    assert "no two parameters are searched together in 10 trials" in page
    table = text_of(study)
    assert "TextCNN" in table
    assert "–" in table


def test_branches_may_search_a_key_in_other_ranges(folder: Path) -> None:
    study = new()
    for i in range(12):
        space = {
            "model.optim.lr": FloatDistribution(*[(1e-4, 1e-2), (1e-6, 1e-4)][i % 2], log=True)
        }
        lr = [2e-3, 9.9e-5][i % 2] * (1 - i / 1000)
        add(study, 0.5 + i / 100, {"model.optim.lr": lr}, space, folder=str(folder))
    assert View(study).ranges == {"lr": (1e-6, 1e-2)}
    assert ["upper end of 1e-06 … 0.0001" in warning for warning in edge_warnings(study)] == [True]
    write_report(study, folder)
    assert (folder / "plots" / "slices.png").exists()


def test_two_objectives_have_a_front_and_the_best_of_the_first(folder: Path) -> None:
    study = new("maximize", "minimize", objectives=["val/f1_macro", "latency_ms"])
    values = [[0.9, 20.0], [0.8, 10.0], [0.7, 15.0], [0.95, 30.0]]
    for i, value in enumerate(values):
        add(study, value, point(i), folder=str(folder), seconds=5.0)
    add(study, None, point(0), state=TrialState.FAIL)
    best = write_report(study, folder)
    header = best.read_text("utf-8").splitlines()[0]
    assert header == "# trial 3: val/f1_macro = 0.95, latency_ms = 30.0"
    with (folder / "trials.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["front"] for row in rows] == ["True", "True", "False", "True", "False"]
    assert [row["latency_ms"] for row in rows] == ["20.0", "10.0", "15.0", "30.0", ""]
    assert (folder / "plots" / "front.png").exists()
    lines = [line for line in text_of(study).splitlines() if "0.00" in line]
    assert ["95.00" in lines[0], "90.00" in lines[1], "●" in lines[1]] == [True] * 3
    assert "val/f1_macro, %" in text_of(study)


def test_the_table_of_all_trials_keeps_every_digit(folder: Path) -> None:
    study = new()
    add(
        study,
        0.1 + 0.2,
        {"model.optim.lr": 0.0012345678901234},
        folder=str(folder),
        seconds=12.5,
        worker="host-12",
        threads=1,
    )
    add(study, None, {}, state=TrialState.FAIL, reason="a, b\n“c”")
    pruned = {"model.optim.lr": 1e-3, "model.objective.head.dropout": 0.1}
    add(study, None, pruned, state=TrialState.PRUNED, scores=[0.1, 0.25])
    add(study, None, {}, state=TrialState.RUNNING)
    write_report(study, folder)
    with (folder / "trials.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert rows[0] == {
        "trial": "0",
        "state": "COMPLETE",
        "value": "0.30000000000000004",
        "start": "",
        "seconds": "12.5",
        "folder": str(folder),
        "reason": "",
        "worker": "host-12",
        "threads": "1",
        "model.optim.lr": "0.0012345678901234",
        "model.objective.head.dropout": "",
    }
    assert rows[1]["reason"] == "a, b\n“c”"
    assert [row["state"] for row in rows] == ["COMPLETE", "FAIL", "PRUNED", "RUNNING"]
    assert rows[2]["value"] == "0.25"


def test_the_top_table_is_sorted_by_the_direction_and_knows_pruned_trials() -> None:
    study = new("minimize", objectives=["val/loss"])
    for i in range(3):
        add(study, None, point(i), state=TrialState.PRUNED, scores=[0.9, 0.5 - i / 10])
    table = text_of(study)
    assert "best of 3 pruned" in table
    assert table.index("0.3000") < table.index("0.4000") < table.index("0.5000")
    add(study, 0.8, point(1))
    add(study, 0.7, point(1))
    table = text_of(study)
    assert "best of 2 trials" in table
    assert table.index("0.7000") < table.index("0.8000")
    assert "0.3000" not in table


def test_the_start_stands_beside_the_best_and_ties_are_told() -> None:
    study = new()
    add(study, 0.5, point(0), start=True, seconds=1.0)
    assert verdict(study) == []  # nothing to compare it with yet
    for i in range(12):
        add(study, 0.6 + i / 100, point(i), seconds=1.0)
    rows = [line for line in text_of(study).splitlines() if "0." in line]
    assert len(rows) == 11  # ten, and the start
    assert ["0 (start)" in rows[-1], "50.00" in rows[-1]] == [True, True]
    assert ["12" in rows[0], "71.00" in rows[0], "+21.00" in rows[0]] == [True] * 3
    assert verdict(study) == []
    add(study, 0.71 + 1e-9, point(2), seconds=1.0)
    assert "the first 2 are equal" in text_of(study)
    assert verdict(study) == [
        "! trials 13 and 12 have the same val/f1_macro: none is better than the others"
    ]
    assert "best 71.00 % (trials 13 and 12)" in summary(study, 20, 1)
    study = new("minimize", objectives=["val/loss"])
    add(study, 0.5, point(0), start=True)
    for _ in range(5):
        add(study, 0.5, point(1))
    assert verdict(study) == [
        "! 6 trials have the same val/loss: none is better than the others",
        "! no trial has a better val/loss than the start, which was searched from",
    ]
