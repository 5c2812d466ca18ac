"""From documents to chunks of ids that fit a sequence, each id with the number of its word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from weitiao.inputs.text.segment import Segmenter
from weitiao.pretraining.card import Objective


@dataclass(frozen=True)
class Frame:
    """The special ids around a text.

    Args:
        begin: ids before it.
        end: ids after it.
        each: whether each piece of a text has them; else its first one begins, its last one ends.
    """

    begin: list[int]
    end: list[int]
    each: bool = True

    @classmethod
    def of(cls, tokenizer: Any, objective: Objective) -> Frame:
        """What the tokenizer itself puts around a text; where a text would have no end, its own.

        A BERT kind finds them around each piece, as around each text that it is given later. To a
        GPT kind they tell where a document begins and ends, so none stands where one is cut (Brown
        et al. 2020, appendix B).

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
        return cls(begin, end, each=objective == "masked")

    def around(self, ids: np.ndarray, words: np.ndarray) -> Piece:
        """Ids ``(T,)`` and the numbers of their words ``(T,)`` between the special ids."""
        sizes = len(self.begin), len(self.end)
        return Piece(
            np.concatenate([self.begin, ids, self.end]).astype(np.int32),
            np.pad(words, sizes, constant_values=-1),
        )


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
    documents: Sequence[str], backend: Tokenizer, frame: Frame, segmenter: Segmenter, longest: int
) -> Iterator[Piece]:
    """All of each document, in pieces of at most ``longest`` ids.

    Args:
        frame: special ids around each piece, or each document.
        segmenter: cuts the words; ids of which one reaches into two words belong to one.
        longest: most ids of a piece, special ones included.
    """
    room = longest - len(frame.begin) - len(frame.end)
    encodings = backend.encode_batch(list(documents), add_special_tokens=False)
    for encoding, words in zip(encodings, segmenter.segment(documents), strict=True):
        ids = np.array(encoding.ids, np.int32)
        numbers = word_numbers(np.array(encoding.offsets, np.int64).reshape(-1, 2), words)
        if frame.each:
            for start in range(0, len(ids), room):
                part = slice(start, start + room)
                yield frame.around(ids[part], numbers[part] - numbers[start])
        elif len(ids):
            yield from _cut(frame.around(ids, numbers), longest, 1 + len(frame.end))


def _cut(whole: Piece, longest: int, least: int) -> Iterator[Piece]:
    """Parts of ``longest`` ids; the last has ``least`` or more, as an end is asked after text."""
    starts = np.arange(0, len(whole.ids), longest)
    starts[-1] = min(starts[-1], len(whole.ids) - least)
    parts = (np.split(values, starts[1:]) for values in (whole.ids, whole.words))
    for ids, words in zip(*parts, strict=True):
        yield Piece(ids, np.maximum(words - max(int(words[0]), 0), -1))


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
