"""What makes pairs of texts doubtful: copies, odd lengths, repeats and leaks on either side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

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
        ``repeated_read`` and ``repeated_written``, rows beyond the first of those with an equal
        side; and, but for train, ``leaked_read`` and ``leaked_written``, rows with a side that
        stands in train.
    """
    sides = {split: _numbers(table) for split, table in tables.items()}
    ratios = {split: _ratios(table) for split, table in tables.items()}
    usual = float(np.median(ratios["train"])) if len(ratios["train"]) else 1.0
    report = {}
    for split, table in tables.items():
        read, written = sides[split]
        away = np.abs(np.log(ratios[split] / usual)) > np.log(ODD)
        odd = np.flatnonzero(away & (_sizes(table).sum(0) > SHORT))
        report[split] = {
            "copies": int((read == written).sum()),
            "odd": len(odd),
            "first_odd": _place(table, int(odd[0])) if len(odd) else None,
            "repeated_read": len(read) - len(np.unique(read)),
            "repeated_written": len(written) - len(np.unique(written)),
        }
        if split != "train":
            known = zip(("read", "written"), sides[split], sides["train"], strict=True)
            report[split] |= {
                f"leaked_{name}": int(np.isin(own, train).sum()) for name, own, train in known
            }
    return report


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


def _numbers(table: pa.Table) -> list[np.ndarray]:
    """A number for each text of either side, equal for those that readers take for equal."""
    columns = (table.select([name]).rename_columns(["text"]) for name in ("text", "label"))
    return [numbers_of(hashed(normalised(column))) for column in columns]


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
