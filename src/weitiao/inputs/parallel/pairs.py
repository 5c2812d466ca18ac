"""What makes pairs of texts doubtful: copies, odd lengths, other scripts, repeats and leaks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from weitiao.inputs.parallel.scripts import NONE, SCRIPTS, differing, scripts_of, usual
from weitiao.inputs.text.normalisation import normalised
from weitiao.io.arrow import hashed, numbers_of

ODD = 4.0
"""How many times longer or shorter than usual a written side is when it is reported."""
SHORT = 8
"""Characters of both sides together up to which lengths say nothing."""


def pairs_of(tables: Mapping[str, pa.Table]) -> dict[str, Any]:
    """What to report on the pairs of each split.

    Args:
        tables: rows with ``text`` and ``label``; ``train`` among them.

    Returns:
        By split ``copies``, rows whose sides are equal; ``odd``, rows whose written side is longer
        or shorter than usual in train by `ODD`, and ``first_odd``, where the first of them stands;
        ``other_read`` and ``other_written``, rows of which a side is in another script than
        usual in train, ``alike``, those of them whose sides are in one, and ``first_other``;
        ``repeated_read`` and ``repeated_written``, rows beyond the first of those with an equal
        side; and, but for train, ``leaked_read`` and ``leaked_written``, rows with a side that
        stands in train.
    """
    sides = {split: _numbers(table) for split, table in tables.items()}
    ratios = {split: _ratios(table) for split, table in tables.items()}
    middle = float(np.median(ratios["train"])) if len(ratios["train"]) else 1.0
    scripts = {split: _scripts(table) for split, table in tables.items()}
    expected = [*map(usual, scripts["train"])]
    report = {}
    for split, table in tables.items():
        read, written = sides[split]
        away = np.abs(np.log(ratios[split] / middle)) > np.log(ODD)
        odd = np.flatnonzero(away & (_sizes(table).sum(0) > SHORT))
        report[split] = {
            "copies": int((read == written).sum()),
            "odd": len(odd),
            "first_odd": _place(table, int(odd[0])) if len(odd) else None,
            **_of_scripts(scripts[split], expected, table),
            "repeated_read": len(read) - len(np.unique(read)),
            "repeated_written": len(written) - len(np.unique(written)),
        }
        if split != "train":
            known = zip(("read", "written"), sides[split], sides["train"], strict=True)
            report[split] |= {
                f"leaked_{name}": int(np.isin(own, train).sum()) for name, own, train in known
            }
    report["train"]["scripts"] = [None if one == NONE else SCRIPTS[one] for one in expected]
    return report


def _of_scripts(
    scripts: list[np.ndarray], expected: Sequence[int], table: pa.Table
) -> dict[str, Any]:
    """What to report on the scripts of both sides."""
    read, written = (differing(*each) for each in zip(scripts, expected, strict=True))
    either = read | written
    alike = either & (scripts[0] == scripts[1])
    first = np.flatnonzero(either)
    return {
        "other_read": int(read.sum()),
        "other_written": int(written.sum()),
        "alike": int(alike.sum()),
        "first_other": _place(table, int(first[0])) if len(first) else None,
    }


def told_of_pairs(report: Mapping[str, Any]) -> Iterator[str]:
    """Lines on what `pairs_of` found."""
    for split, each in report.items():
        if each["copies"]:
            yield f"! {split}: {each['copies']:,} rows are copies: both sides are equal"
        if each["odd"]:
            yield (
                f"! {split}: in {each['odd']:,} rows the written side is {ODD:g} times longer or"
                f" shorter than usual, the first is {each['first_odd']}"
            )
        if each["first_other"] is not None:
            yield _told_of_scripts(split, each, report["train"]["scripts"])
        repeated = each["repeated_read"], each["repeated_written"]
        if any(repeated):
            yield (
                f"{split}: {repeated[0]:,} texts come again, and {repeated[1]:,} of what is to be"
                " written"
            )
        leaked = each.get("leaked_read", 0), each.get("leaked_written", 0)
        if any(leaked):
            yield (
                f"! {split}: {leaked[0]:,} texts stand in train as well, and {leaked[1]:,} of what"
                " is to be written: scores of such rows say little"
            )


def _told_of_scripts(split: str, each: Mapping[str, Any], expected: Sequence[str | None]) -> str:
    sides = zip(("read", "written"), ("texts", "of what is to be written"), expected, strict=True)
    counts = [
        f"{each[f'other_{side}']:,} {what} (usually {script})"
        for side, what, script in sides
        if each[f"other_{side}"]
    ]
    alike = f"; in {each['alike']:,} of these rows both sides share one" if each["alike"] else ""
    return (
        f"! {split}: in another script than usual in train: {', '.join(counts)}{alike}; the first"
        f" is {each['first_other']}: are they in the right language?"
    )


def _numbers(table: pa.Table) -> list[np.ndarray]:
    """A number for each text of either side, equal for those that readers take for equal."""
    columns = (table.select([name]).rename_columns(["text"]) for name in ("text", "label"))
    return [numbers_of(hashed(normalised(column))) for column in columns]


def _scripts(table: pa.Table) -> list[np.ndarray]:
    return [scripts_of(table, name) for name in ("text", "label")]


def _sizes(table: pa.Table) -> np.ndarray:
    """Characters of both sides, ``(2, N)``."""
    return np.stack([pc.utf8_length(table[name]).to_numpy() for name in ("text", "label")])


def _ratios(table: pa.Table) -> np.ndarray:
    """How much longer the written side is, ``(N,)``."""
    read, written = np.maximum(_sizes(table), 1)
    found: np.ndarray = written / read
    return found


def _place(table: pa.Table, row: int) -> str:
    return f"{table['file'][row].as_py()}, row {table['row'][row].as_py()}"
