"""Vectors of a vocabulary: which word of the file an id gets, and what is told of it."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from prepared_rows import train as train
from text_parts import preparation

from weitiao.errors import ConfigError, DataError
from weitiao.inputs.text.segment import Segmenter
from weitiao.inputs.text.special_tokens import SPECIALS
from weitiao.inputs.text.tokenization import Encoder
from weitiao.inputs.text.word_vectors import read_vectors

VOCABULARY = "the cat sat on mat US"


def encoder(lowercase: bool = False):
    words = Segmenter("whitespace")
    return Encoder("words", min_count=1, lowercase=lowercase).fit([VOCABULARY], words)


def picked(folder: Path, content: str, lowercase: bool = False):
    (folder / "vectors.txt").write_text(content, "utf-8")
    fitted = encoder(lowercase)
    vectors = read_vectors(str(folder / "vectors.txt"), fitted, lowercase)
    return vectors, fitted.backend.token_to_id


def test_each_word_gets_its_own_vector_and_only_those_are_kept(tmp_path):
    vectors, id_of = picked(tmp_path, "mat 1 2\ndog 3 4\nthe 5 6\n")
    assert vectors.matrix.shape == (len(SPECIALS) + 6, 2)
    assert vectors.matrix.dtype == np.float32
    assert vectors.matrix[id_of("mat")].tolist() == [1, 2]
    assert vectors.matrix[id_of("the")].tolist() == [5, 6]
    assert np.flatnonzero(vectors.found).tolist() == sorted([id_of("the"), id_of("mat")])


def test_the_first_of_repeated_words_counts(tmp_path):
    vectors, id_of = picked(tmp_path, "mat 1 2\nmat 3 4\n")
    assert vectors.matrix[id_of("mat")].tolist() == [1, 2]


def test_numbers_of_other_words_are_not_read(tmp_path):
    vectors, _ = picked(tmp_path, "mat 1 2\ndog x y\n")
    assert vectors.found.sum() == 1


@pytest.mark.parametrize("exact", ["", "the 5 6\n"])
def test_case_is_folded_if_the_vocabularys_is_and_the_exact_word_is_missing(exact, tmp_path):
    vectors, id_of = picked(tmp_path, f"mat 0 0\nThe 1 2\nTHE 3 4\n{exact}The 7 8\n", True)
    assert vectors.matrix[id_of("the")].tolist() == ([5, 6] if exact else [1, 2])


def test_case_is_kept_if_the_vocabularys_is(tmp_path):
    vectors, id_of = picked(tmp_path, "The 1 2\nus 3 4\nUS 5 6\n")
    assert not vectors.found[id_of("the")]
    assert vectors.matrix[id_of("US")].tolist() == [5, 6]


def test_case_beyond_ascii_is_folded(tmp_path):
    fitted = Encoder("words", min_count=1).fit(["ärger"], Segmenter("whitespace"))
    (tmp_path / "v").write_text("ÄRGER 1 2\n", "utf-8")
    assert read_vectors(str(tmp_path / "v"), fitted, True).found.sum() == 1


def test_ids_without_a_vector_are_drawn_as_wide_as_the_others_and_padding_is_zero(tmp_path):
    words = [f"w{i}" for i in range(400)]
    fitted = Encoder("words", min_count=1).fit([" ".join(words)], Segmenter("whitespace"))
    drawn = np.random.default_rng(1).normal(0, 3, (200, 50))
    lines = [f"{w} {' '.join(map(str, v))}" for w, v in zip(words[:200], drawn, strict=True)]
    (tmp_path / "v").write_text("\n".join(lines), "utf-8")
    first, second = (read_vectors(str(tmp_path / "v"), fitted, True) for _ in range(2))
    assert np.array_equal(first.matrix, second.matrix)
    assert not first.matrix[fitted.pad_id].any()
    missing = ~first.found
    missing[fitted.pad_id] = False
    assert missing.sum() == 200 + len(SPECIALS) - 1
    assert first.matrix[missing].std() == pytest.approx(3, rel=0.05)
    assert len(np.unique(first.matrix[missing], axis=0)) == missing.sum()


def test_special_units_take_nothing_from_the_file(tmp_path):
    vectors, id_of = picked(tmp_path, "mat 1 2\n[PAD] 3 4\n[UNK] 5 6\n")
    assert vectors.matrix[id_of("[PAD]")].tolist() == [0, 0]
    assert not vectors.found[id_of("[UNK]")]


def test_characters_get_vectors_too(tmp_path):
    fitted = Encoder("characters", min_count=1).fit(["好的"], Segmenter())
    (tmp_path / "v").write_text("好 1 2\n好的 3 4\n", "utf-8")
    vectors = read_vectors(str(tmp_path / "v"), fitted, True)
    assert vectors.matrix[fitted.backend.token_to_id("好")].tolist() == [1, 2]


def test_shares_count_words_of_the_vocabulary_and_running_ones(tmp_path):
    vectors, _ = picked(tmp_path, "the 1 2\ncat 3 4\n")
    splits = {"train": encoder().encode(["the cat sat", "the"]), "val": encoder().encode(["the x"])}
    report = vectors.report(splits)
    assert report["vocabulary_share"] == pytest.approx(2 / 6)
    assert report["text_share"] == {"train": pytest.approx(3 / 4), "val": pytest.approx(1 / 2)}
    assert report["width"] == 2


def test_no_word_in_common_is_refused(tmp_path):
    with pytest.raises(DataError, match="no word of the vocabulary") as error:
        picked(tmp_path, "dog 1 2\nbird 3 4\n")
    assert "the" in error.value.hint


@pytest.mark.parametrize(
    "content",
    [gzip.compress(b"the 1 2\n" * 99)[:-9], b"\x1f\x8b" + b"x" * 50],
    ids=["cut short", "no archive"],  # the bytes hold the time: two workers would differ
)
def test_a_damaged_archive_is_refused(content, tmp_path):
    (tmp_path / "v.gz").write_bytes(content)
    with pytest.raises(DataError, match=r"v\.gz"):
        read_vectors(str(tmp_path / "v.gz"), encoder(), True)


@pytest.mark.parametrize("tokenizer", ["wordpiece", "some/name"])
def test_vectors_are_refused_where_units_are_no_words(tokenizer):
    with pytest.raises(ConfigError, match=r"^vectors are of characters or words"):
        Encoder(tokenizer, vectors="v.txt")


# -- in the prepared folder ------------------------------------------------------------------------


def prepared_with(train: str, folder: Path, content: str, cache: str = "cache"):
    (folder / "v.txt").write_text(content, "utf-8")
    encode = Encoder(vectors=str(folder / "v.txt"), min_count=1)
    return preparation(encode=encode)({"train": train}, folder / cache)


def test_the_card_names_the_vectors_in_the_prepared_folder(train, tmp_path):
    prepared = prepared_with(train, tmp_path, "天 1 2\n地 3 4\n")
    assert prepared.card.input.vectors == str(prepared.folder / "vectors.npy")
    matrix = np.load(prepared.card.input.vectors)
    assert matrix.shape == (prepared.card.input.vocab_size, prepared.card.input.vector_width)
    assert [1, 2] in matrix.tolist()
    again = preparation(encode=Encoder(vectors=str(tmp_path / "v.txt"), min_count=1))
    assert again({"train": train}, tmp_path / "cache") == prepared


def test_what_is_written_of_the_card_names_no_file(train, tmp_path):
    plain = prepared_with(train, tmp_path, "天 1 2\n").card.plain()["input"]
    assert plain["vectors"] is None
    assert plain["vector_width"] == 2


def test_other_vectors_give_another_key_and_another_fingerprint(train, tmp_path):
    first = prepared_with(train, tmp_path, "天 1 2\n")
    second = prepared_with(train, tmp_path, "天 1 3\n")
    without = preparation(encode=Encoder(min_count=1))({"train": train}, tmp_path / "cache")
    assert len({p.folder for p in (first, second, without)}) == 3
    assert len({p.card.fingerprint for p in (first, second, without)}) == 3
    assert without.card.input.vectors is None
    moved = prepared_with(train, tmp_path, "天 1 2\n", "elsewhere")
    assert moved.card.fingerprint == first.card.fingerprint


def test_the_report_tells_the_shares(train, tmp_path):
    report = prepared_with(train, tmp_path, "天 1 2\n").audit["vectors"]
    assert 0 < report["text_share"]["train"] < 1
    assert report["text_share"].keys() == {"train", "val", "test"}


def test_a_missing_file_is_told(train, tmp_path):
    encode = Encoder(vectors=str(tmp_path / "v.txt"))
    with pytest.raises(DataError, match="no such file"):
        preparation(encode=encode)({"train": train}, tmp_path / "cache")
