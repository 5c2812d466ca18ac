"""``--help`` begins with what most people need, fits a terminal, and names true options."""

from __future__ import annotations

import re

import pytest
from jsonargparse import ArgumentParser, capture_parser

from weitiao.config.help import HEADS
from weitiao.evaluation.predict import predict_parser
from weitiao.evaluation.testing import run_test
from weitiao.training.fit import fit
from weitiao.tuning.cli import tune_parser


@pytest.fixture(scope="module")
def parsers() -> dict[str, ArgumentParser]:
    made = [capture_parser(fit, [], verb) for verb in ("fit", "train")]
    made += [capture_parser(run_test, []), predict_parser(), tune_parser()]
    return {parser.prog: parser for parser in made}


@pytest.mark.parametrize("name", HEADS)
def test_help_is_read_at_eighty_columns(
    name: str, parsers: dict[str, ArgumentParser], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = parsers[name].format_help().splitlines()
    assert lines[0].startswith(f"usage: {name} ")
    assert sum(line.startswith("usage") for line in lines) == 1
    wide = [line for line in lines if len(line) > 80]
    assert all(re.match(r"  --\S+ \{\S+\}$|\s+\S+$", line) for line in wide), wide  # can't be cut
    headings = [line for line in lines if line.endswith(":") and not line.startswith(" ")]
    trainers = [line for line in lines if line.startswith("  --trainer.") and "max_epochs" in line]
    if name in ("train.py fit", "train.py train"):
        assert "via flags" in headings[-1]  # Lightning's own
        assert len(trainers) == 2  # among the most used, and there


@pytest.mark.parametrize("name", HEADS)
def test_help_names_options_that_are_there(name: str, parsers: dict[str, ArgumentParser]) -> None:
    named = set(re.findall(r"--[\w.]+", HEADS[name])) - {"--help"}
    known = set(parsers[name]._option_string_actions)
    if name == "tune.py":
        known |= set(parsers["train.py fit"]._option_string_actions)
    of_parts = {name for name in named if name.startswith(tuple(f"{part}." for part in known))}
    assert named - known - of_parts == set()
