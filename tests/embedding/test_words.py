"""The segmented corpus: what a word is, when it is made anew."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from weitiao.embedding.words import LONGEST, Words
from weitiao.errors import ConfigError, DataError
from weitiao.inputs.text.segment import Segmenter
from weitiao.io.corpora import Corpus


def words_of(folder: Path, *lines: str, method: str = "whitespace", **options) -> Words:
    (folder / "c.txt").write_text("\n".join(lines), "utf-8")
    return Words(Corpus(str(folder / "c.txt")), Segmenter(method), **options)


def test_a_document_is_a_line_of_words_with_a_space_between(tmp_path):
    found = words_of(tmp_path, "我 喜欢  你", "Good\tday").prepared(tmp_path / "cache")
    assert found.path.read_text("utf-8") == "我 喜欢 你\nGood day\n"
    assert (found.documents, found.words) == (2, 5)


def test_case_is_folded_where_asked_for(tmp_path):
    found = words_of(tmp_path, "The ÄRGER", lowercase=True).prepared(tmp_path / "cache")
    assert found.path.read_text("utf-8") == "the ärger\n"


def test_no_word_is_empty_or_too_long_or_holds_white_space_or_a_control_character(
    tmp_path, monkeypatch
):
    cut = ["a b", "", " ", "\u3000", "c\u2028d\x85", "e\x00f\x1cg", "x" * (LONGEST + 1), "\xa0h"]
    monkeypatch.setattr(Segmenter, "segment", lambda self, texts: [cut, [" "], ["i"]])
    found = words_of(tmp_path, "one", "two", "three").prepared(tmp_path / "cache")
    assert found.path.read_text("utf-8") == "a b c d e f g h\ni\n"
    assert (found.documents, found.words) == (2, 9)


def test_words_are_cut_once(tmp_path, monkeypatch):
    words = words_of(tmp_path, "a b")
    first = words.prepared(tmp_path / "cache")
    with monkeypatch.context() as patch:
        patch.setattr(Segmenter, "segment", lambda *_: pytest.fail("cut again"))
        more = replace(words, segment=replace(words.segment, method="rjieba"))
        assert words.prepared(tmp_path / "cache") == first
        with pytest.raises(pytest.fail.Exception):
            more.prepared(tmp_path / "cache")


def test_what_shapes_the_words_shapes_the_key(tmp_path):
    (tmp_path / "stop.txt").write_text("a", "utf-8")
    words = words_of(tmp_path, "a b", method="rjieba")
    stop = replace(words, segment=Segmenter(stop_words=str(tmp_path / "stop.txt")))
    keys = [
        words.cache_key(),
        replace(words, lowercase=True).cache_key(),
        replace(words, segment=Segmenter("char")).cache_key(),
        stop.cache_key(),
    ]
    (tmp_path / "stop.txt").write_text("b", "utf-8")
    keys.append(stop.cache_key())
    keys.append(words_of(tmp_path, "a c", method="rjieba").cache_key())
    assert len(set(keys)) == len(keys)
    same = replace(words, segment=Segmenter(workers=2))
    assert same.cache_key() == keys[-1]


def test_what_the_corpus_counted_is_kept(tmp_path, monkeypatch):
    def documents(self, counts=None):
        counts["repeated"] += 2
        yield "a"

    monkeypatch.setattr(Corpus, "documents", documents)
    found = words_of(tmp_path, "a").prepared(tmp_path / "cache")
    assert found.corpus == {"repeated": 2}
    assert json.loads((found.path.parent / "facts.json").read_text())["words"] == 1


def test_a_corpus_without_a_word_is_refused_and_leaves_nothing(tmp_path):
    (tmp_path / "stop.txt").write_text("的", "utf-8")
    words = words_of(tmp_path, "的 的")
    words = replace(words, segment=Segmenter("whitespace", stop_words=str(tmp_path / "stop.txt")))
    with pytest.raises(DataError, match=r"c\.txt.*no word") as error:
        words.prepared(tmp_path / "cache")
    assert "stop_words" in str(error.value)
    assert [path.suffix for path in (tmp_path / "cache").iterdir()] == [".lock"]


def test_a_cache_that_is_a_file_is_told_by_its_option(tmp_path):
    (tmp_path / "cache").write_text("")
    with pytest.raises(ConfigError, match="cache FOLDER"):
        words_of(tmp_path, "a").prepared(tmp_path / "cache")
