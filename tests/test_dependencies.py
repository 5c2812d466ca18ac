"""The versions that were tested together lie within the ranges that the package allows."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PROJECT = SETTINGS["project"]
RANGES = [
    range_
    for group in (PROJECT["dependencies"], *PROJECT["optional-dependencies"].values())
    for range_ in map(Requirement, group)
    if range_.name != PROJECT["name"]
]
LINES = [
    line
    for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
]
EXACT = dict(line.split("==") for line in LINES if "==" in line)
VERSIONS = {canonicalize_name(name): version for name, version in EXACT.items()}
UNSAFE = {  # versions with a fault that an attacker can use, or that came from one
    "lightning": ["2.6.2", "2.6.3", "2.6.4", "2.6.5"],
    "datasets": ["4.8.0", "5.0.0"],
}


def test_constraints_name_versions_and_nothing_else() -> None:
    # no index, path or build of one machine: they must work anywhere
    assert [
        x for x in LINES if not re.fullmatch(r"[A-Za-z0-9._-]+==\d+(\.\d+)*(b\d+|\.post\d+)?", x)
    ] == []
    assert len(VERSIONS) == len(LINES), "a package stands twice"


@pytest.mark.parametrize("range_", RANGES, ids=lambda range_: range_.name)
def test_each_range_holds_the_version_that_was_tested(range_: Requirement) -> None:
    assert VERSIONS[canonicalize_name(range_.name)] in range_.specifier


@pytest.mark.parametrize("name", UNSAFE)
def test_unsafe_versions_are_out_of_range(name: str) -> None:
    ranges = [range_ for range_ in RANGES if range_.name == name]
    assert ranges
    assert [v for range_ in ranges for v in UNSAFE[name] if v in range_.specifier] == []


def test_a_wheel_holds_every_configuration() -> None:
    places = SETTINGS["tool"]["setuptools"]["data-files"]
    shipped = {path for patterns in places.values() for p in patterns for path in ROOT.glob(p)}
    assert shipped == set((ROOT / "configs").rglob("*.yaml"))
    for place, (pattern,) in places.items():
        assert place.removeprefix("share/weitiao/") == pattern.removesuffix("/*.yaml")
