"""Options don't pile up: one that is added has its reason here, or takes another's place."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

TABLE = Path(__file__).parents[1] / "docs" / "options.md"
BEFORE = {
    "pretrain": 63,
    "train and fit": 143,
    "generate": 9,
    "predict": 25,
    "test": 23,
    "embed": 30,
    "compare": 5,
    "tune": 17,
    "gain": 5,
}
"""Options of a verb on 2026-11-29, Lightning's aside. Where one goes, this goes down."""
OWN_CODE = "a configuration or a checkpoint may not allow it itself"
ADDED = {
    f"{verb} --allow_code": OWN_CODE for verb in ("train and fit", "test", "predict", "pretrain")
}
"""``verb --option`` → why nothing that was there would do; of what came after that day."""


def options() -> set[str]:
    """``verb --option``, once where several classes have it."""
    found: set[str] = set()
    verb = group = ""
    for line in TABLE.read_text("utf-8").splitlines():
        if line.startswith("## "):
            verb = line[3:]
        elif line.startswith("### "):
            group = line[4:]
        elif (row := re.match(r"\| `(--[\w.]+)`", line)) and group != "trainer":
            found.add(f"{verb} {row[1]}")
    return found


def test_an_option_more_has_a_reason() -> None:
    assert ADDED.keys() <= options(), "a reason for what is no option"
    assert min(map(len, ADDED.values()), default=99) > 20, "is this a reason?"
    counted = Counter(option.rpartition(" ")[0] for option in options() - ADDED.keys())
    assert counted == BEFORE, "name each new option in ADDED; lower BEFORE where one went"
