"""The line that ends a training: how fast it was, and where its time went."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import TINY, reviews, write_csv
from lightning.pytorch.callbacks import Callback

from weitiao.data.batch import Batching, EpochBatches
from weitiao.data.loader import ResumableLoader
from weitiao.training import fit as training
from weitiao.training import time_spent
from weitiao.training.fit import Driver, fit


class Slow(Callback):
    """Sleeps a second in one of the hooks."""

    def __init__(self, hook: str) -> None:
        def wait(*_: Any) -> None:
            time.sleep(1)

        setattr(self, hook, wait)


@pytest.mark.parametrize(
    ("hook", "part", "option"),
    [
        ("on_validation_epoch_end", "evaluation", "check_val_every_n_epoch"),
        pytest.param(
            *("on_train_epoch_start", "logging and saving", "log_every_n_steps"),
            marks=pytest.mark.slow,
        ),
        pytest.param("on_before_backward", "compute", None, marks=pytest.mark.slow),
        pytest.param("on_fit_start", "start-up", "train longer", marks=pytest.mark.slow),
    ],
)
def test_time_is_told_by_the_part_that_took_it(
    hook: str,
    part: str,
    option: str | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    write_csv(tmp_path / "my.csv", reviews(100))
    told: list[str] = []
    monkeypatch.setattr(training.FitCLI, "fit", _told(training.FitCLI.fit, told))
    monkeypatch.setattr(time_spent, "SHORT", 0)
    began = time.perf_counter()
    options = [*TINY, "--data.train=my.csv", "--trainer.max_epochs=1", "--data.batch.size=128"]
    fit([*options, "--trainer.num_sanity_val_steps=0"], quiet=True, driver=Driver([Slow(hook)], {}))
    whole = time.perf_counter() - began
    line, _, change = told[0].partition("\n")
    seconds = {
        name: int(share)
        for name, share in re.findall(r"([a-z][a-z -]+) (\d+)%", line.split(":")[-1])
    }
    assert sum(seconds.values()) in range(97, 103)
    assert seconds[part] >= 90 / whole  # a second of so many
    if option is not None and seconds[part] > 50:
        assert option in change


def _told(usual: Any, told: list[str]) -> Any:
    def fit_and_tell(self: Any, **rest: Any) -> Any:
        scores = usual(self, **rest)
        told.append(self.time.line(self.trainer))
        return scores

    return fit_and_tell


def test_a_loader_says_how_long_it_was_waited_for() -> None:
    slept = {"loading": 0.0, "computing": 0.0}

    def sleep(why: str) -> None:
        since = time.perf_counter()
        time.sleep(0.05)
        slept[why] += time.perf_counter() - since

    class Rows:
        def __getitem__(self, draws: Any) -> Any:
            sleep("loading")
            return draws

    batching, lengths = Batching(size=2, tokens=None), np.full(8, 3)
    batches = EpochBatches(lengths, batching, shuffle=False, seed=1, position=lambda: (0, 0))
    loader, since = ResumableLoader(Rows(), batches), time.perf_counter()
    for _ in loader:
        sleep("computing")
    whole = time.perf_counter() - since
    assert slept["loading"] <= loader.waited <= whole - slept["computing"]
