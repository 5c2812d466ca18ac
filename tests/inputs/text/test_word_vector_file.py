"""Files of word vectors: all formats give gensim's vectors; broken ones are told by their place."""

from __future__ import annotations

import bz2
import gzip
from pathlib import Path

import numpy as np
import pytest
from gensim.models import KeyedVectors

from weitiao.errors import DataError
from weitiao.inputs.text import word_vector_file
from weitiao.inputs.text.word_vector_file import VectorFile

WORDS = ["的", "the", "The", "北京", "大学", "U.S.", "2"]
TEXT = b"2 3\nthe 0.1 -2 3e-2\nof 1 2 3\n"


def keyed(words: list[str] = WORDS, width: int = 5) -> KeyedVectors:
    vectors = KeyedVectors(width)
    drawn = np.random.default_rng(0).normal(size=(len(words), width)).astype(np.float32)
    vectors.add_vectors(words, drawn)
    return vectors


def read(path: Path) -> dict[str, np.ndarray]:
    with VectorFile(path) as file:
        return {record.word.decode(): file.vector(record) for record in file}


def written(folder: Path, content: bytes) -> Path:
    path = folder / "vectors.txt"
    path.write_bytes(content)
    return path


def fault(path: Path) -> DataError:
    with pytest.raises(DataError) as error:
        read(path)
    assert error.value.file == path
    return error.value


@pytest.mark.parametrize("options", [{}, {"binary": True}, {"write_header": False}], ids=str)
@pytest.mark.parametrize(("suffix", "pack"), [("", None), (".gz", gzip), (".bz2", bz2)])
def test_what_gensim_writes_is_read_as_gensim_reads_it(options, suffix, pack, tmp_path):
    path = tmp_path / f"vectors{suffix}"
    keyed(width=40).save_word2vec_format(path, **options)  # packs by the suffix
    assert pack is None or pack.decompress(path.read_bytes())
    binary, headless = options.get("binary", False), not options.get("write_header", True)
    theirs = KeyedVectors.load_word2vec_format(path, binary=binary, no_header=headless)
    ours = read(path)
    assert list(ours) == theirs.index_to_key == WORDS
    for word in WORDS:
        assert ours[word].dtype == np.float32
        assert np.array_equal(ours[word], theirs[word])


def test_binary_records_may_end_in_a_line_break_as_word2vec_writes_them(tmp_path):
    vectors = keyed()
    rows = [word.encode() + b" " + vectors[word].tobytes() + b"\n" for word in WORDS]
    ours = read(written(tmp_path, b"7 5\n" + b"".join(rows)))
    assert list(ours) == WORDS
    assert all(np.array_equal(ours[word], vectors[word]) for word in WORDS)


@pytest.mark.parametrize("chunk", [1, 7, 64])
def test_binary_records_may_be_cut_by_what_is_read_at_once(chunk, tmp_path, monkeypatch):
    keyed().save_word2vec_format(tmp_path / "vectors", binary=True)
    whole = read(tmp_path / "vectors")
    monkeypatch.setattr(word_vector_file, "CHUNK", chunk)
    parts = read(tmp_path / "vectors")
    assert list(parts) == WORDS
    assert all(np.array_equal(parts[word], whole[word]) for word in WORDS)


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + TEXT,
        TEXT.replace(b"\n", b" \n"),  # fastText
        TEXT.replace(b"\n", b"\r\n"),
        TEXT + b"\n\n",
        TEXT.removeprefix(b"2 3\n"),
        TEXT.removesuffix(b"\n"),
    ],
)
def test_marks_spaces_and_line_ends_around_the_numbers_mean_nothing(content, tmp_path):
    ours = read(written(tmp_path, content))
    assert ours["the"].tolist() == pytest.approx([0.1, -2, 0.03])
    assert ours["of"].tolist() == [1, 2, 3]


def test_words_may_have_spaces_and_any_bytes(tmp_path):
    content = b"a 1 2\n. . . 3 4\nb\xc2\xa0c 5 6\n\xff\xfe 7 8\n  9 10\n3 11 12\n"
    with VectorFile(written(tmp_path, content)) as file:
        words = [record.word for record in file]
    assert words == [b"a", b". . .", "b\xa0c".encode(), b"\xff\xfe", b" ", b"3"]


@pytest.mark.parametrize(
    ("content", "row", "value"),
    [
        (b"a 1 2\nb 3\n", 2, "b 3"),
        (b"a 1 2\nb 3 4 5\n", 2, "b 3 4 5"),
        (b"2 2\na 1 2\nb\n", 3, "b"),
        (b"a 1 2\n3 4\n", 2, "3 4"),
        (b"a 1 2\nb 3 x\n", 2, "x"),
        (b"a 1 2\nb 3 nan\n", 2, "b"),
        (b"a 1 2\nb 3 1e39\n", 2, "b"),
        (b"a b c\n", 1, "a b c\n"),
        (b"text,label\nvery good,1\n", 1, "text,label\n"),
        (b"0 2\n", 1, "0 2\n"),
        ("北京 1 2".encode("utf-16"), 1, None),
    ],
)
def test_a_broken_line_is_told_with_row_and_value(content, row, value, tmp_path):
    error = fault(written(tmp_path, content))
    assert error.row == row
    assert value in (None, error.value)


