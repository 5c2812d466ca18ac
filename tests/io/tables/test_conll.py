"""CoNLL in the shapes in which people have it."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path

import pytest
from conll_files import ENGLISH, PLAIN, pairs, read, write
from hypothesis import given, settings
from hypothesis import strategies as st
from text_parts import roles

from weitiao.errors import DataError
from weitiao.io.spans.characters import joined
from weitiao.io.tables import Reader

SHARED = Path(__file__).parents[3].parent / "shared" / "data"

FILES = {
    "spaces": PLAIN,
    "tabs": PLAIN.replace(" ", "\t"),
    "several spaces": PLAIN.replace(" ", "  "),
    "white space at ends": PLAIN.replace("\n", " \n"),
    "blank lines": f"\n\n{PLAIN}\n \n\t\n".replace("\n\n", "\n\n\n"),
    "the windows way": PLAIN.replace("\n", "\r\n"),
    "no line end": PLAIN.rstrip(),
    "a byte order mark": f"\ufeff{PLAIN}",
    "documents": f"-DOCSTART- -X- O O\n\n{PLAIN}\n-DOCSTART- -X- O O\n\n",
    "documents without blank lines": PLAIN.replace("\n\n", "\n-DOCSTART- O\n"),
    "comments": f"# a note of three words\n{PLAIN}".replace("\n\n", "\n\n# sent_id = 2\n"),
    "CoNLL-2003": (
        "EU NNP B-NP B-ORG\nrejects VBZ B-VP O\nGerman JJ B-NP B-MISC\ncall NN I-NP O\n. . O O\n\n"
        "Peter NNP B-NP B-PER\n"
    ),
    "numbers": (
        "1\tEU\tB-ORG\t-\n2\trejects\tO\t-\n3\tGerman\tB-MISC\t-\n4\tcall\tO\t-\n5\t.\tO\t-\n\n"
        "1\tPeter\tB-PER\t-\n"
    ),
    "types alone": PLAIN.replace("B-", ""),
    "BIOES": PLAIN.replace("B-", "S-"),
}


@pytest.mark.parametrize("name", FILES)
def test_columns_are_found_whatever_stands_around_them(tmp_path: Path, name: str) -> None:
    assert pairs(read(write(tmp_path, FILES[name]))) == ENGLISH


def test_rows_are_the_lines_where_sentences_start(tmp_path: Path) -> None:
    notes: list[str] = []
    table = read(write(tmp_path, FILES["comments"]), notes)
    assert table["row"].to_pylist() == [2, 9]
    assert notes == [
        "tokens are read from column 0, tags from column 1 (counted from 0)",
        "its tags are read as IOB2",
        "lines of comments, left out: 1",
    ]


def test_columns_can_be_named(tmp_path: Path) -> None:
    path = write(tmp_path, "B-X O EU B-ORG\nO O rejects O\n")
    assert pairs(read(path, columns=roles(text="2"))) == [["EU rejects", [[0, 2, "ORG"]]]]
    found = read(path, columns=roles(text="2", label="0"))
    assert pairs(found) == [["EU rejects", [[0, 2, "X"]]]]
    with pytest.raises(DataError, match="no such column; the columns are '0', '1', '2', '3'"):
        read(path, columns=roles(label="tag"))
    with pytest.raises(DataError, match="no such column"):
        read(path, columns=roles(label="4"))
    with pytest.raises(DataError, match="no comment above this sentence says 'sent_id'"):
        read(path, columns=roles(id="sent_id"))


@pytest.mark.parametrize("mark", [" ", "\t"])
def test_a_token_may_begin_with_the_mark_of_comments(tmp_path: Path, mark: str) -> None:
    lines = ["# O", "#tag B-X", "# comment", "# another comment", "#a=b O", "# O"]
    path = write(tmp_path, "\n".join(line.replace(" ", mark, 1) for line in ["a O", *lines]))
    notes: list[str] = []
    assert pairs(read(path, notes)) == [["a # #tag #a=b #", [[4, 8, "X"]]]]
    assert notes[-1] == "lines of comments, left out: 2"


def test_a_text_that_the_file_gives_is_taken(tmp_path: Path) -> None:
    text = (
        "# newdoc id = 1\n# sent_id = 1\n# text = Don't go to  Bonn, 好 吗?\n"
        "1-2\tDon't\t_\n1\tDo\tO\n2\tn't\tO\n3\tgo\tO\n4\tto\tO\n4.1\tx\t_\n5\tBonn\tB-LOC\n"
        "6\t,\tO\n7\t好\tO\n8\t吗\tO\n9\t?\tO\n"
    )
    notes: list[str] = []
    table = read(write(tmp_path, text), notes)
    assert pairs(table) == [["Don't go to  Bonn, 好 吗?", [[13, 17, "LOC"]]]]
    assert table["row"].to_pylist() == [4]
    assert notes[-1].endswith("left out (ids 1-2 and 1.1): 2")


def test_to_predict_a_text_that_the_file_gives_is_enough(tmp_path: Path) -> None:
    path = write(tmp_path, "# text = a b c\na O\nx\n\n# text = d\nd B-X\n\ne B-X\n")
    assert read(path, columns=roles(label=None))["text"].to_pylist() == ["a b c", "d", "e"]
    with pytest.raises(DataError, match="line 3 has 1 cells"):
        read(path)


def test_a_token_of_white_space_that_is_no_separator_is_one(tmp_path: Path) -> None:
    path = write(tmp_path, "我\tO\n \tO\n　\tO\n去\tB-X\n")
    assert pairs(read(path)) == [["我 　去", [[3, 4, "X"]]]]


def test_sentences_pass_from_block_to_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("weitiao.io.tables.textual.BLOCK", 7)
    path = write(tmp_path, PLAIN * 1 + "\n" + PLAIN)
    assert pairs(read(path)) == ENGLISH * 2
    monkeypatch.setattr("weitiao.io.tables.conll._MOST", 4)
    with pytest.raises(DataError, match="no blank line ends this sentence"):
        read(path)


@pytest.mark.parametrize("suffix", ["conll", "iob", "iob2", "bio", "bmes", "BIO"])
def test_suffixes_tell_the_format(tmp_path: Path, suffix: str) -> None:
    assert pairs(read(write(tmp_path, PLAIN, f"a.{suffix}"))) == ENGLISH
    (tmp_path / f"b.{suffix}.gz").write_bytes(gzip.compress(PLAIN.encode("utf-16")))
    assert pairs(read(tmp_path / f"b.{suffix}.gz")) == ENGLISH


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1 O\n", "1"),
        ("1 O\n2 O\n3 B-X\n", "1 2 3"),
        ("1984 NN O\n1985 NN B-X\n", "1984 1985"),
        ("0 a O\n1 b B-X\n", "a b"),
        ("1 a O\n2 b B-X\n\n1 c O\n", "a b"),
    ],
)
def test_numbers_may_be_tokens(tmp_path: Path, text: str, found: str) -> None:
    assert read(write(tmp_path, text))["text"].to_pylist()[0] == found


WORDS = st.text(st.sampled_from("#我a1O-。“X\u0301"), min_size=1, max_size=3)
TAGS = st.sampled_from(["O", "B-X", "I-X", "B-Y", "I-Y"])
SENTENCES = st.lists(st.lists(st.tuples(WORDS, TAGS), min_size=1), min_size=1)


@given(SENTENCES, st.sampled_from(["\t", " "]))
@settings(max_examples=50)
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, sentences: list[list[tuple[str, str]]], mark: str
) -> None:
    blocks = ["".join(f"{token}{mark}{tag}\n" for token, tag in rows) for rows in sentences]
    path = write(tmp_path_factory.mktemp("conll"), "x" + mark + "B-X\n\n" + "\n".join(blocks))
    found = read(path, on_bad_row="quarantine")
    texts = found["text"].to_pylist()
    bad = path.parent / "bad.jsonl"
    aside = [json.loads(line)["reason"] for line in bad.open(encoding="utf-8")]
    assert all("inside a character" in reason for reason in aside)
    assert len(texts) + len(aside) == 1 + len(sentences)
    if not aside:
        assert texts[1:] == [joined([token for token, _ in rows])[0] for rows in sentences]


REAL = {  # sentences, and spans of each type, as the tags B- of the file count them
    "wnut17/wnut17train.conll": (3394, {"person": 660, "location": 548, "group": 264}),
    "wnut17/emerging.dev.conll": (1009, {"person": 470, "product": 114, "creative-work": 105}),
    "wnut17/emerging.test.annotated": (1287, {"person": 429, "group": 165, "location": 150}),
    "uner_zh/zh_gsdsimp-ud-train.iob2": (3997, {"LOC": 2858, "PER": 2148, "ORG": 1112}),
    "uner_zh/zh_gsdsimp-ud-dev.iob2": (500, {"LOC": 375, "PER": 245, "ORG": 133}),
    "uner_zh/zh_gsdsimp-ud-test.iob2": (500, {"LOC": 429, "PER": 205, "ORG": 129}),
}


@pytest.mark.parametrize("name", REAL)
def test_real_files_are_read_whole(tmp_path: Path, name: str) -> None:
    if not (SHARED / name).is_file():
        pytest.skip("public data are not here")
    notes: list[str] = []
    out = tmp_path / "out.arrow"
    reader = Reader(cells="spans", format="conll", broken_tags="bad")
    table = reader.read(str(SHARED / name), out, notes=notes)
    rows, counts = REAL[name]
    found = Counter(kind for _, spans in pairs(table) for *_, kind in spans)
    assert table.num_rows == rows
    assert dict(found.most_common(3)) == counts
    assert notes[1].endswith("its tags are read as IOB2")
    assert len(notes) == 2


WITH_IDS = (
    "# newdoc id = d1\n# sent_id = s1\n# text = EU rejects\n1\tEU\tB-ORG\n2\trejects\tO\n\n"
    "# sent_id = s2\n1\tPeter\tB-PER\n\n# newdoc id = d2\n# sent_id = s3\n1\tParis\tB-LOC\n"
)
COLUMNS = {"text": "text", "label": "label", "id": "sent_id", "group": "newdoc id"}


def test_ids_and_groups_stand_in_comments(tmp_path: Path) -> None:
    notes: list[str] = []
    table = read(write(tmp_path, WITH_IDS), notes, columns=COLUMNS)
    assert table["id"].to_pylist() == ["s1", "s2", "s3"]
    assert table["group"].to_pylist() == ["d1", "d1", "d2"]
    assert table["text"].to_pylist() == ["EU rejects", "Peter", "Paris"]
    assert not any("comments" in note for note in notes)


def test_a_sentence_without_its_id_is_told(tmp_path: Path) -> None:
    path = write(tmp_path, WITH_IDS.replace("# sent_id = s2\n", ""))
    with pytest.raises(DataError, match="no comment above this sentence says 'sent_id'") as caught:
        read(path, columns=COLUMNS)
    assert caught.value.row == 7
