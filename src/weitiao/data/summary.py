"""A summary of the final splits: counts, lengths, leaks and warnings, for files and people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from weitiao.data.fingerprints import BESIDE, KEY, group_codes, text_codes
from weitiao.targets import OneClass, Target
from weitiao.targets.label_doubts import slips

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_FEW_OF_A_CLASS, _FEW_ROWS, _IMBALANCE = 10, 100, 10  # beyond these a warning is given
_CLASSES_SHOWN = 15  # the whole list stands in audit.json


def summarise(
    splits: Mapping[str, pa.Table],
    report: Mapping[str, Any],
    sizes: Callable[[pa.Table], np.ndarray],
    target: Target = OneClass(),
) -> tuple[dict[str, pa.Table], dict[str, Any]]:
    """Describe the splits that will be used, and mark the rows whose score proves nothing.

    Args:
        splits: the final ``train`` and whichever of ``val`` and ``test`` there are.
        sizes: ``(N,)`` of the rows of a table.

    Returns:
        the splits without ``key``; all but train have a boolean column ``leaked``: the text stands
        in *this* train. Where the audit dropped leaks, train has given way, and no row is leaked
        any more. And the report with ``splits`` (rows, classes, length in characters, leaked) and
        ``warnings`` added.
    """
    codes, groups = text_codes(splits), group_codes(splits)
    marked, described = {}, {}
    for name, table in splits.items():
        described[name] = {
            "rows": table.num_rows,
            **(target.described(table) if "label" in table.column_names else {"classes": {}}),
            "length": _lengths(sizes(table)),
        }
        marked[name] = table.drop_columns([n for n in (KEY, BESIDE) if n in table.column_names])
        if name != "train":
            leaked = np.isin(codes[name], codes["train"])
            described[name]["leaked"] = int(leaked.sum())
            marked[name] = marked[name].append_column("leaked", pa.array(leaked))
            described[name] |= _shared_groups(groups, name)
    full = {**report, "splits": described}
    labels = sum((Counter(split["classes"]) for split in described.values()), Counter())
    named = sum((_count(table, "group") for table in splits.values()), Counter())
    told = [
        f"{name}: {line}" for name, each in described.items() for line in each.pop("warnings", [])
    ]
    doubts = [*told, *target.doubts(labels), *slips("group", named, "a group of its own")]
    return marked, {**full, "warnings": [*_warnings(full, target), *doubts]}


def render(report: Mapping[str, Any], console: Console) -> None:
    """Print a full report on one screen: what was found, what was removed, what is used."""
    console.print(_split_table(report))
    console.print(_removals(report))
    if report["splits"]["train"]["classes"]:
        console.print(_class_table(report))
    for warning in report["warnings"]:
        console.print(f"! {warning}", style="yellow", markup=False)


def _count(table: pa.Table, column: str) -> Counter[str]:
    """Rows per value of a column, none without it."""
    if column not in table.column_names:
        return Counter()
    found = table[column].value_counts().to_pylist()
    return Counter({row["values"]: row["counts"] for row in found})


def _shared_groups(groups: Mapping[str, np.ndarray], name: str) -> dict[str, Any]:
    """How many groups of a split stand in each other one, and with how many of its rows."""
    if not groups:
        return {}
    shared = {
        other: groups[name][np.isin(groups[name], groups[other])]
        for other in groups
        if other != name
    }
    return {
        "groups": len(np.unique(groups[name])),
        "shared_groups": {
            other: {"groups": len(np.unique(rows)), "rows": len(rows)}
            for other, rows in shared.items()
        },
    }


def _group_warnings(splits: Mapping[str, Any]) -> Iterator[str]:
    for name, other in (("val", "train"), ("test", "train"), ("val", "test")):
        split = splits.get(name, {})
        shared = split.get("shared_groups", {}).get(other, {"groups": 0})
        if shared["groups"]:
            way_out = "\n  → {--drop_shared_groups} true takes them out of train"
            yield (
                f"{shared['groups']:,} of {split['groups']:,} groups of {name} stand in {other} as"
                f" well, with {shared['rows']:,} of its {split['rows']:,} rows"
                f"{way_out if other == 'train' else ''}"
            )


def _lengths(lengths: np.ndarray) -> dict[str, int]:
    """The smallest, middle and largest size of a row."""
    points = np.quantile(lengths, [0, 0.5, 0.95, 1], method="higher")
    return dict(zip(("min", "median", "p95", "max"), map(int, points), strict=True))


def _warnings(report: Mapping[str, Any], target: Target) -> Iterator[str]:
    train = report["splits"]["train"]
    if train["rows"] < _FEW_ROWS:
        yield f"train has {train['rows']} rows only: expect scores that move from seed to seed"
    counts = train["classes"]
    rare = [f"{label} ({count})" for label, count in counts.items() if count < _FEW_OF_A_CLASS]
    if rare:
        yield f"fewer than {_FEW_OF_A_CLASS} rows in train: {', '.join(rare[-10:])}"
    if counts and max(counts.values()) > _IMBALANCE * min(counts.values()):
        times = max(counts.values()) / min(counts.values())
        yield f"the largest class of train is {times:.0f} times the smallest: read macro F1 first"
    for name, split in report["splits"].items():
        if split.get("leaked"):
            yield f"{split['leaked']} of {split['rows']} rows of {name} stand in train as well"
    yield from _group_warnings(report["splits"])
    conflicts, found = report["found"]["train"]["conflicts"], report["found"]["train"]["rows"]
    if conflicts["rows"] > found / 2:
        yield (
            f"{conflicts['rows']:,} of {found:,} rows of train hold a text with another label, too:"
            f" {target.conflict}"
        )
    in_test = report["found"].get("val", {}).get("stands_in", {}).get("test", 0)
    if in_test:
        yield f"{in_test} rows of the given val stand in the given test: choosing by val sees test"


def _removals(report: Mapping[str, Any]) -> str:
    acts = ", ".join(f"{act} {count:,}" for act, count in report["removed"].items())
    off = [act for act, on in report["acts"].items() if not on]
    return f"removed from train: {acts}" + (f"; off: {', '.join(off)}" if off else "")


def _split_table(report: Mapping[str, Any]) -> Table:
    from rich.table import Table

    table = Table(title="audit", title_justify="left")
    table.add_column("")
    for name in report["splits"]:
        table.add_column(name, justify="right")
    columns = [_split_cells(report, name) for name in report["splits"]]
    for title in dict.fromkeys(title for column in columns for title in column):
        cells = (column.get(title, 0) for column in columns)  # what a split lacks is counted there
        table.add_row(title, *(f"{cell:,}" if isinstance(cell, int) else cell for cell in cells))
    return table


def _split_cells(report: Mapping[str, Any], name: str) -> dict[str, int | str]:
    split, found = report["splits"][name], report["found"].get(name)
    groups = any("shared_groups" in each for each in report["splits"].values())
    in_train = split.get("shared_groups", {}).get("train", {})
    removed = sum(report["removed"].values()) if name == "train" else 0
    return {
        "rows found": found["rows"] if found else "from train",
        "duplicates": found["duplicates"] if found else "–",
        "under two labels": found["conflicts"]["rows"] if found else "–",
        "stand in train": found["stands_in"].get("train", "–") if found else "–",
        "removed": removed if found else "–",
        "rows used": split["rows"],
        "leaked": split.get("leaked", "–"),
        **({"of groups in train": in_train.get("rows", "–")} if groups else {}),
        f"{report.get('counted_in', 'characters')}: median": split["length"]["median"],
        "95 %": split["length"]["p95"],
        "longest": split["length"]["max"],
        **{f"target: {name}": _figure(value) for name, value in split.get("targets", {}).items()},
    }


def _figure(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"


def _class_table(report: Mapping[str, Any]) -> Table:
    from rich.table import Table
    from rich.text import Text

    splits = report["splits"]
    title = splits["train"].get("counted", "rows per class")
    table = Table(title=title, title_justify="left", caption_justify="left")
    table.add_column("label")
    for name in splits:
        table.add_column(name, justify="right")
    labels = list(splits["train"]["classes"])
    for label in labels[:_CLASSES_SHOWN]:
        counts = (f"{split['classes'].get(label, 0):,}" for split in splits.values())
        table.add_row(Text(label), *counts)
    if len(labels) > _CLASSES_SHOWN:
        table.caption = f"and {len(labels) - _CLASSES_SHOWN} more"
    return table