def test_an_infinite_number_in_a_binary_file_is_told_with_its_record(tmp_path):
    vectors = keyed()
    vectors.vectors[3, 1] = np.inf
    vectors.save_word2vec_format(tmp_path / "vectors", binary=True)
    error = fault(tmp_path / "vectors")
    assert (error.row, error.value) == (4, "北京")


@pytest.mark.parametrize("binary", [False, True])
def test_a_file_that_was_cut_off_is_refused(binary, tmp_path):
    keyed().save_word2vec_format(tmp_path / "vectors", binary=binary)
    content = (tmp_path / "vectors").read_bytes()
    error = fault(written(tmp_path, content[: content.rindex(b" ") - (0 if binary else 60)]))
    assert "after 6 of 7 words" in error.problem or "should stand here" in error.problem
    shorter = b"3 2\na 1 2\nb 3 4\n"
    assert "ends after 2 of 3 words" in fault(written(tmp_path, shorter)).problem


def test_a_binary_file_with_another_width_than_it_says_is_refused(tmp_path):
    keyed(width=2000).save_word2vec_format(tmp_path / "vectors", binary=True)
    content = (tmp_path / "vectors").read_bytes()
    fault(written(tmp_path, content.replace(b"7 2000\n", b"7 9000\n", 1)))


def test_a_pickle_is_refused_and_the_way_out_is_gensims(tmp_path):
    path = tmp_path / "my.kv"
    keyed().save(str(path))
    error = fault(path)
    assert "pickle" in error.problem
    assert "KeyedVectors.load(FILE).save_word2vec_format" in error.hint
    packed = tmp_path / "my.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert "pickle" in fault(packed).problem


@pytest.mark.parametrize(
    ("begin", "said"),
    [
        (b"PK\x03\x04", "compressed"),
        (b"\x1f\x8b", "compressed"),
        (b"\x93NUMPY", "NumPy"),
        (b"\xba\x16\x4f\x2f", "fastText"),
    ],
)
def test_other_kinds_of_files_are_refused_by_name(begin, said, tmp_path):
    assert said in fault(written(tmp_path, begin + b"\0" * 100)).problem


@pytest.mark.parametrize("between", [b"\t", b"  ", b" \t ", b"\t\t"], ids=repr)
@pytest.mark.parametrize("header", [b"", b"3 3\n", b"3\t3\n"], ids=repr)
def test_numbers_may_be_parted_by_tabs_and_runs_of_spaces(between, header, tmp_path):
    words = ["酒店", "New York", "２\u3000"]
    rows = [between.join([word.encode(), b"0.1", b"-2", b"3e-2"]) for word in words]
    path = written(tmp_path, header + b"\r\n".join(rows) + b"\n")
    found = read(path)
    assert [word.rstrip("\u3000") for word in found] == ["酒店", "New York", "２"]
    assert all(vector.tolist() == pytest.approx([0.1, -2, 0.03]) for vector in found.values())


def test_a_word_and_a_number_parted_otherwise_than_the_numbers_is_read(tmp_path):
    assert [*read(written(tmp_path, b"a\t1 2 3\nb c d\t4 5\t6\n"))] == ["a", "b c d"]


@pytest.mark.parametrize("encoding", ["gb18030", "big5", "utf-8"])
def test_words_of_another_encoding_are_read(encoding, tmp_path):
    words = ["大學生", "今天", "房間", "的", "hotel"]
    lines = "\n".join(f"{word} {number} 2" for number, word in enumerate(words))
    found = read(written(tmp_path, lines.encode(encoding)))
    assert [*found] == words
    assert found["房間"].tolist() == [2, 2]


def test_a_few_words_that_were_cut_are_no_other_encoding(tmp_path):
    lines = [f"{word} 1 2".encode() for word in ("今天", "房间", "酒店")]
    path = written(tmp_path, b"\n".join([*lines, "好".encode()[:2] + b" 1 2"]))
    with VectorFile(path) as file:
        assert [record.word.decode(errors="replace") for record in file][:3] == [
            "今天",
            "房间",
            "酒店",
        ]


def test_words_of_no_known_encoding_are_refused(tmp_path):
    error = fault(written(tmp_path, b"\xff\xfe\x81 1 2\n\x80\xff\x90\xf0 3 4\n"))
    assert "not UTF-8" in str(error)
