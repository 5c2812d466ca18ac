"""Baselines of retrieval: BM25 and TF-IDF of characters or words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import torch

from weitiao.errors import MissingExtra
from weitiao.io.tables.positive_cells import NEGATIVES
from weitiao.io.text_lists import flat_texts
from weitiao.objectives.baselines import Measured, Score
from weitiao.objectives.vectors.ranking import Search

Texts = Sequence[str]
Ranked = Callable[[Any], Any]
"""Numbers of queries → their scores of all documents, ``(b, D)``."""


@dataclass(frozen=True)
class RetrievalModels:
    """BM25 of characters (Robertson & Zaragoza 2009), of words, and TF-IDF.

    Args:
        by_class: whether all texts of a class belong together.
    """

    by_class: bool = False

    def measure(
        self, tables: Mapping[str, pa.Table], targets: Mapping[str, Any], score: Score
    ) -> Measured:
        """As `Baselines.measure`, of which each says the scores ``(N, K)`` of the rows' queries.

        They learn nothing: words are weighed by how rare they are among the texts to be found.
        """
        search = Search.of(torch.tensor(targets["test"]), by_class=self.by_class)
        relevance = search.relevance
        queries = tables["test"]["text"].take(pa.array(relevance.queries.numpy())).to_pylist()
        documents = _documents(tables["test"], relevance.documents.numpy())
        ways = {
            "baseline": bm25(queries, documents, characters),
            "words": bm25(queries, documents, words),
            "similarity": tfidf(queries, documents),
        }
        found = {n: search.scores(way)[relevance.of_row].numpy() for n, way in ways.items()}
        return Measured(found.pop("baseline"), targets["test"], found)


def _documents(rows: pa.Table, places: np.ndarray) -> list[str]:
    """The texts at places among the second texts and negatives of all rows, row by row."""
    if NEGATIVES not in rows.column_names:
        return rows["pair"].take(pa.array(places)).to_pylist()
    texts, counts = flat_texts(rows[NEGATIVES])
    width, begins = 1 + counts.max(initial=0), counts.cumsum() - counts
    row, place = places // width, places % width
    pairs = rows["pair"].take(pa.array(row)).to_pylist()
    found = zip(pairs, place.tolist(), (begins[row] + place - 1).tolist(), strict=True)
    return [texts[further] if place else pair for pair, place, further in found]


def bm25(queries: Texts, documents: Texts, cut: Callable[[str], list[str]]) -> Ranked:
    """Gives scores of BM25 (bm25s's, with its constants).

    Args:
        cut: a text into what is counted.
    """
    try:
        import bm25s
    except ImportError as error:
        raise MissingExtra("bm25s", "retrieval", "BM25") from error

    index = bm25s.BM25()
    index.index([cut(text) for text in documents], show_progress=False)

    def scores(some: torch.Tensor) -> torch.Tensor:
        each = [index.get_scores(cut(queries[i])) for i in some.tolist()]
        return torch.from_numpy(np.stack(each))

    return scores


def tfidf(queries: Texts, documents: Texts) -> Ranked:
    """Gives cosines of TF-IDF of character 1–3-grams."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(
        analyzer="char", ngram_range=(1, 3), sublinear_tf=True, dtype=np.float32
    )
    found = vectorizer.fit_transform(documents).T.tocsr()
    asked = vectorizer.transform(queries).tocsr()
    return lambda some: torch.from_numpy((asked[some.numpy()] @ found).toarray())


def characters(text: str) -> list[str]:
    """Its characters in lower case, without white space."""
    return [*"".join(text.casefold().split())]


def words(text: str) -> list[str]:
    """Its words in lower case, by rjieba, without white space."""
    import rjieba  # reads its dictionary at once

    return [word for word in rjieba.cut(text.casefold()) if not word.isspace()]
