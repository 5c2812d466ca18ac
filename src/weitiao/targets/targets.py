"""What a task makes of the label column: labels, targets, strata."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from weitiao.card import Task
from weitiao.errors import ConfigError, DataError
from weitiao.io.tables.spelling import is_placeholder, tidy
from weitiao.targets.labels import all_numbers, join_labels, natural_order, split_labels

_LARGEST = 1e18  # squared it still is a 32-bit float, as the model and its scores have them
_BINS = 10  # of a regression's targets, by quantiles, so that splits hold alike scores


def canonical(table: pa.Table, task: Task, separator: str = "auto") -> pa.Table:
    """The table with labels in one spelling: sets in natural order, numbers in their shortest form.

    Args:
        table: rows as they were read.
        task: what the labels are.
        separator: what stands between the labels of a cell; "auto" = a bar.

    Raises:
        DataError: a cell is no set of labels, or no finite number.
    """
    if "label" not in table.column_names or task in ("classification", "ordinal"):
        return table
    spell = partial(_spell_set, separator) if task == "multilabel" else _spell_number
    labels = []
    for place, cell in enumerate(table["label"].to_pylist()):
        try:
            labels.append(spell(cell))
        except ValueError as error:
            hint = (
                "write a|b, or a JSON list of texts"
                if task == "multilabel"
                else "a regression needs a number in each row"
            )
            if is_placeholder(cell):
                hint = "--data.placeholders bad --data.on_bad_row quarantine sets such rows aside"
            raise _fault(str(error), table, place, hint) from error
    return table.set_column(table.column_names.index("label"), "label", pa.array(labels))


def _spell_set(separator: str, cell: str) -> str:
    try:
        return join_labels(split_labels(cell, separator))
    except ValueError as error:
        raise ValueError(f"this is no set of labels: {error}") from error


def _spell_number(cell: str) -> str:
    try:
        value = float(cell)
    except ValueError:
        raise ValueError("this is not a number") from None
    if not math.isfinite(value):
        raise ValueError("this is no finite number")
    if abs(value) > _LARGEST:
        raise ValueError(f"this number is beyond ±{_LARGEST:g}")
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def occurrences(table: pa.Table, task: Task) -> tuple[pa.Array, np.ndarray]:
    """Each label of each row, ``(M,)``, and the row it belongs to, ``(M,)``."""
    column = table["label"].combine_chunks()
    if task != "multilabel":
        return column, np.arange(len(column))
    sets = [split_labels(cell) for cell in column.to_pylist()]
    flat = pa.array([label for labels in sets for label in labels], pa.string())
    return flat, np.repeat(np.arange(len(sets)), [len(labels) for labels in sets])


def check_labels(tables: Mapping[str, pa.Table], before: pa.Table, task: Task) -> None:
    """Refuse labels that no model can learn or be measured on.

    Args:
        tables: the given splits, train after its audit.
        before: train before its audit.
        task: the kind of target.

    Raises:
        DataError: a row has no label, a label of another split is not in train, or train has
            nothing to tell apart.
    """
    for table in tables.values():
        if "label" in table.column_names and table["label"].null_count:
            raise _fault("no label", table, pc.index(pc.is_null(table["label"]), True).as_py())
    if "label" not in before.column_names:
        return
    if task != "regression":
        _check_known(tables, before, task)
    _check_told_apart(tables["train"], task)


def _check_told_apart(train: pa.Table, task: Task) -> None:
    labels = pc.unique(train["label"])
    seen = pc.unique(pc.cast(labels, pa.float32())) if task == "regression" else labels
    if len(seen) > 1:
        return
    alike = len(labels) > 1
    raise DataError(
        "all rows of train have the same label, there is nothing to learn"
        if not alike
        else f"in 32 bits all {len(labels):,} numbers of train are the same",
        file=train["file"][0].as_py(),
        column="label",
        value=labels[0].as_py(),
        hint="shift or scale them" if alike else None,
    )


def _check_known(tables: Mapping[str, pa.Table], before: pa.Table, task: Task) -> None:
    known = pc.unique(occurrences(tables["train"], task)[0])
    for name, table in tables.items():
        if "label" not in table.column_names:
            continue
        labels, rows = occurrences(table, task)
        unknown = np.flatnonzero(~pc.is_in(labels, value_set=known).to_numpy(False))
        if len(unknown):
            value = labels[unknown[0]].as_py()
            lost = value in pc.unique(occurrences(before, task)[0]).to_pylist()
            hint = (
                "the audit took all its rows out of train; see the options drop_conflicts and"
                " drop_leaks"
                if lost
                else f"the labels of train are {', '.join(natural_order(known.to_pylist())[:20])}"
            )
            problem = f"train has no row with this label of {name}"
            raise _fault(problem, table, int(rows[unknown[0]]), hint, value)


def find_labels(
    tables: Mapping[str, pa.Table], task: Task, given: Sequence[str] | None
) -> list[str]:
    """Names of the classes in the order of the probabilities; none for a regression.

    Raises:
        ConfigError: labels are given to a regression, or an ordinal scale has no order.
    """
    if task == "regression":
        if given:
            raise ConfigError("data.labels has no effect on a regression")
        return []
    if given:
        return [tidy(label) for label in given]
    found = [
        occurrences(table, task)[0] for table in tables.values() if "label" in table.column_names
    ]
    labels = natural_order(pc.unique(pa.concat_arrays(found)).to_pylist())
    if task == "ordinal" and not all_numbers(labels):
        raise ConfigError(
            f"an ordinal scale of words has no order of its own: {', '.join(labels[:10])}"
            "\n  → --data.labels '[lowest, …, highest]'"
        )
    return labels


def target_column(table: pa.Table, labels: Sequence[str], task: Task) -> pa.ChunkedArray:
    """The targets of the rows.

    Returns:
        int64, the index in ``labels``; for many labels a fixed-size list of uint8, 1 where the
        label is given; for a regression float32.

    Raises:
        DataError: a label that is not among them, with file and row.
    """
    if task == "regression":
        return pc.cast(table["label"], pa.float32())
    found, rows = occurrences(table, task)
    index = pc.index_in(found, value_set=pa.array(labels, pa.string()))
    if index.null_count:
        place = pc.index(pc.is_null(index), True).as_py()
        raise _fault(
            f"a label that is not among {', '.join(labels[:10])}",
            table,
            int(rows[place]),
            "the training split, or data.labels, must name every class",
            found[place].as_py(),
        )
    if task != "multilabel":
        return pa.chunked_array([index.cast(pa.int64())])
    hot = np.zeros((table.num_rows, len(labels)), np.uint8)
    hot[rows, index.to_numpy()] = 1
    return pa.chunked_array([pa.FixedSizeListArray.from_arrays(hot.reshape(-1), len(labels))])


def target_array(column: pa.ChunkedArray) -> np.ndarray:
    """What `target_column` gave as an array, ``(N,)`` or ``(N, C)``, without copying one chunk."""
    array = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    if pa.types.is_fixed_size_list(column.type):
        return array.flatten().to_numpy().reshape(len(column), column.type.list_size)
    return array.to_numpy()


def strata(table: pa.Table, task: Task) -> np.ndarray | None:
    """Numbers of the groups that splits hold in proportion, ``(N,)``; null = those of the labels.

    Rows of many labels go by the rarest one they have (Sechidis et al. 2011 start from it, too),
    rows of a regression by the tenth of the targets they lie in.
    """
    if "label" not in table.column_names or task in ("classification", "ordinal"):
        return None
    if task == "regression":
        targets = target_column(table, (), task).to_numpy()
        edges = np.unique(np.quantile(targets, np.arange(1, _BINS) / _BINS))
        return np.searchsorted(edges, targets, side="right")
    labels, rows = occurrences(table, task)
    codes = labels.dictionary_encode().indices.to_numpy()
    counts = np.bincount(codes, minlength=1)
    rarest = np.zeros(table.num_rows, np.int64)  # 0 for no label at all
    order = np.lexsort((codes, counts[codes]))[::-1]  # the last to be written is the rarest
    rarest[rows[order]] = codes[order] + 1
    return np.unique(rarest, return_inverse=True)[1]


def _fault(
    problem: str, table: pa.Table, place: int, hint: str | None = None, value: object = None
) -> DataError:
    row = table.slice(place, 1).to_pylist()[0]
    shown = row["label"] if value is None else value
    place_of = {"file": row["file"], "row": row["row"], "column": "label"}
    return DataError(problem, **place_of, value=shown, hint=hint)
