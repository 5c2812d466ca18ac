"""The nearest words of a word: the quickest look at what vectors have learned."""

import difflib
from collections.abc import Sequence
from typing import Any

import numpy as np
from rich.table import Column, Table
from rich.text import Text

from weitiao.config.field_paths import with_options

NEAREST = 10
COMPARED = 100_000  # most frequent words that a spelling is compared with: a matter of a second


def neighbours_table(vectors: Any, words: Sequence[str]) -> Table:
    """For each word how often it is seen, and its nearest ones with the cosine.

    A word without a vector is reported with the nearest spelling; if fastText can make one of its
    n-grams, so is the number of them that it knows.

    Args:
        vectors: gensim's ``KeyedVectors``, those of fastText or not.
    """
    nearest = Column("nearest by cosine", overflow="fold")
    table = Table("word", "seen", nearest, title="nearest neighbours")
    for word in words:
        known = word in vectors.key_to_index
        seen = f"{vectors.get_vecattr(word, 'count'):,}" if known else "–"
        table.add_row(Text(word), seen, Text(_described(vectors, word, known)))
    return table


def _described(vectors: Any, word: str, known: bool) -> str:
    seen, ngrams = (0, 0) if known else _ngrams_seen(vectors, word)
    if not known and not seen:
        near = difflib.get_close_matches(word, vectors.index_to_key[:COMPARED], n=1)
        instead = f"; did you mean {near[0]}?" if near else ""
        made = (
            ""
            if hasattr(vectors, "buckets_word")
            else with_options("; {--method} fasttext can make one")
        )
        return f"no vector{instead}{made}"
    nearest = vectors.most_similar(word, topn=NEAREST)
    shown = "  ".join(f"{other} {cosine:.2f}" for other, cosine in nearest)
    return shown if known else f"(no vector; made of its n-grams, {seen} of {ngrams} known) {shown}"


def _ngrams_seen(vectors: Any, word: str) -> tuple[int, int]:
    """How many n-grams of a new word are those of known ones, and how many it has.

    gensim takes the others as well, whose vectors are as they were drawn.
    """
    if not hasattr(vectors, "buckets_word"):
        return 0, 0
    from gensim.models.fasttext import ft_ngram_hashes

    trained = set(np.concatenate(vectors.buckets_word).tolist())
    hashes = ft_ngram_hashes(word, vectors.min_n, vectors.max_n, vectors.bucket)
    return sum(hash_ in trained for hash_ in hashes), len(hashes)
