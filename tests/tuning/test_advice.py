"""After a confirmation people are told which configuration to use."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest

from weitiao.tuning.confirm import Candidate, advised

START = Candidate("start", "s.yaml", [0.5, 0.52, 0.51], [Path("s")] * 3)


def found(*scores: float) -> Candidate:
    folders = [Path(f"run-{i}") for i in range(len(scores))]
    return Candidate("trial 3", "t.yaml", [*scores], folders)


@pytest.mark.parametrize(
    ("candidates", "mode", "said"),
    [
        ([found(0.70, 0.74, 0.72), START], "max", ": use run-1/checkpoints/best.ckpt"),
        ([found(0.30, 0.34, 0.32), START], "min", ": use run-0/checkpoints/best.ckpt"),
        ([found(0.4, 0.9, 0.5), START], "max", "not significant (p = 0.603"),
        ([found(0.6, 0.62, 0.61), START], "max", "(each seed gains the same): keep the start, k"),
        ([START, found(0.1, 0.2, 0.3)], "max", "none is better than the start: keep it, k.yaml"),
    ],
)
def test_the_better_one_is_named_where_it_is_really_better(
    candidates: list[Candidate], mode: Literal["max", "min"], said: str
) -> None:
    assert said in advised(candidates, mode, Path("k.yaml"))
