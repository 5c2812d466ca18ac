"""Vectors of a small corpus: what they learn, that they come again, how they are kept."""

from __future__ import annotations

import re
import sys

import numpy as np
import pytest
from planted import PAIRS, write_corpus

from weitiao.embedding.neighbours import neighbours_table
from weitiao.embedding.store import write_vectors
from weitiao.embedding.training import Training
from weitiao.embedding.words import Words
from weitiao.errors import ConfigError, MissingExtra
from weitiao.inputs.text.segment import Segmenter
from weitiao.inputs.text.word_vector_file import VectorFile
from weitiao.io.corpora import Corpus

METHODS = ("skipgram", "cbow", "fasttext")
SMALL = {"size": 16, "window": 2, "epochs": 30, "min_count": 2}


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("planted")
    corpus = Corpus(str(write_corpus(folder / "c.txt")), deduplicate=False)
    return Words(corpus, Segmenter("whitespace")).prepared(folder / "cache")


def trained(words, method: str, **options):
    buckets = {"buckets": 1000} if method == "fasttext" else {}
    return Training(method, **SMALL | buckets | options).train(words)


@pytest.fixture(scope="module")
def vectors(words):
    return {method: trained(words, method) for method in METHODS}


@pytest.mark.parametrize("method", METHODS)
def test_planted_synonyms_are_each_others_nearest(method, vectors):
    for one, other in PAIRS:
        assert vectors[method].most_similar(one, topn=1)[0][0] == other
        assert vectors[method].most_similar(other, topn=1)[0][0] == one


@pytest.mark.parametrize("method", METHODS)
def test_the_same_seed_gives_the_same_bytes_and_another_one_others(method, words, tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        found = trained(words, method, epochs=2, seed=seed)
        write_vectors(tmp_path / f"{name}.vec.gz", found.index_to_key, found.vectors)
    a, b, c = ((tmp_path / f"{name}.vec.gz").read_bytes() for name in "abc")
    assert a == b != c


@pytest.mark.parametrize("name", ["v.vec", "v.txt", "v.vec.gz", "v.bin", "v.bin.gz"])
def test_a_file_is_read_back_to_the_bit_here_and_by_gensim(name, vectors, tmp_path):
    from gensim.models import KeyedVectors

    ours = vectors["fasttext"]
    write_vectors(tmp_path / name, ours.index_to_key, ours.vectors)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    with VectorFile(tmp_path / name) as file:
        read = {record.word.decode(): file.vector(record) for record in file}
        assert file.binary == (".bin" in name)
    assert list(read) == ours.index_to_key
    assert np.array_equal(np.stack([*read.values()]), ours.vectors)
    theirs = KeyedVectors.load_word2vec_format(tmp_path / name, binary=".bin" in name)
    assert theirs.index_to_key == ours.index_to_key
    assert np.array_equal(theirs.vectors, ours.vectors)


def test_a_fault_while_writing_leaves_the_file_as_it_was(tmp_path):
    (tmp_path / "v.vec").write_text("before")
    with pytest.raises(ValueError, match="argument"):
        write_vectors(tmp_path / "v.vec", ["a"], np.ones((2, 3), np.float32))
    assert [path.read_text() for path in tmp_path.iterdir()] == ["before"]


def shown(vectors, *words: str) -> list[list[str]]:
    table = neighbours_table(vectors, words)
    return list(
        zip(*([str(cell) for cell in column.cells] for column in table.columns), strict=True)
    )


def test_neighbours_stand_with_their_cosine_and_their_word_with_its_count(vectors):
    ((word, seen, nearest),) = shown(vectors["skipgram"], "好")
    assert (word, int(seen)) == ("好", vectors["skipgram"].get_vecattr("好", "count"))
    assert nearest.startswith(f"不错 {vectors['skipgram'].similarity('好', '不错'):.2f}  ")
    assert len(nearest.split("  ")) == 10


def test_a_word_without_a_vector_is_told_with_the_nearest_spelling(vectors):
    (greet,), (nothing,) = shown(vectors["cbow"], "greet"), shown(vectors["cbow"], "@@@@")
    assert greet[1] == "–"
    assert greet[2] == "no vector; did you mean great?; --method fasttext can make one"
    assert nothing[2] == "no vector; --method fasttext can make one"


def test_fasttext_makes_a_vector_of_a_new_word_and_says_so(vectors):
    ((_, _, told),) = shown(vectors["fasttext"], "greatly")
    assert re.match(r"\(no vector; made of its n-grams, \d+ of 26 known\) great ", told)


@pytest.mark.parametrize("word", ["x", "@@@@"], ids=["too short", "other characters"])
def test_fasttext_makes_no_vector_of_ngrams_that_it_has_not_seen(word, words):
    found = trained(words, "fasttext", epochs=1, min_n=4, size=1, buckets=2**24)
    assert shown(found, word)[0][2] == "no vector"


def test_nothing_seen_often_enough_is_told(words):
    with pytest.raises(ConfigError, match=r"no word of 6,000 is seen 99999 times.*\n.*min_count 1"):
        trained(words, "cbow", min_count=99999)


def test_too_little_memory_is_told_with_what_takes_it(words, monkeypatch):
    from gensim.models import Word2Vec

    def full(*_: object, **__: object) -> None:
        raise MemoryError("Unable to allocate 9 TiB")

    monkeypatch.setattr(Word2Vec, "build_vocab", full)
    with pytest.raises(ConfigError, match=r"Unable to allocate 9 TiB\n.*lower size"):
        trained(words, "cbow")


def test_gensim_is_asked_for_where_it_is_missing(words, monkeypatch):
    monkeypatch.setitem(sys.modules, "gensim.models", None)
    with pytest.raises(MissingExtra, match=r"weitiao\[vectors\]"):
        trained(words, "cbow")


@pytest.mark.parametrize("name", ["size", "window", "min_count", "epochs", "workers", "buckets"])
def test_a_value_out_of_bounds_names_its_option(name):
    with pytest.raises(ConfigError, match=rf"^{name} must be at least 1, got 0"):
        Training("fasttext", **{name: 0})


@pytest.mark.parametrize("name", ["size", "window", "max_n", "buckets"])
def test_a_value_that_gensim_cannot_hold_names_its_option(name):
    with pytest.raises(ConfigError, match=rf"^{name} must be at most 1000000000, got 3000000000"):
        Training("fasttext", **{name: 3_000_000_000})


@pytest.mark.parametrize("method", METHODS)
def test_the_farthest_window_is_that_of_any_text(method, words):
    found = trained(words, method, epochs=1, window=10**9)
    assert np.isfinite(found.vectors).all()


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_that_gensim_cannot_take_is_refused(seed):
    with pytest.raises(ConfigError, match="seed is from 0 to"):
        Training(seed=seed)


@pytest.mark.parametrize("name", ["min_n", "max_n", "buckets"])
def test_options_of_fasttext_are_refused_elsewhere(name):
    with pytest.raises(ConfigError, match=f"{name} has no effect on cbow"):
        Training("cbow", **{name: 4})


def test_no_ngram_can_be_shorter_than_the_shortest():
    with pytest.raises(ConfigError, match="max_n = 3 is below min_n = 4"):
        Training("fasttext", min_n=4, max_n=3)
