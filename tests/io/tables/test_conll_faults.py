"""CoNLL at fault: what is told, and that it spoils no more than its own sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conll_files import ENGLISH, PLAIN, pairs, read, write
from text_parts import roles

from weitiao.errors import ConfigError, DataError
from weitiao.io.tables import Reader


def test_a_file_without_tags_is_told(tmp_path: Path) -> None:
    path = write(tmp_path, "EU NNP\nrejects VBZ\n")
    with pytest.raises(DataError, match=r"no column looks like tags(?s:.)*label NUMBER") as error:
        read(path)
    assert error.value.value == "EU NNP"
    assert read(path, columns=roles(label=None))["text"].to_pylist() == ["EU rejects"]


FAULTS = {
    "a B-X O\n": "line 4 has 3 cells, not 2",
    "a\n": "line 4 has 1 cells, not 2",
    "b O\na\n": "line 5 has 1 cells, not 2",
    "a X-Y\n": "tag 1, 'X-Y', has no known prefix",
    "# text = a b\na O\nc O\n": "token 2, 'c', should follow in the text: 'b'",
    "# text = a b\na O\n": "the text goes on behind the last token: 'b'",
    "a O\n\u0301b B-X\n": None,
}


@pytest.mark.parametrize("lines", FAULTS)
def test_a_fault_spoils_one_sentence(tmp_path: Path, lines: str) -> None:
    path = write(tmp_path, f"x O\ny B-Z\n\n{lines}\nx B-Z\n")
    if FAULTS[lines] is None:
        assert read(path).num_rows == 3
        return
    with pytest.raises(DataError, match=FAULTS[lines]) as error:
        read(path)
    assert error.value.row == 4 + lines.startswith("#")
    table = read(path, on_bad_row="quarantine")
    assert pairs(table) == [["x y", [[2, 3, "Z"]]], ["x", [[0, 1, "Z"]]]]
    (bad,) = [json.loads(line) for line in (tmp_path / "bad.jsonl").open(encoding="utf-8")]
    assert bad["raw"] == "\n".join(ln for ln in lines.splitlines() if ln[0] != "#")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("# only a comment\n", "the file holds no row"),
        ("\n\n", "the file holds no row"),
        ("1\ta\tO\nx\tb\tO\n\n1\ta\tB-X\n2\tb\tI-X\n", None),
    ],
)
def test_files_that_hold_little(tmp_path: Path, text: str, told: str | None) -> None:
    path = write(tmp_path, text)
    if told:
        with pytest.raises(DataError, match=told):
            read(path)
    else:  # the first column isn't all numbers, so it holds the tokens
        assert pairs(read(path))[1][0] == "1 2"


def test_empty_tokens_are_bad(tmp_path: Path) -> None:
    path = write(tmp_path, "a\tO\n\tO\n\nb\tB-X\n")
    with pytest.raises(DataError, match="line 2 has no token"):
        read(path)


def test_other_targets_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, PLAIN)
    with pytest.raises(DataError, match="gives spans of a text, not a label"):
        Reader().read(str(path), tmp_path / "out.arrow")
    table = Reader(roles(label=None)).read(str(path), tmp_path / "out.arrow")
    assert table["text"].to_pylist() == [text for text, _ in ENGLISH]
    with pytest.raises(ConfigError, match="has no effect on conll"):
        read(path, header=False)


def test_broken_tags_are_told_or_refused(tmp_path: Path) -> None:
    path = write(tmp_path, f"{PLAIN}\nBonn I-LOC\n")
    notes: list[str] = []
    assert pairs(read(path, notes))[-1] == ["Bonn", [[0, 4, "LOC"]]]
    assert "entities that begin with I- or M-, read as begun: 1" in notes
    with pytest.raises(DataError, match="'I-LOC', breaks the rules of IOB2") as error:
        read(path, broken_tags="bad")
    assert error.value.row == 9
    assert read(path, broken_tags="bad", on_bad_row="quarantine").num_rows == 2
