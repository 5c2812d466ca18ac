"""JSON documents: encodings, blocks, bad members, faults in the syntax."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from table_files import quarantined
from table_formats import ROWS, check, read

from weitiao.errors import DataError


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("wrap", [False, True])
def test_a_json_document_is_read_in_every_encoding(
    tmp_path: Path, encoding: str, indent: int | None, wrap: bool
) -> None:
    document = {"version": "1", "n": 4, "the data": ROWS, "end": None} if wrap else ROWS
    text = json.dumps(document, ensure_ascii=False, indent=indent)
    (tmp_path / "a.json").write_bytes(f" \n{text}\n ".encode(encoding))
    check(read(tmp_path / "a.json"))


@pytest.mark.parametrize("block", [1, 7, 64])
def test_json_passes_from_block_to_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr("weitiao.io.tables.document.BLOCK", block)
    rows = [
        {"text": "长" * (i % 40), "label": 10**i, "x": [{"[": "]}"}, 1.5e3, None]}
        for i in range(60)
    ]
    (tmp_path / "a.json").write_text(json.dumps(rows, indent=1), "utf-8")
    table = read(tmp_path / "a.json")
    assert table["text"].to_pylist() == [row["text"] for row in rows]
    assert table["label"].to_pylist() == [str(row["label"]) for row in rows]
    assert table["row"].to_pylist() == list(range(1, 61))


def test_a_bad_member_of_json_is_set_aside_as_it_stands(tmp_path: Path) -> None:
    good = '{"text": "好", "label": 1}'
    bad = ['{"text":"坏"}', "[ 1 ]", r'{"text": "\ud83d", "label": 1}', '{"text": 1, "label": NaN}']
    text = "[" + ",\n".join([good, *bad, good]) + "]"
    (tmp_path / "a.json").write_bytes(text.encode() + b"")
    with pytest.raises(DataError) as error:
        read(tmp_path / "a.json")
    assert (error.value.row, error.value.column) == (2, "label")
    table = read(tmp_path / "a.json", on_bad_row="quarantine")
    assert table["row"].to_pylist() == [1, 6]
    found = [(row["row"], row["column"], row["raw"]) for row in quarantined(tmp_path)]
    columns = ["label", None, "text", "label"]
    assert found == [(i + 2, columns[i], raw) for i, raw in enumerate(bad)]


def test_undecodable_bytes_spoil_one_row_of_json(tmp_path: Path) -> None:
    text = '[{"text": "好", "label": 1}, {"text": "坏", "label": 1}, {"text": "行", "label": 0}]'
    data = text.encode().replace("坏".encode(), "坏".encode("gbk"))
    (tmp_path / "a.json").write_bytes(data)
    table = read(tmp_path / "a.json", on_bad_row="quarantine", encoding="utf-8")
    assert table["text"].to_pylist() == ["好", "行"]
    assert quarantined(tmp_path)[0]["raw"] == r'{"text": "\xbb\xb5", "label": 1}'


@pytest.mark.parametrize(
    ("text", "row", "message"),
    [
        ('[{"text": "a", "label": 1}, {"text": "b"', 2, "cut off|Expecting"),
        ('[{"text": "a", "label": 1},', 2, "Expecting value|cut off"),
        ('[{"text": "a", "label": 1}', 1, "cut off"),
        ('[{"text": "a", "label": 1} {"text": "b"}]', 1, r"','.* should stand here"),
        ('[{"text": "a" "label": 1}]', 1, "not JSON"),
        ('[{"text": "a", "label": 1}] []', 1, "follows the end"),
        ("[" + "[" * 99999, 1, "nested"),
        ('{"text": "a", "label": 1}\n{"text": "b", "label": 0}', None, "format jsonl"),
        ('{"text": ["a"], "label": 1}', None, "format jsonl"),
        ('{"data": [{"text": "a", "label": 1}], "more": [1]}', 1, "another list or object"),
        ('{"context": "a", "qas": [{"question": "b"}]}', None, "they would lose theirs"),
        ('{"text": {"0": "a"}, "label": {"0": 1}}', None, 'needed is a list, .{"text": …'),
        ('{"data": [{"title": "a", "paragraphs": [{"context": "b"}]}]}', None, "SQuAD"),
        (
            '[{"text": "a", "rows": [{"label": 1}]}]',
            None,
            "'rows' is a list of objects with 'label'",
        ),
        ('{"data": [{"text": "a", "label": 1}]', 1, "cut off"),
        ('"text"', None, r"'\[' should stand here"),
        ("[]", None, "holds no row"),
    ],
)
@pytest.mark.parametrize("mode", ["raise", "quarantine"])
def test_a_fault_in_the_syntax_of_json_is_told(
    tmp_path: Path, text: str, row: int | None, message: str, mode: str
) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(DataError, match=message) as error:
        read(tmp_path / "a.json", on_bad_row=mode)
    assert error.value.row == row
    assert "a.json" in str(error.value)
