"""Spans of texts as CoNLL columns: a word or hanzi a line with its tag in IOB2."""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from weitiao.io.spans.units import UNIT
from weitiao.objectives.spans.tags import tags_of


def conll_blocks(columns: Mapping[str, Sequence[Any]]) -> Iterator[str]:
    """Each row as a block of lines that ends with a blank one; a row without text is a comment.

    Args:
        columns: ``text``, ``label`` (spans as JSON; null of a bad row) and perhaps ``error``.
    """
    errors = columns.get("error") or [None] * len(columns["text"])
    for text, label, error in zip(columns["text"], columns["label"], errors, strict=True):
        if label is None:
            yield f"# error = {' '.join(error.split())}\n\n"
            continue
        spans = json.loads(label)
        places = [*_places(text, {edge for begin, end, _ in spans for edge in (begin, end)})]
        lines = [f"# text = {text}"] if len(text.splitlines()) == 1 else []
        tags = _tags(spans, places)
        lines += [f"{text[b:e]}\t{tag}" for (b, e), tag in zip(places, tags, strict=True)]
        yield "\n".join([*lines, "", ""])


def _places(text: str, edges: set[int]) -> Iterator[tuple[int, int]]:
    """Begin and end of each word or hanzi, cut where a span begins or ends in it."""
    for unit in UNIT.finditer(text):
        begin, end = unit.span()
        yield from pairwise([begin, *(e for e in range(begin + 1, end) if e in edges), end])


def _tags(spans: Sequence[Sequence[Any]], places: Sequence[tuple[int, int]]) -> Iterator[str]:
    """The tag of each unit."""
    kinds = [*dict.fromkeys(kind for *_, kind in spans)]
    numbered = [(begin, end, kinds.index(kind)) for begin, end, kind in spans]
    for tag in tags_of(numbered, np.array(places, np.int64).reshape(-1, 2)).tolist():
        yield f"{'B' if tag % 2 else 'I'}-{kinds[(tag - 1) // 2]}" if tag else "O"
