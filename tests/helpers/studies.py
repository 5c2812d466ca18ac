"""Studies made by hand, of which reports are written."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import optuna
import pytest
import yaml
from optuna.distributions import BaseDistribution, FloatDistribution
from optuna.trial import TrialState, create_trial

LR = {"model.optim.lr": FloatDistribution(1e-4, 1e-2, log=True)}
SPACE = {**LR, "model.objective.head.dropout": FloatDistribution(0.0, 0.5)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    config: dict[str, Any] = {"run": {"root": "a", "name": "b"}, "trainer": {}}
    config |= {"data": {"text": "评论"}, "model": {"optim": {"lr": 5e-4, "betas": [0.9, 0.999]}}}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config), "utf-8")
    return tmp_path


def new(*directions: str, **facts: Any) -> optuna.Study:
    study = optuna.create_study(study_name="研究", directions=directions or ["maximize"])
    for name, value in ({"objectives": ["val/f1_macro"]} | facts).items():
        study.set_user_attr(name, value)
    return study


def add(
    study: optuna.Study,
    values: float | list[float] | None,
    params: dict[str, Any],
    space: dict[str, BaseDistribution] | None = None,
    state: TrialState = TrialState.COMPLETE,
    scores: list[float] | None = None,
    **facts: Any,
) -> None:
    spaces = SPACE if space is None else space
    study.add_trial(
        create_trial(
            state=state,
            values=[values] if isinstance(values, float) else values,
            params=params,
            distributions={key: spaces[key] for key in params},
            user_attrs=facts,
            intermediate_values=dict(enumerate(scores or [])),
        )
    )


def point(i: int) -> dict[str, Any]:
    """A point inside the ranges."""
    return {
        "model.optim.lr": 1e-3 * (1 + i % 5 / 10),
        "model.objective.head.dropout": 0.2 + 0.01 * (i % 7),
    }


def filled(folder: Path, count: int) -> optuna.Study:
    study = new()
    for i in range(count):
        add(study, 0.8 + math.sin(i) / 10, point(i), folder=str(folder), seconds=10.0 + i)
    return study
