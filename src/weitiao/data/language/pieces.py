"""Documents to pieces of ids that fit a block, each id with the number of its word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from weitiao.data.segment import Segmenter
from weitiao.language_card import Objective


@dataclass(frozen=True)
class Frame:
    """The special ids around each piece.

    Args:
        begin: ids before it.
        end: ids after it.
    """

    begin: list[int]
    end: list[int]

    @classmethod
    def of(cls, tokenizer: Any, objective: Objective) -> Frame:
        """What the tokenizer itself puts around a text; where a text would have no end, its own.

        Args:
            tokenizer: a fast one of `transformers`.
            objective: a causal model has to learn where a text ends.
        """
        encoding = tokenizer.backend_tokenizer.encode("a")
        special = np.array(encoding.special_tokens_mask, bool)
        text = np.flatnonzero(~special)
        ids = encoding.ids
        begin, end = ids[: text[0]], ids[text[-1] + 1 :]
        if objective == "causal" and not end and tokenizer.eos_token_id is not None:
            end = [tokenizer.eos_token_id]
        return cls(begin, end)


@dataclass(frozen=True)
class Piece:
    """A part of a document.

    Args:
        ids: ``(T,)`` int32, special ones included.
        words: ``(T,)`` int32, rising from 0; -1 at special ids.
    """

    ids: np.ndarray
    words: np.ndarray


def pieces(
    documents: Sequence[str], tokenizer: Any, frame: Frame, segmenter: Segmenter, longest: int
) -> Iterator[Piece]:
    """All of each document, in pieces of at most ``longest`` ids.

    Args:
        documents: texts.
        tokenizer: a fast one of `transformers`.
        frame: special ids around each piece.
        segmenter: cuts the words; ids of which one reaches into two words belong to one.
        longest: most ids of a piece, special ones included.
    """
    room = longest - len(frame.begin) - len(frame.end)
    begin, end = np.array(frame.begin, np.int32), np.array(frame.end, np.int32)
    before, after = np.full(len(begin), -1, np.int32), np.full(len(end), -1, np.int32)
    encodings = tokenizer.backend_tokenizer.encode_batch(list(documents), add_special_tokens=False)
    for encoding, words in zip(encodings, segmenter.segment(documents), strict=True):
        ids = np.array(encoding.ids, np.int32)
        numbers = word_numbers(np.array(encoding.offsets, np.int64).reshape(-1, 2), words)
        for start in range(0, len(ids), room):
            part = slice(start, start + room)
            own = numbers[part] - numbers[start]
            yield Piece(
                np.concatenate([begin, ids[part], end]), np.concatenate([before, own, after])
            )


def word_numbers(offsets: np.ndarray, words: Sequence[str]) -> np.ndarray:
    """The number of the word that each id belongs to.

    Args:
        offsets: ``(T, 2)`` first character of each id, and the one after its last.
        words: of the text, white space included, so that together they are the text.

    Returns:
        ``(T,)`` int32, rising from 0. Where an id covers parts of two words, both are one.
    """
    starts = np.cumsum([0, *map(len, words)])
    first = np.searchsorted(starts, offsets[:, 0], "right")
    last = np.searchsorted(starts, np.maximum(offsets[:, 1] - 1, offsets[:, 0]), "right")
    fresh = first[1:] > np.maximum.accumulate(last)[:-1]
    return np.concatenate([[0], np.cumsum(fresh)]).astype(np.int32)[: len(offsets)]
