"""Which words stand nearest to a word: the quickest look at what vectors have learned."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

NEAREST = 10
COMPARED = 100_000  # most frequent words that a spelling is compared with: a matter of a second


def neighbours_table(vectors: Any, words: Sequence[str]) -> Table:
    """For each word how often it is seen, and its nearest ones with the cosine.

    A word without a vector is told with the nearest spelling; fastText makes it a vector of its
    n-grams, and that is told, too.

    Args:
        vectors: gensim's ``KeyedVectors``, those of fastText or not.
        words: the words, in any number.
    """
    table = Table("word", "seen", "nearest by cosine", title="nearest neighbours")
    for word in words:
        known = word in vectors.key_to_index
        seen = f"{vectors.get_vecattr(word, 'count'):,}" if known else "–"
        table.add_row(Text(word), seen, Text(_told(vectors, word, known)))
    return table


def _told(vectors: Any, word: str, known: bool) -> str:
    try:
        nearest = vectors.most_similar(word, topn=NEAREST)
    except KeyError:
        near = difflib.get_close_matches(word, vectors.index_to_key[:COMPARED], n=1)
        instead = f"did you mean {near[0]}? " if near else ""
        return f"no vector; {instead}fasttext makes vectors of words that it hasn't seen"
    told = "  ".join(f"{other} {cosine:.2f}" for other, cosine in nearest)
    return told if known else f"(not in the vocabulary: made of its n-grams) {told}"
