"""Spans of texts as CoNLL columns: a word or hanzi a line with its tag in IOB2."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from weitiao.objectives.span_tags import UNIT, tags_of


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
        units = [*UNIT.finditer(text)]
        lines = [f"# text = {text}"] if len(text.splitlines()) == 1 else []
        tags = _tags(json.loads(label), [unit.span() for unit in units])
        lines += [f"{unit[0]}\t{tag}" for unit, tag in zip(units, tags, strict=True)]
        yield "\n".join([*lines, "", ""])


def _tags(spans: Sequence[Sequence[Any]], places: Sequence[tuple[int, int]]) -> Iterator[str]:
    """The tag of each unit."""
    kinds = [*dict.fromkeys(kind for *_, kind in spans)]
    numbered = [(begin, end, kinds.index(kind)) for begin, end, kind in spans]
    for tag in tags_of(numbered, np.array(places, np.int64).reshape(-1, 2)).tolist():
        yield f"{'B' if tag % 2 else 'I'}-{kinds[(tag - 1) // 2]}" if tag else "O"
