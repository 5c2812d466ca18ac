"""Spans as targets: counted, encoded, written, drawn in proportion."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest

from weitiao.errors import ConfigError, DataError
from weitiao.targets import Spans
from weitiao.targets.spans import SpanTarget

ROWS = [
    [(0, 2, "PER"), (3, 5, "LOC")],
    [],
    [(0, 2, "LOC")],
    [(0, 4, "ORG"), (1, 2, "LOC")],  # one in another
]


def table(rows: list[list[tuple[int, int, str]]] = ROWS) -> pa.Table:
    return pa.table(
        {
            "text": ["一二三四五六"] * len(rows),
            "label": [json.dumps(spans) for spans in rows],
            "file": pa.array(["my.conll"] * len(rows)).dictionary_encode(),
            "row": list(range(1, len(rows) + 1)),
        }
    )


def test_types_are_found_and_counted_in_train() -> None:
    tables = {"train": table(ROWS[:3]), "val": table(ROWS[3:])}
    assert Spans().fit(tables) == SpanTarget(["LOC", "ORG", "PER"], [2, 0, 1])
    own_order = Spans(labels=["PER", "ORG", "LOC"])
    assert own_order.fit(tables) == SpanTarget(["PER", "ORG", "LOC"], [1, 0, 2])


def test_spans_are_encoded_and_written_as_they_were() -> None:
    target = Spans().fit({"train": table()})
    encoded = target.encode(table()).to_pylist()
    assert encoded[0] == [0, 2, 2, 3, 5, 0]
    assert encoded[1] == []
    rows = [[tuple(flat[i : i + 3]) for i in range(0, len(flat), 3)] for flat in encoded]
    assert [json.loads(cell) for cell in target.written(rows)] == [
        [list(span) for span in row] for row in ROWS
    ]


def test_a_type_that_options_do_not_name_is_refused_with_its_row() -> None:
    with pytest.raises(DataError, match="not among PER") as raised:
        SpanTarget(["PER"], [1]).encode(table())
    assert (raised.value.file, raised.value.row, raised.value.value) == ("my.conll", 1, "LOC")


def test_a_type_named_twice_is_refused() -> None:
    with pytest.raises(ConfigError, match="twice"):
        Spans(labels=["PER", "PER "])


def test_train_without_a_span_is_refused() -> None:
    train = table([[], []])
    with pytest.raises(DataError, match="none of the 2 rows of train has a span"):
        Spans().check({"train": train}, train)


def test_rows_are_drawn_by_their_rarest_type() -> None:
    strata = Spans().strata(table([*ROWS, [(0, 1, "LOC")]]))
    assert strata is not None
    assert strata[1] == 0
    assert strata[2] == strata[4]
    assert len({*strata.tolist()}) == 4


def test_spans_in_others_are_told() -> None:
    described = Spans().described(table())
    assert described["classes"] == {"LOC": 3, "ORG": 1, "PER": 1}
    (warning,) = described["warnings"]
    assert warning.startswith("1 spans begin inside another one (first: my.conll, row 4)")
    assert Spans().described(table(ROWS[:3]))["warnings"] == []
