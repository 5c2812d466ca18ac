"""Hard negatives of pairs, in a made-up index whose cosines are known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from weitiao.errors import ConfigError
from weitiao.retrieval.index import Index, write_index
from weitiao.retrieval.mining import Miner, Mining, RightTexts, labelled

COSINES = {
    "答": 0.9,
    "另答": 0.99,
    " 答！": 0.9,  # not the right text: a mark more
    "ＡＢ": 0.87,
    "近": 0.85,
    "错": 0.8,
    "误": 0.6,
    "远": 0.1,
}
QUERY = np.array([[1.0, 0.0]], np.float32)


def at(cosine: float) -> list[float]:
    """The vector that has this cosine with the query."""
    return [cosine, (1 - cosine**2) ** 0.5]


@pytest.fixture
def index(tmp_path: Path) -> Index:
    """Each text once, but for 错, which stands there twice, once with a space."""
    texts = [*COSINES, " 错"]
    vectors = np.array([*map(at, COSINES.values()), at(0.79)])
    count = len(texts)
    columns: dict[str, Any] = {"id": [*map(str, range(count))], "text": texts}
    table = pa.table(columns | {"file": ["a.csv"] * count, "row": [*range(count)]})
    write_index([(table, vectors.astype(np.float32))], "model", 2, tmp_path / "index")
    return Index(tmp_path / "index")


def mined(index: Index, top: int = 9, right: tuple[str, ...] = (), **options: Any) -> Any:
    """What is found for the query, whose right text is 答, and what was counted."""
    pairs = [(["问", "別"], ["答", "远"]), (["问"] * len(right), right)]
    miner = Miner(index, Mining(**options), top, RightTexts(pairs))
    vectors = QUERY, np.array([at(0.9)], np.float32)
    (row,) = miner.rows(["问"], ["答"], vectors)
    assert (row["query"], row["pos"]) == ("问", ["答"])
    return row["neg"], miner


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, ["近", "错", "误", "远"]),  # up to 0.855
        ({"share": 0.9}, ["错", "误", "远"]),
        ({"share": 1.0}, ["ＡＢ", "近", "错", "误", "远"]),
        ({"share": 1.0, "margin": 0.04}, ["近", "错", "误", "远"]),
        ({"margin": 0.2}, ["误", "远"]),
        ({"count": 2}, ["近", "错"]),
        ({"top": 4}, []),
    ],
)
def test_those_below_the_bound_are_taken_the_nearest_first(
    options: dict[str, Any], expected: list[str], index: Index
) -> None:
    assert mined(index, right=("另答", "答！"), **options)[0] == expected


def test_right_texts_of_other_rows_are_none_however_they_are_written(index: Index) -> None:
    found, miner = mined(index, right=("另答", "ab", "错"), share=1.0)
    assert found == ["近", "误", "远"]  # 远 is right for another query
    assert miner.counts["right"] == 5  # 答, 另答, ＡＢ and 错 twice
    found, _ = mined(index, right=("近",), share=1.0)
    assert "近" not in found


def test_what_is_left_out_is_told(index: Index) -> None:
    _, miner = mined(index, right=("另答", "答！"))
    told = [*miner.report_lines()]
    assert told[0] == "negatives of 1 rows: 4"
    assert "right texts 3" in told[1]
    assert "almost, 1" in told[1]
    assert len(told) == 2
    _, miner = mined(index, top=1)
    assert "1 rows have no negative" in [*miner.report_lines()][-1]


def test_pairs_for_a_reranker_have_labels() -> None:
    rows = labelled(
        [
            {"query": "问", "pos": ["答"], "neg": ["错", "误"]},
            {"query": "甲", "pos": ["乙"], "neg": []},
        ]
    )
    assert [(row["query"], row["text"], row["label"]) for row in rows] == [
        ("问", "答", "1"),
        ("问", "错", "0"),
        ("问", "误", "0"),
        ("甲", "乙", "1"),
    ]


def test_a_right_text_that_is_far_bounds_likewise() -> None:
    below = Mining(share=0.5).highest(np.array([-0.2, 0.0, 0.2]))
    assert below == pytest.approx([-0.3, 0.0, 0.1])


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"share": 0.0}, "share"),
        ({"share": 1.1}, "share"),
        ({"margin": -0.1}, "margin"),
        ({"margin": 2.5}, "margin"),
        ({"margin": float("nan")}, "margin"),
        ({"count": 0}, "count"),
    ],
)
def test_what_is_no_bound_is_refused(options: dict[str, Any], field: str) -> None:
    with pytest.raises(ConfigError) as refused:
        Mining(**options)
    assert refused.value.field == field
