"""Tokenizers of characters: the vocabulary counted, the ids looked up in an array.

A character has the same ids whatever stands beside it. So the Rust tokenizer is asked once for each
distinct one, and a text's ids are an array indexed by another: the same ids in a thirtieth of the
time, and no Python object for each of them.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

import numpy as np
import pyarrow as pa
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

from weitiao.inputs.text.special_tokens import CLS, SEP
from weitiao.inputs.text.truncation import Truncation, kept_lengths

ISOLATED = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
"""Cuts a text into its characters."""
_AT_ONCE = 10_000  # texts that are counted together
_UNASKED, _SEVERAL = -1, -2  # in place of an id: not asked for yet; it has several


def count_characters(texts: Iterable[str], normalizer: Any | None) -> Counter[str]:
    """How often each character stands in the texts, as the tokenizer sees them.

    Args:
        normalizer: changes each character by itself; null = nothing does.
    """
    counts = np.zeros(sys.maxunicode + 1, np.int64)
    remaining = iter(texts)
    while some := list(islice(remaining, _AT_ONCE)):
        counts += np.bincount(_code_points(some), minlength=len(counts))
    found: Counter[str] = Counter()
    for point in np.flatnonzero(counts).tolist():
        char = chr(point)
        for unit in normalizer.normalize_str(char) if normalizer else char:
            found[unit] += int(counts[point])
    return found


def between_ends(backend: Tokenizer) -> Any:
    """The post-processor that puts special tokens around a text, and one between two."""
    return processors.TemplateProcessing(
        single=f"{CLS} $A {SEP}",
        pair=f"{CLS} $A {SEP} $B:1 {SEP}:1",
        special_tokens=[(name, backend.token_to_id(name)) for name in (CLS, SEP)],
    )


class CharacterIds:
    """The ids of a tokenizer of characters, looked up.

    Args:
        backend: reads special tokens in a text as text.
    """

    def __init__(self, backend: Tokenizer) -> None:
        self._backend = backend
        self._ends = np.array([backend.token_to_id(name) for name in (CLS, SEP)], np.int32)
        self._ids = np.full(sys.maxunicode + 1, _UNASKED, np.int32)

    @classmethod
    def of(cls, backend: Tokenizer) -> CharacterIds | None:
        """Those of a tokenizer that reads characters between two special tokens; null = of none."""
        plain = (
            isinstance(backend.model, models.WordLevel)
            and isinstance(backend.normalizer, normalizers.Lowercase | None)
            and repr(backend.pre_tokenizer) == repr(ISOLATED)
            and all(backend.token_to_id(name) is not None for name in (CLS, SEP))
            and repr(backend.post_processor) == repr(between_ends(backend))
        )
        return cls(backend) if plain else None

    def encode(
        self,
        texts: Sequence[str],
        pairs: Sequence[str] | None,
        max_length: int | np.ndarray,
        truncation: Truncation,
    ) -> pa.Table | None:
        """The table of `TextEncoder.encode`; null where a character has several ids.

        Args:
            max_length: ids of a row at most; ``(N,)`` if each has a bound of its own.

        (Lower case makes two characters of "İ", and of no other.)
        """
        found = [
            self._looked_up(column) for column in ([texts] if pairs is None else [texts, pairs])
        ]
        if any((ids < 0).any() for ids in found):
            return None
        lengths = [
            np.fromiter(map(len, c), np.int64, len(c)) for c in (texts, pairs) if c is not None
        ]
        return _between(self._ends, found, lengths, max_length, truncation)

    def _looked_up(self, texts: Sequence[str]) -> np.ndarray:
        """The ids of all texts, one after another."""
        points = _code_points(texts)
        ids = self._ids[points]
        for point in np.unique(points[ids == _UNASKED]).tolist():
            of_char = self._backend.encode(chr(point), add_special_tokens=False).ids
            self._ids[point] = of_char[0] if len(of_char) == 1 else _SEVERAL
        return self._ids[points]


def _code_points(texts: Sequence[str]) -> np.ndarray:
    return np.frombuffer("".join(texts).encode("utf-32-le"), np.uint32)


def _between(
    ends: np.ndarray,
    found: list[np.ndarray],
    lengths: list[np.ndarray],
    max_length: int | np.ndarray,
    truncation: Truncation,
) -> pa.Table:
    """Rows of ids with special ones around each text, cut where they are too long.

    Args:
        ends: ``(2,)`` ids before and after.
        found: of one text a row, or two: the ids of all rows.
        lengths: ``(N,)`` of each text of a row.
    """
    room = max_length - 1 - len(lengths)
    kept = kept_lengths(lengths, room, truncation)
    rows, begin = len(lengths[0]), len(ends)
    parts: list[tuple[Any, Any, int]] = [(0, 1, 0)]  # where it begins, how long it is, its type
    for number, (ids, length, (head, tail)) in enumerate(zip(found, lengths, kept, strict=True)):
        after = begin + np.cumsum(length)
        parts += [(after - length, head, number), (after - tail, tail, number), (1, 1, number)]
        begin += len(ids)
    starts, sizes = (
        np.stack([np.broadcast_to(part[i], rows) for part in parts], axis=1) for i in (0, 1)
    )
    ids = np.concatenate([ends, *found])[_ranges(starts.ravel(), sizes.ravel())]
    offsets = pa.array(np.append(0, np.cumsum(sizes.sum(axis=1))))
    columns: dict[str, Any] = {"input_ids": pa.LargeListArray.from_arrays(offsets, pa.array(ids))}
    if len(found) > 1:
        of_parts = np.tile(np.array([part[2] for part in parts], np.int8), rows)
        types = pa.array(np.repeat(of_parts, sizes.ravel()))
        columns["token_type_ids"] = pa.LargeListArray.from_arrays(offsets, types)
    columns["cut"] = pa.array(np.sum(lengths, axis=0) > room)
    return pa.Table.from_pydict(columns)  # `pa.table` imports pandas


def _ranges(starts: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """The numbers from each start on, as many as its size, one after another."""
    shift = starts - (np.cumsum(sizes) - sizes)
    return np.arange(sizes.sum()) + np.repeat(shift, sizes)
