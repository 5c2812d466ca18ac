"""Products of 32 bits: by the library that is faster here, and no less exact."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
import yaml
from conftest import TINY, reviews, write_csv

from weitiao.training import matmul
from weitiao.training.fit import fit
from weitiao.training.matmul import Measured


@pytest.fixture(autouse=True)
def as_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A user who has measured nothing, and the setting of torch."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    matmul._remembered.cache_clear()
    before = torch.get_float32_matmul_precision()
    yield
    matmul._remembered.cache_clear()
    torch.set_float32_matmul_precision(before)


@pytest.mark.parametrize(
    ("blas", "onednn", "chosen"),
    [
        ((100e9, 5e-7), (180e9, 9e-7), "onednn"),
        ((100e9, 5e-7), (100e9, 5e-7), "blas"),
        ((100e9, 5e-7), (105e9, 5e-7), "blas"),  # within the clock's noise
        ((100e9, 5e-7), (800e9, 2e-3), "blas"),  # rounds to bfloat16
    ],
)
def test_the_faster_one_is_taken_if_it_is_exact(
    blas: tuple[float, float],
    onednn: tuple[float, float],
    chosen: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = {"blas": Measured(*blas), "onednn": Measured(*onednn)}
    monkeypatch.setattr(matmul, "_measure", lambda threads: found)
    assert matmul.fastest() == chosen
    assert matmul.rounds_off("onednn") == (onednn[1] > 1e-5)


def test_measuring_leaves_draws_and_setting_as_they_were() -> None:
    torch.manual_seed(3)
    before = torch.get_rng_state()
    matmul.use("onednn")
    found = matmul.measured()
    assert torch.get_float32_matmul_precision() == "medium"
    assert torch.equal(torch.get_rng_state(), before)
    assert found["blas"].error < 1e-5
    assert min(found["blas"].rate, found["onednn"].rate) > 1e8


def test_what_was_found_is_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = matmul.fastest()
    kept = json.loads((tmp_path / "cache" / "weitiao" / "matmul.json").read_text("utf-8"))
    assert len(kept) == 1

    def refuse(threads: int) -> None:
        raise AssertionError("measured again")

    matmul._remembered.cache_clear()  # as in another process
    monkeypatch.setattr(matmul, "_measure", refuse)
    assert matmul.fastest() == chosen


def test_a_home_that_is_read_only_costs_nothing_but_time(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file, where a folder would have to be", "utf-8")
    assert matmul.fastest() in ("blas", "onednn")


@pytest.mark.parametrize(("given", "taken"), [(None, "blas"), ("onednn", "onednn")])
def test_a_run_writes_down_its_library_and_says_where_it_rounds(
    given: str | None,
    taken: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    write_csv(tmp_path / "my.csv", reviews(200))
    found = {"blas": Measured(1e9, 1e-7), "onednn": Measured(9e9, 2e-3)}
    monkeypatch.setattr(matmul, "_measure", lambda threads: found)
    named = [] if given is None else [f"--run.matmul={given}"]
    run = fit([*TINY, "--data.train=my.csv", "--trainer.max_epochs=1", *named])
    kept = yaml.safe_load(run.folder.config.read_text("utf-8"))
    assert kept["run"]["matmul"] == taken
    told = " ".join(capsys.readouterr().err.split())
    assert ("oneDNN rounds products to 16 bits" in told) == (taken == "onednn")
