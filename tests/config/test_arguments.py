"""Options as Python values become the arguments of a command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from weitiao.config.arguments import as_arguments
from weitiao.errors import UsageError


def test_files_come_first_and_classes_before_their_own_values() -> None:
    values = {"model.optim.lr": 0.1, "model.backbone.width": 3, "model.backbone": "Bag"}
    names = [option.partition("=")[0] for option in as_arguments(values | {"config": "a.yaml"})]
    assert names == ["--config", "--model.backbone", "--model.optim.lr", "--model.backbone.width"]


def test_values_become_options_without_losing_a_digit() -> None:
    values = {"a": 0.1 + 0.2, "b": None, "c": True, "d": "mean", "e": 3, "f": [1, "好"]}
    written = ["--a=0.30000000000000004", "--b=null", "--c=true", "--d=mean", "--e=3"]
    assert as_arguments(values) == [*written, '--f=[1, "好"]']


def test_several_files_keep_their_order() -> None:
    assert as_arguments({"config": ["b.yaml", Path("a.yaml")]}) == [
        "--config=b.yaml",
        "--config=a.yaml",
    ]


def test_arguments_stay_as_they_are() -> None:
    assert as_arguments(["--a", "1", Path("x")]) == ["--a", "1", "x"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("--data.train=my.csv", "a mapping or a list, not str"),
        (None, "a mapping or a list, not NoneType"),
        ({"--data.train": "my.csv"}, "has no dashes\n  → 'data.train'"),
    ],
)
def test_what_is_neither_is_refused(options: Any, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        as_arguments(options)
