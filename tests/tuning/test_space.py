"""A search space says what is wrong with it before the first trial."""

from __future__ import annotations

from pathlib import Path

import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from weitiao.errors import ConfigError
from weitiao.tuning.cli import split_arguments
from weitiao.tuning.space import as_options, check_space, grid_of, load_space


def write(folder: Path, text: str) -> Path:
    path = folder / "space.yaml"
    path.write_text(text, "utf-8")
    return path


def test_ranges_and_choices_are_read(tmp_path: Path) -> None:
    space = load_space(
        write(
            tmp_path,
            "model.optim.lr: {low: 1.0e-4, high: 1.0e-2, log: true}\n"
            "trainer.max_epochs: {low: 2, high: 6, step: 2}\n"
            "model.pooling: {choices: [mean, max]}\n",
        )
    )
    assert space == {
        "model.optim.lr": FloatDistribution(1e-4, 1e-2, log=True),
        "trainer.max_epochs": IntDistribution(2, 6, step=2),
        "model.pooling": CategoricalDistribution(["mean", "max"]),
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "names no key"),
        ("model.optim.lr: 3", "give {low"),
        ("model.optim.lr: {low: 2.0, high: 1.0}", "2.0 … 1.0 is empty"),
        ("model.optim.lr: {low: 1e-3, high: 1.0}", "1.0e-3, not 1e-3"),
        ("model.optim.lr: {low: 0.0, high: 1.0, log: true}", "model.optim.lr"),
        ("model.optim.lr: {low: 0.0, hihg: 1.0}", "unknown or missing"),
        ("model.pooling: {choices: []}", "not empty"),
        ("a: [", "no YAML"),
    ],
)
def test_a_faulty_space_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said.replace("{", r"\{")):
        load_space(write(tmp_path, text))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("model.optim.learning: {low: 0.1, high: 1.0}", "model.optim.learning"),
        ("model.pooling: {choices: [mean, median]}", "median"),
        ("trainer.max_epochs: {low: 1.5, high: 2.5}", "trainer.max_epochs"),
    ],
)
def test_keys_are_checked_against_the_signatures(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        check_space(load_space(write(tmp_path, text)), [])


def test_a_grid_needs_finite_values(tmp_path: Path) -> None:
    finite = "a: {choices: [x, null]}\nb: {low: 1, high: 3}\nc: {low: 0.1, high: 0.3, step: 0.1}\n"
    grid = grid_of(load_space(write(tmp_path, finite)))
    assert grid == {"a": ["x", None], "b": [1, 2, 3], "c": pytest.approx([0.1, 0.2, 0.3])}
    with pytest.raises(ConfigError, match="a: a grid needs"):
        grid_of(load_space(write(tmp_path, "a: {low: 0.1, high: 1.0}")))


def test_values_become_options_without_losing_a_digit() -> None:
    values = {"a": 0.1 + 0.2, "b": None, "c": True, "d": "mean", "e": 3}
    written = ["--a=0.30000000000000004", "--b=null", "--c=true", "--d=mean", "--e=3"]
    assert as_options(values) == written


def test_options_of_the_search_are_told_from_those_of_fit() -> None:
    own, rest = split_arguments(
        ["--trials", "3", "--data.train", "a.csv", "b.csv", "--seed=1", "--config=c.yaml"]
    )
    assert own == ["--trials", "3", "--seed=1"]
    assert rest == ["--data.train", "a.csv", "b.csv", "--config=c.yaml"]
