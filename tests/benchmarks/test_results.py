"""Results on real data: what is trained, what is kept, what the page says."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import results
import results_page
from experiments import EXPERIMENTS, SST2, TREC, Experiment
from training import Training

TRIED = {
    "trec": Experiment(TREC, "words", (), "accuracy", 0.92),
    "sst2": Experiment(SST2, "words", (), "accuracy", "baseline", raw=True),
}
Runs = list[Sequence[str]]


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runs:
    """Trainings that only note their arguments; table, files and folders of the test's own."""
    noted: Runs = []

    def train(arguments: Sequence[str], root: Path) -> Training:
        noted.append(arguments)
        card = {"rows": {"train": 8, "val": 2, "test": 2}}
        (root / "data_card.json").write_text(json.dumps(card))
        metrics = {"test/accuracy": 0.9, "test_leak_free/accuracy": 0.8, "baseline/accuracy": 0.85}
        return Training(root, metrics, 2.0, 1.0, 100.0)

    for module in (results, results_page):
        monkeypatch.setattr(module, "EXPERIMENTS", dict(TRIED))
    monkeypatch.setattr(results, "train", train)
    monkeypatch.setattr(results, "RESULTS", tmp_path / "real_data.json")
    monkeypatch.setattr(results, "PAGE", tmp_path / "results.md")
    monkeypatch.setattr("experiments.Source.check", lambda self, roots: None)
    return noted


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["results.py", *arguments])
    return results.main()


def test_a_killed_benchmark_goes_on_where_it_was(
    runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(monkeypatch, "--seeds", "1")
    assert len(runs) == 3  # one, and one on both protocols
    run(monkeypatch, "--seeds", "1", "2")
    assert len(runs) == 6
    assert sum("2" in arguments for arguments in runs[3:]) == 3


def test_a_changed_recipe_is_run_anew(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    run(monkeypatch, "--seeds", "1")
    changed = replace(TRIED["trec"], options={"trainer.max_epochs": "9"})
    monkeypatch.setitem(results.EXPERIMENTS, "trec", changed)
    assert len(results.stored()) == 2  # what an older recipe gave is no result of this one
    run(monkeypatch, "--seeds", "1")
    assert len(runs) == 4
    assert "--trainer.max_epochs" in runs[3]
    assert len(results.stored()) == 3


def test_only_the_raw_protocol_keeps_what_the_audit_finds(
    runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(monkeypatch, "--seeds", "1", "--only", "sst2", "--data-root", "D")
    leak_free, raw = runs
    assert "--data.audit.drop_leaks" in raw
    assert "--data.audit.drop_leaks" not in leak_free
    assert "D/sst2/stsa.binary.test" in leak_free
    run(monkeypatch, "--seeds", "2", "--only", "sst2", "--protocols", "leak-free")
    assert len(runs) == 3


def test_the_page_says_what_is_missed(
    runs: Runs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert run(monkeypatch, "--only", "sst2") == 0
    assert run(monkeypatch, "--only", "trec") == 1
    page = (tmp_path / "results.md").read_text("utf-8")
    assert "| **90.0 ± 0.0** | +5.0 | ≥ 92, **missed** |" in page
    assert "| **90.0 ± 0.0** | +5.0 | ≥ baseline, met |" in page
    assert "| 90.0 ± 0.0 | 80.0 ± 0.0 |" in page  # all rows, and those not in train


def test_other_files_are_refused(tmp_path: Path) -> None:
    source = replace(TREC, folder="{data}")
    with pytest.raises(SystemExit, match=r"there is no .*TREC"):
        source.check({"data": tmp_path})
    for name in source.sums:
        (tmp_path / name).write_text("0 What ?\n")
    with pytest.raises(SystemExit, match="is another file"):
        source.check({"data": tmp_path})


def test_recipes_name_configs_that_are_shipped() -> None:
    for experiment in EXPERIMENTS.values():
        for config in experiment.configs:
            assert (results.ROOT / "configs" / f"{config}.yaml").is_file(), config


def test_a_row_holds_plain_values(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    run(monkeypatch, "--seeds", "1", "--only", "trec")
    row: dict[str, Any] = results.stored()[0]
    assert row["rows"]["train"] == 8
    assert row["metrics"]["baseline/accuracy"] == 0.85
    assert not any(str(results.ROOT) in str(value) for value in row.values())
