"""A tokenizer that is ready: texts to ids, long ones cut, and its state in a checkpoint."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from tokenizers import Tokenizer

from weitiao.errors import ConfigError
from weitiao.inputs import Span
from weitiao.inputs.text.characters import CharacterIds
from weitiao.inputs.text.offsets import OFFSETS, PIECES
from weitiao.inputs.text.options import encode_options, options_of
from weitiao.inputs.text.prefix import prefix_length
from weitiao.inputs.text.pretrained_tokenizer import rust_faults
from weitiao.inputs.text.segment import Segmenter, Words
from weitiao.inputs.text.sides import Pairs, beside
from weitiao.inputs.text.special_tokens import SpecialText, read_as_text
from weitiao.inputs.text.truncation import Truncation, fixed, kept_positions
from weitiao.inputs.text.units import beyond_windows, located
from weitiao.inputs.text.unread import unread_spans
from weitiao.io.arrow import list_array
from weitiao.io.cache import content_hash, hash_of

_PLAIN = ("pad_id", "unk_id", "max_length", "truncation", "special_text", "prefix")
_OF_PAIRS = ("pairs", "pair_prefix")  # which checkpoints from before lack


class TextEncoder:
    """A tokenizer that is ready, with the rule by which long texts are cut.

    Args:
        backend: the Rust tokenizer; its post-processor adds the special ids.
        unk_id: id of what the vocabulary lacks; null where it lacks nothing (bytes).
        special_text: whether special tokens in a text keep their ids.
        segmenter: cuts the text into words first, for a vocabulary of words.
        words: what the segmenter's dictionary and stop words say.
        prefix: put before each text; it is never cut, and is ``before`` ids long.
        pairs: whether the two texts of a pair are one sequence, or two.
        pair_prefix: of two, the prefix of the second; null = the same.
    """

    def __init__(
        self,
        backend: Tokenizer,
        pad_id: int,
        unk_id: int | None,
        max_length: int,
        truncation: Truncation,
        special_text: SpecialText,
        segmenter: Segmenter | None = None,
        words: Words | None = None,
        prefix: str = "",
        pairs: Pairs = "joined",
        pair_prefix: str | None = None,
    ) -> None:
        backend.no_truncation()  # ours keeps head, tail or both
        backend.no_padding()  # batches are padded when they are made
        backend.encode_special_tokens = False  # else it may be as the tokenizer was last used
        if special_text == "split":
            read_as_text(backend, words=segmenter is not None)
        self.backend, self.pad_id, self.unk_id = backend, pad_id, unk_id
        self.max_length, self.truncation = max_length, truncation
        self.special_text, self.segmenter, self.words = special_text, segmenter, words
        self.pairs, self.pair_prefix = pairs, pair_prefix
        self._begin_with(prefix)

    def _begin_with(self, prefix: str) -> None:
        backend = self.backend
        self.prefix = prefix
        self.before = prefix_length(prefix, backend, self.unk_id) if prefix else 0
        plain = self.special_text == "split" and not prefix and not self.segmenter
        self.characters = CharacterIds.of(backend) if plain else None

    @cached_property
    def second(self) -> TextEncoder:
        """The same for second texts of pairs, where they stand apart."""
        found = copy(self)
        found._begin_with(self.prefix if self.pair_prefix is None else self.pair_prefix)
        return found

    @property
    def windows(self) -> bool:
        """Whether texts are left whole, and read in windows."""
        return self.truncation == "windows"

    @property
    def vocab_size(self) -> int:
        """Number of ids, added ones included."""
        return max(self.backend.get_vocab(with_added_tokens=True).values()) + 1

    def added(self, *, pair: bool) -> int:
        """How many ids of a row, or pair, are special or of the prefix."""
        return self.backend.num_special_tokens_to_add(pair) + self.before * (1 + pair)

    def encode(self, texts: Sequence[str], pairs: Sequence[str] | None = None) -> pa.Table:
        """Ids of each text, or of each pair of texts.

        Returns:
            A table with ``input_ids: large_list<int32>``, for pairs ``token_type_ids:
            large_list<int8>``, and ``cut: bool``, true where the text did not fit ``max_length``.
            Where it is left whole nevertheless, ``offsets`` and ``pieces: large_list<int32>`` of
            its units (see `OFFSETS`). Of a pair the second text then comes first, and is a part of
            each window: where a row is longer than one, it may fill half of it, and what is beyond
            that is cut (``pair_cut: bool``).
            Of pairs that stand apart, the ids of the second text as ``pair_ids`` in place of types.
            Of options see `encode_options`.
            No row is without ids: a text that gives none, not even special ones, gets ``pad_id``.

        Raises:
            ConfigError: the special ids leave no room for text, or the tokenizer fails.
        """
        if self.pairs == "apart" and pairs is not None:
            return beside(self.encode(texts), self.second.encode(pairs))
        if self.pairs == "options" and pairs is not None:
            return encode_options(self, texts, pairs)
        return self.as_one(texts, pairs)

    def as_one(
        self,
        texts: Sequence[str],
        pairs: Sequence[str] | None = None,
        longest: np.ndarray | None = None,
    ) -> pa.Table:
        """As `encode`, of texts or of pairs that are one sequence.

        Args:
            longest: ``(N,)`` ids that each may have; null = ``max_length``.
        """
        added = self.added(pair=pairs is not None)
        if added >= self.max_length:
            raise ConfigError(
                f"= {self.max_length} leaves no room for text: the tokenizer adds {added} ids,"
                f" special ones{' and the prefix' if self.prefix else ''}",
                field="max_length",
            )
        found = None
        if self.windows:
            return self._located(texts, pairs)
        if self.characters:
            limit = self.max_length if longest is None else longest
            found = self.characters.encode(texts, pairs, limit, self.truncation)
        return self._encoded(texts, pairs, longest) if found is None else found

    def _encoded(
        self, texts: Sequence[str], pairs: Sequence[str] | None, longest: np.ndarray | None
    ) -> pa.Table:
        """As `encode`, by the Rust tokenizer."""
        inputs = self._units(texts)
        if pairs is not None:
            inputs = list(zip(inputs, self._units(pairs), strict=True))
        with rust_faults("it"):
            encodings = self.backend.encode_batch_fast(
                inputs, is_pretokenized=self.segmenter is not None, add_special_tokens=True
            )
        ids = [encoding.ids or [self.pad_id] for encoding in encodings]
        types = [encoding.type_ids or [0] for encoding in encodings] if pairs is not None else []
        limits = [self.max_length] * len(ids) if longest is None else longest.tolist()
        cut = [len(row) > limit for row, limit in zip(ids, limits, strict=True)]
        for i in np.flatnonzero(cut).tolist():
            texts_of = fixed(encodings[i].sequence_ids, self.before)
            keep = kept_positions(texts_of, limits[i], self.truncation)
            for column in (ids, types) if types else (ids,):
                column[i] = [column[i][position] for position in keep]
        columns = {"input_ids": pa.array(ids, pa.large_list(pa.int32()))}
        if pairs is not None:
            columns["token_type_ids"] = pa.array(types, pa.large_list(pa.int8()))
        columns["cut"] = pa.array(cut, pa.bool_())
        return pa.Table.from_pydict(columns)  # `pa.table` imports pandas

    def _located(self, texts: Sequence[str], pairs: Sequence[str] | None) -> pa.Table:
        """The ids of whole texts, and where their units stand."""
        given, pair = self._units(texts), pairs is not None
        inputs = given if pairs is None else [*zip(self._units(pairs), given, strict=True)]
        with rust_faults("it"):
            encodings = self.backend.encode_batch(inputs, is_pretokenized=bool(self.segmenter))
        words = given if self.segmenter else [None] * len(texts)
        beyond = [self._beyond(found) if pair else None for found in encodings]
        prefix, parts = len(self.prefix), zip(encodings, texts, words, beyond, strict=True)
        rows = [located(found, text, cut, prefix, part) for found, text, cut, part in parts]
        columns: dict[str, Any] = {
            "input_ids": [row.ids or [self.pad_id] for row in rows],
            OFFSETS: [row.units.offsets.ravel() for row in rows],
            PIECES: [row.units.pieces for row in rows],
        }
        lists = {name: list_array(rows, pa.int32()) for name, rows in columns.items()}
        if pair:
            types = [row.types or [0] for row in rows]
            lists["token_type_ids"] = list_array(types, pa.int8())
            lists["pair_cut"] = pa.array([*map(bool, beyond)], pa.bool_())
        long = [len(found.ids) > self.max_length for found in encodings]
        return pa.Table.from_pydict({**lists, "cut": pa.array(long, pa.bool_())})

    def _beyond(self, found: Any) -> range:
        """The ids of the second text of a pair for which a window has no room."""
        return beyond_windows(found, self.max_length, self.added(pair=True), self.before)

    def lengths(self, texts: Sequence[str]) -> np.ndarray:
        """``(N,)``: ids of each text, without special ones and the prefix."""
        with rust_faults("it"):
            found = self.backend.encode_batch_fast(
                self._units(texts),
                is_pretokenized=self.segmenter is not None,
                add_special_tokens=False,
            )
        return np.array([len(each.ids) - self.before for each in found], np.int64)

    def unread(self, texts: Sequence[str]) -> list[list[Span]]:
        """The spans of a row's one or two texts, in code points, that `encode` leaves out."""
        if self.windows and len(texts) == 1:
            return [[]]
        if self.pairs == "apart" and len(texts) == 2:
            return [*self.unread(texts[:1]), *self.second.unread(texts[1:])]
        if self.pairs == "options" and len(texts) == 2:  # of all of them the longest cuts most
            return [self._unread([texts[0], max(options_of(texts[1]), key=len)])[0], []]
        return self._unread(texts)

    def _unread(self, texts: Sequence[str]) -> list[list[Span]]:
        ordered = [*texts][::-1] if self.windows else [*texts]
        units = [self._units([text])[0] for text in ordered]
        first, second = [*units, None][:2]
        with rust_faults("it"):
            found = self.backend.encode(first, second, is_pretokenized=bool(self.segmenter))
        texts_of = fixed(found.sequence_ids, self.before)
        if self.windows:
            kept = {*range(len(found.ids))} - {*self._beyond(found)}
        else:
            kept = {*kept_positions(texts_of, self.max_length, self.truncation)}
        words = units if self.segmenter else None
        spans = unread_spans(found, kept, ordered, words, self.prefix)
        return spans[::-1] if self.windows else spans

    def _units(self, texts: Sequence[str]) -> Sequence[Any]:
        if self.segmenter:
            return cut_into_words(self.segmenter, texts, self.words)
        return [self.prefix + text for text in texts] if self.prefix else texts

    def state(self) -> dict[str, Any]:
        """Plain values from which `from_state` makes the same encoder again."""
        return {
            "tokenizer": self.backend.to_str(),
            **{name: getattr(self, name) for name in (*_PLAIN, *_OF_PAIRS)},
            "words": self.words and self.words.plain(),
            "word_model": self.segmenter and _model(self.segmenter),
        }

    @classmethod
    def from_state(cls, state: dict[str, Any], segmenter: Segmenter) -> TextEncoder:
        """The encoder that `state` described; ``segmenter`` is used if it works on words.

        Its dictionary and stop words are those of the state, wherever their files are now.

        Raises:
            ConfigError: stanza's model is not what it was.
        """
        words = state["words"] and Words.of(state["words"])
        if words and state["word_model"] != _model(segmenter):
            raise ConfigError(
                ": stanza's model has changed since training, so texts would be cut into other"
                " words",
                field="segment",
            )
        return cls(
            Tokenizer.from_str(state["tokenizer"]),
            **{name: state[name] for name in (*_PLAIN, *_OF_PAIRS) if name in state},
            segmenter=segmenter if words else None,
            words=words,
        )


def _model(segmenter: Segmenter) -> str:
    """Hash of the files of a model that shapes the words."""
    return hash_of(*map(content_hash, segmenter.model_files()))


def cut_into_words(
    segmenter: Segmenter, texts: Sequence[str], words: Words | None
) -> list[list[str]]:
    """The words of each text, without those that are white space."""
    return [[w for w in row if not w.isspace()] for row in segmenter.segment(texts, words)]
