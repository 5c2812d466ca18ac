"""Texts that a person wrote of others, as targets."""

from __future__ import annotations

import pyarrow as pa
import pytest
from text_parts import keyed

from weitiao.data.audit import Auditor
from weitiao.data.split import Splitter
from weitiao.errors import DataError
from weitiao.targets import OneClass, Reference, Target


def table(rows: list[tuple[str, str | None]]) -> pa.Table:
    texts, labels = zip(*rows, strict=True)
    places = {"file": ["my.csv"] * len(rows), "row": [*range(2, len(rows) + 2)]}
    columns = {"text": texts, "label": pa.array(labels, pa.string()), "original": texts}
    return keyed(pa.table({**columns, **places}))


def test_texts_keep_their_white_space_inside() -> None:
    rows = table([("a", "两  个 \n 词"), ("b", "好")])
    assert Reference().fit({"train": rows}).encode(rows).to_pylist() == ["两  个 \n 词", "好"]
    figures = {"different texts": 2, "median characters": 4, "most characters": 8}
    assert Reference().described(rows) == {"classes": {}, "targets": figures}


def test_a_row_without_a_text_is_refused() -> None:
    rows = table([("a", "好"), ("b", None)])
    with pytest.raises(DataError, match="no label"):
        Reference().check({"train": rows}, rows)


@pytest.mark.parametrize("target", [Reference(), OneClass()], ids=["reference", "class"])
def test_translations_of_one_text_stay_in_one_split(target: Target) -> None:
    rows = table([(f"text {i // 3}", f"译{i % 3}") for i in range(90)])
    kept = Auditor(drop_conflicts=False)
    splits, report = kept.audit({"train": rows}, Splitter(), lambda x: x["row"].to_numpy(), target)
    leaked = report["splits"]["val"]["leaked"] + report["splits"]["test"]["leaked"]
    assert (leaked == 0) == target.several
    assert sum(split.num_rows for split in splits.values()) == 90
    assert "group" not in splits["train"].column_names
