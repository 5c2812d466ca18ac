"""`metrics.csv`: every logged value once, digits exact, whatever crashes and resumes there were."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from weitiao.training.csv_log import FIELDS, CSVLog


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_values_come_back_to_the_last_digit(tmp_path: Path) -> None:
    log = CSVLog(tmp_path / "metrics.csv")
    log.log_metrics({"train/loss": 1 / 3, "epoch": 0}, 4)
    log.log_metrics({"val/f1_class/好,评": 1e-17}, 5)
    rows = rows_of(log.path)
    assert [(r["step"], r["epoch"], r["metric"]) for r in rows] == [
        ("4", "0", "train/loss"),
        ("5", "-1", "val/f1_class/好,评"),
    ]
    assert [float(r["value"]) for r in rows] == [1 / 3, 1e-17]


def test_a_new_logger_goes_on_in_the_same_file(tmp_path: Path) -> None:
    for step in range(3):
        CSVLog(tmp_path / "metrics.csv").log_metrics({"a": float(step)}, step)
    assert [r["value"] for r in rows_of(tmp_path / "metrics.csv")] == ["0.0", "1.0", "2.0"]


def test_steps_that_will_be_taken_again_are_forgotten(tmp_path: Path) -> None:
    log = CSVLog(tmp_path / "metrics.csv")
    for step in range(6):
        log.log_metrics({"a": step + 0.1, "b": step + 0.2}, step)
    log.forget_after(4)
    assert {int(r["step"]) for r in rows_of(log.path)} == {0, 1, 2, 3}
    assert len(rows_of(log.path)) == 8
    log.log_metrics({"a": 4.1}, 4)
    assert rows_of(log.path)[-1]["value"] == "4.1"
    assert [p.name for p in tmp_path.iterdir()] == ["metrics.csv"]


@pytest.mark.parametrize("half", ["1,0,b", "1,0,b,0.2", '1,0,"b\n'])
def test_half_a_row_left_by_a_crash_is_dropped_on_resume(tmp_path: Path, half: str) -> None:
    log = CSVLog(tmp_path / "metrics.csv")
    log.log_metrics({"a": 0.5}, 1)
    with log.path.open("a", encoding="utf-8") as file:
        file.write(half)
    log.forget_after(10)
    log.log_metrics({"a": 0.25}, 2)
    assert [(r["step"], r["metric"], r["value"]) for r in rows_of(log.path)] == [
        ("1", "a", "0.5"),
        ("2", "a", "0.25"),
    ]


def test_forgetting_without_a_file_makes_none(tmp_path: Path) -> None:
    CSVLog(tmp_path / "metrics.csv").forget_after(3)
    assert not list(tmp_path.iterdir())


def test_a_run_logs_loss_rate_speed_and_scores(run_of: Path) -> None:
    rows = rows_of(run_of / "metrics.csv")
    assert tuple(rows[0]) == FIELDS
    metrics = {row["metric"] for row in rows}
    for name in ("train/loss", "val/f1_macro", "val/loss", "test/f1_macro"):
        assert name in metrics
    assert {"speed/tokens_per_s", "speed/padded_share"} <= metrics
    assert any(name.startswith("lr-") for name in metrics)
    assert all(isinstance(float(row["value"]), float) for row in rows)
    best = json.loads((run_of / "metrics.json").read_text("utf-8"))["val/f1_macro"]
    assert best == max(float(row["value"]) for row in rows if row["metric"] == "val/f1_macro")
