"""Every form in which cells give spans, in every format that has cells."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from cells_of_spans import LOC, NAMES, PER, TEXT, WRITERS, read, spans, study, write_jsonl
from json_text import as_json
from text_parts import roles

from weitiao.errors import DataError

TOKENS, TAGS = ["叶老桂", "住", "在", "杭", "州"], ["B-PER", "O", "O", "B-LOC", "I-LOC"]
RELATION = {"type": "relation", "from_id": "x", "to_id": "y"}
FORMS: dict[str, tuple[Any, Any]] = {
    "doccano": (TEXT, NAMES[::-1]),
    "the same twice": (TEXT, [*NAMES, NAMES[0]]),
    "doccano, objects": (
        TEXT,
        [
            {"id": 7, "label": "PER", "start_offset": 0, "end_offset": 3},
            {"id": 8, "label": "LOC", "start_offset": 5, "end_offset": 7},
        ],
    ),
    "objects with a type": (
        TEXT,
        [{"start": 0, "end": 3, "type": "PER"}, {"start": 5, "end": 7, "type": "LOC"}],
    ),
    "JSON_MIN": (TEXT, [PER, LOC]),
    "Label Studio": ({"text": TEXT}, study(PER, LOC)),
    "Label Studio, a column of another name": ({"n": 5, "review": TEXT}, study(PER, LOC)),
    "the truth among annotations": (
        {"text": TEXT, "title": "x"},
        study(PER) + study(PER, LOC, ground_truth=True) + study(LOC, was_cancelled=True),
    ),
    "annotations that agree": ({"text": TEXT}, study(PER, LOC) + study(LOC, PER)),
    "CLUENER": (TEXT, {"PER": {"叶老桂": [[0, 2]]}, "LOC": {"杭州": [[5, 6]]}}),
    "CLUENER, exclusive": (TEXT, {"PER": {"叶老桂": [[0, 3]]}, "LOC": {"杭州": [[5, 7]]}}),
    "tokens": (TOKENS, TAGS),
    "characters": (TEXT, ["B-PER", "I-PER", "I-PER", "O", "O", "B-LOC", "I-LOC"]),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", WRITERS)
def test_every_form_is_read_from_every_format(tmp_path: Path, form: str, kind: str) -> None:
    text, label = FORMS[form]
    if isinstance(text, dict) and kind in ("csv", "xlsx"):
        pytest.skip("Label Studio doesn't write such cells")
    if isinstance(label, dict) and kind == "parquet":
        label = as_json(label)
    WRITERS[kind](tmp_path / f"a.{kind}", [(text, label)] * 3)
    table = read(tmp_path / f"a.{kind}")
    assert table["text"].to_pylist() == [TEXT] * 3
    assert table["label"].to_pylist() == ['[[0, 3, "PER"], [5, 7, "LOC"]]'] * 3


EMPTY: dict[str, tuple[Any, Any]] = {
    "an empty list": ("好", []),
    "an empty dictionary": ("好", {}),
    "an empty cell": ("好", ""),
    "white space": ("好", " "),
    "an empty list as text": ("好", "[]"),
    "no result": ({"text": "好"}, study()),
    "tags of O": (["好"], ["O"]),
    "no token": ([], []),
    "an empty text": ("", []),
}


@pytest.mark.parametrize("form", EMPTY)
def test_a_row_may_hold_no_span(tmp_path: Path, form: str) -> None:
    write_jsonl(tmp_path / "a.jsonl", [EMPTY[form]])
    table = read(tmp_path / "a.jsonl")
    assert table["label"].to_pylist() == ["[]"]
    assert table["text"].to_pylist()[0] in ("好", "")


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_an_empty_cell_of_a_table_is_no_span(tmp_path: Path, kind: str) -> None:
    WRITERS[kind](tmp_path / f"a.{kind}", [("好", []), (TEXT, NAMES)])
    assert spans(read(tmp_path / f"a.{kind}")) == [[], NAMES]


@pytest.mark.parametrize(
    ("given", "found"), [((1, 3), [1, 2]), ((3, 4), [2, 3]), ((0, 4), [0, 3]), ((1, 2), [1, 2])]
)
def test_offsets_in_utf_16_are_told_by_the_surface(
    tmp_path: Path, given: tuple[int, int], found: list[int]
) -> None:
    text = "a👍b"
    surface = text[found[0] : found[1]]
    span = {"start": given[0], "end": given[1], "text": surface, "labels": ["T"]}
    write_jsonl(tmp_path / "a.jsonl", [(text, [span])])
    notes: list[str] = []
    assert spans(read(tmp_path / "a.jsonl", notes)) == [[[*found, "T"]]]
    assert any("UTF-16" in note for note in notes) == ([*given] != found)


def test_a_line_break_in_a_surface_may_be_written(tmp_path: Path) -> None:
    span = {"start": 0, "end": 3, "text": r"a\nb", "labels": ["T"]}
    write_jsonl(tmp_path / "a.jsonl", [("a\nb", [span])])
    assert spans(read(tmp_path / "a.jsonl")) == [[[0, 3, "T"]]]


def test_an_object_of_several_labels_is_a_span_of_each(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "a.jsonl", [(TEXT, [PER | {"labels": ["PER", "NAME"]}])])
    assert spans(read(tmp_path / "a.jsonl")) == [[[0, 3, "NAME"], [0, 3, "PER"]]]


def test_overlapping_and_nested_spans_stay(tmp_path: Path) -> None:
    nested = [[0, 3, "PER"], [0, 7, "X"], [1, 3, "GIVEN"], [2, 5, "Y"]]
    write_jsonl(tmp_path / "a.jsonl", [(TEXT, nested)])
    assert spans(read(tmp_path / "a.jsonl")) == [nested]


def test_types_are_tidied_as_labels_are(tmp_path: Path) -> None:
    found = [[0, 3, "PER\u200b"], [0, 3, " PER"], [5, 7, "e\u0301"]]
    write_jsonl(tmp_path / "a.jsonl", [(TEXT, found)])
    notes: list[str] = []
    assert spans(read(tmp_path / "a.jsonl", notes)) == [[[0, 3, "PER"], [5, 7, "é"]]]
    assert any("labels freed of invisible characters" in n and n.endswith(": 2") for n in notes)


def test_what_was_done_is_told(tmp_path: Path) -> None:
    annotations = study(PER) + study(LOC, was_cancelled=True)
    annotations[0]["result"].append(RELATION)
    write_jsonl(
        tmp_path / "a.jsonl",
        [
            ({"text": TEXT}, annotations),
            (TEXT, [NAMES[0], NAMES[0]]),
            (TEXT, {"PER": {"叶老桂": [[0, 3]]}}),
            ("a👍b", [[0, 1, "T"], [2, 3, "T"]]),
            (["a", "b"], ["O", "I-PER"]),
            (["a", "b"], ["B-PER", "I-PER"]),
            (["a", "b"], ["B-PER", "O"]),
        ],
    )
    notes: list[str] = []
    read(tmp_path / "a.jsonl", notes)
    assert [note.partition(": ")[2] for note in notes] == [
        "its tags are read as IOB2",
        "annotations that were cancelled, left out: 1",
        "results that are no spans, left out: 1",
        "spans that came twice in a row, merged: 1",
        "spans with an exclusive end, as their surface shows: 1",
        "spans behind an emoji or a rare hanzi, without their text: code points, not UTF-16?: 1",
        "rows with tags that break IOB2, mended: 1",
        "entities that begin with I- or M-, read as begun: 1",
    ]


def test_class_numbers_of_hugging_face_are_tags(tmp_path: Path) -> None:
    classes = {"names": ["O", "B-PER", "I-PER"], "_type": "ClassLabel"}
    features = {"ner_tags": {"feature": classes, "_type": "Sequence"}}
    table = pa.table(
        {"tokens": [["我", "是", "叶", "老"]] * 2, "ner_tags": [[0, 0, 1, 2], [0, 0, 1, 9]]}
    )
    noted = {"huggingface": json.dumps({"info": {"features": features}})}
    pq.write_table(table.replace_schema_metadata(noted), tmp_path / "a.parquet")
    columns = roles(text="tokens", label="ner_tags")
    found = read(tmp_path / "a.parquet", columns=columns, on_bad_row="quarantine")
    assert found.select(["text", "label"]).to_pylist() == [
        {"text": "我是叶老", "label": '[[2, 4, "PER"]]'}
    ]
    assert "tag 4 is missing" in (tmp_path / "bad.jsonl").read_text("utf-8")
    pq.write_table(table, tmp_path / "b.parquet")
    with pytest.raises(DataError, match="tag 1 is a number, 0, that nothing names"):
        read(tmp_path / "b.parquet", columns=columns)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (TOKENS, TEXT),
        (as_json(TOKENS), TEXT),
        ({"text": TEXT}, TEXT),
        (TEXT, TEXT),
        ("[1, 2]", "[1, 2]"),
        ("[好]", "[好]"),
        ("[]", "[]"),
        ("", ""),
    ],
)
def test_to_predict_only_the_text_is_read(tmp_path: Path, text: Any, found: str) -> None:
    write_jsonl(tmp_path / "a.jsonl", [(text, None)])
    table = read(tmp_path / "a.jsonl", columns=roles(label=None))
    assert table.column_names == ["id", "text", "file", "row"]
    assert table["text"].to_pylist() == [found]
