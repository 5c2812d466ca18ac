"""brat's two files for each text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from text_parts import roles

from weitiao.errors import DataError
from weitiao.io.tables import Reader

TEXT = "IBM has an office\nin 波恩.\n"
SPANS = "T1\tORG 0 3\tIBM\nT2\tLOC 21 23\t波恩\n"
OTHERS = (
    "R1\tIn Arg1:T1 Arg2:T2\nE1\tX:T1\nA1\tSure T1\n#1\tAnnotatorNotes T1\twhat?\n*\tSame T1 T2\n"
)


def write(folder: Path, name: str, text: str, spans: str | None) -> None:
    (folder / f"{name}.txt").write_bytes(text.encode())
    if spans is not None:
        (folder / f"{name}.ann").write_bytes(spans.encode())


def read(folder: Path, notes: list[str] | None = None, **options: Any) -> pa.Table:
    """What `Reader.read` gives, and `Reader.stream`, which is the same."""
    reader = Reader(cells="spans", format="brat", **options)
    files, told = str(folder / "*.txt"), list[str]()
    table = reader.read(files, folder / "out.arrow", folder / "bad.jsonl", told)
    with reader.inputs({"": files}) as inputs:
        parts = [part.rows for part in reader.stream(inputs[""], 1)]
    assert pa.concat_tables(parts).to_pylist() == table.to_pylist()
    if notes is not None:
        notes += [note.partition(": ")[2] for note in told]
    return table


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_document_is_a_row(tmp_path: Path, end: str) -> None:
    write(tmp_path, "a", TEXT, (OTHERS + SPANS + "\n").replace("\n", end))
    write(tmp_path, "b", "nothing", "")
    write(tmp_path, "c", "some here", "T1\tX_Y 0 4\tsome\nE1\tX:T1\n")
    notes: list[str] = []
    table = read(tmp_path, notes)
    assert table["text"].to_pylist() == [TEXT, "nothing", "some here"]
    assert [json.loads(label) for label in table["label"].to_pylist()] == [
        [[0, 3, "ORG"], [21, 23, "LOC"]],
        [],
        [[0, 4, "X_Y"]],
    ]
    assert table["row"].to_pylist() == [1, 1, 1]
    assert notes == [
        "relations of brat, left out: 2",
        "events of brat, left out: 2",  # of two documents
        "attributes of brat, left out: 1",
        "notes of brat, left out: 1",
    ]


def test_a_span_over_a_line_end_is_written_with_a_space(tmp_path: Path) -> None:
    write(tmp_path, "a", TEXT, "T1\tX 11 20\toffice in\n")
    assert read(tmp_path)["label"].to_pylist() == ['[[11, 20, "X"]]']


FAULTS = {
    "T1\tX 0 3;4 6\tIBM ha": "line 1 has a span of several parts, 'X 0 3;4 6'",
    "T1\tX 0 3\thas": "'has' doesn't stand at 0 to 3 of the text, but 'IBM' does",
    "T1\tX 0 99": r"the span \[0, 99, 'X'\] ends past the text",
    "T1\tX 3 3": "is empty",
    "T1\tX 3 1": "ends before it starts",
    "T1 X 0 3 IBM": "line 1 is no span",
    "\nT1\tX a b\tIBM": "line 2 is no span",
    None: "there is no b.ann beside it",
}


@pytest.mark.parametrize("spans", FAULTS)
def test_a_fault_spoils_one_document(tmp_path: Path, spans: str | None) -> None:
    write(tmp_path, "a", TEXT, SPANS)
    write(tmp_path, "b", TEXT, spans)
    with pytest.raises(DataError, match=FAULTS[spans]) as error:
        read(tmp_path)
    place = str(tmp_path / "b.txt"), 1, "label"
    assert (error.value.file, error.value.row, error.value.column) == place
    assert read(tmp_path, on_bad_row="quarantine").num_rows == 1
    (bad,) = [json.loads(line) for line in (tmp_path / "bad.jsonl").open(encoding="utf-8")]
    assert bad["raw"] == TEXT


def test_to_predict_the_text_is_enough(tmp_path: Path) -> None:
    write(tmp_path, "a", TEXT, None)
    write(tmp_path, "b", TEXT, "rubbish")
    assert read(tmp_path, columns=roles(label=None))["text"].to_pylist() == [TEXT, TEXT]


def test_spans_are_no_text(tmp_path: Path) -> None:
    write(tmp_path, "a", TEXT, SPANS)
    with pytest.raises(DataError, match=r"this holds spans, not a text(?s:.)*a\.txt"):
        Reader(cells="spans", format="brat").read(str(tmp_path / "a.ann"), tmp_path / "out.arrow")


def test_what_is_prepared_depends_on_the_spans(tmp_path: Path) -> None:
    write(tmp_path, "a", TEXT, SPANS)
    reader = Reader(cells="spans", format="brat")
    with reader.inputs({"train": str(tmp_path / "a.txt")}) as inputs:
        (found,) = inputs["train"]
    assert found.files == (tmp_path / "a.txt", tmp_path / "a.ann")
