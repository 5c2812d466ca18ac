"""Text to ids: a pretrained tokenizer by name, or one trained on the training split."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

from weitiao.data.segment import Segmenter
from weitiao.data.truncate import Truncation, kept_positions
from weitiao.errors import ConfigError

PAD, UNK, CLS, SEP, MASK = SPECIALS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
TRAINED = ("characters", "wordpiece", "words")
CHUNK = 10_000  # texts handed to the Rust tokenizer at once: bounds memory, keeps its threads busy


@dataclass(frozen=True)
class Encoder:
    """How text becomes ids.

    Args:
        tokenizer: ``characters``, ``wordpiece`` or ``words`` train one on the training split;
            anything else is the name or the folder of a pretrained (fast) tokenizer.
        vocab_size: most entries of a trained vocabulary, special ones included.
        min_count: a character or word seen less often in the training split becomes ``[UNK]``.
        lowercase: fold case before a trained tokenizer sees the text.
        max_length: longest sequence in ids, special ones included.
        truncation: which part of a longer text stays: its head, its tail, or half of each.
    """

    tokenizer: str = "characters"
    vocab_size: int = 8000
    min_count: int = 2
    lowercase: bool = True
    max_length: int = 128
    truncation: Truncation = "head"

    def __post_init__(self) -> None:
        if self.max_length < 4:
            raise ConfigError(f"data.encode.max_length must be at least 4, got {self.max_length}")
        if self.vocab_size <= len(SPECIALS):
            raise ConfigError(
                f"data.encode.vocab_size must exceed the {len(SPECIALS)} special ids,"
                f" got {self.vocab_size}"
            )

    @property
    def trained(self) -> bool:
        """Whether the tokenizer is trained on the training split."""
        return self.tokenizer in TRAINED

    def fit(self, texts: Iterable[str], segmenter: Segmenter) -> TextEncoder:
        """Train the tokenizer on ``texts``, or load the pretrained one.

        Raises:
            ConfigError: the pretrained tokenizer can't be loaded, isn't a fast one or can't pad.
        """
        words = segmenter if self.tokenizer == "words" else None
        if not self.trained:
            backend, pad_id = _pretrained(self.tokenizer)
        else:
            backend, pad_id = self._train(texts, words), 0
        return TextEncoder(backend, pad_id, self.max_length, self.truncation, words)

    def _train(self, texts: Iterable[str], segmenter: Segmenter | None) -> Tokenizer:
        lower = normalizers.Sequence([normalizers.Lowercase()] if self.lowercase else [])
        if self.tokenizer == "wordpiece":
            tokenizer = Tokenizer(models.WordPiece(unk_token=UNK))
            tokenizer.normalizer = normalizers.BertNormalizer(lowercase=self.lowercase)
            tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
            trainer = trainers.WordPieceTrainer(
                vocab_size=self.vocab_size,
                min_frequency=self.min_count,
                special_tokens=list(SPECIALS),
                show_progress=False,
            )
            tokenizer.train_from_iterator(texts, trainer)
        else:
            fold = str.lower if self.lowercase else str
            counts: Counter[str] = Counter()
            for units in _words(segmenter, list(texts)) if segmenter else texts:
                counts.update(map(fold, units))
            tokenizer = Tokenizer(models.WordLevel(self._vocabulary(counts), unk_token=UNK))
            tokenizer.normalizer = lower
            if segmenter is None:
                tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
        tokenizer.post_processor = processors.TemplateProcessing(
            single=f"{CLS} $A {SEP}",
            pair=f"{CLS} $A {SEP} $B:1 {SEP}:1",
            special_tokens=[(name, tokenizer.token_to_id(name)) for name in (CLS, SEP)],
        )
        return tokenizer

    def _vocabulary(self, counts: Counter[str]) -> dict[str, int]:
        """Special entries first, then by falling count; ties by code point, so it is stable."""
        ranked = sorted(
            (unit for unit, n in counts.items() if n >= self.min_count),
            key=lambda unit: (-counts[unit], unit),
        )
        return {unit: i for i, unit in enumerate([*SPECIALS, *ranked][: self.vocab_size])}


class TextEncoder:
    """A tokenizer that is ready, with the rule by which long texts are cut.

    Args:
        backend: the Rust tokenizer; its post-processor adds the special ids.
        pad_id: id that fills a batch.
        max_length: longest sequence, special ids included.
        truncation: which part of a longer text stays.
        segmenter: cuts the text into words first, for a vocabulary of words.
    """

    def __init__(
        self,
        backend: Tokenizer,
        pad_id: int,
        max_length: int,
        truncation: Truncation,
        segmenter: Segmenter | None = None,
    ) -> None:
        backend.no_truncation()  # ours keeps head, tail or both
        backend.no_padding()  # batches are padded when they are made
        self.backend, self.pad_id, self.segmenter = backend, pad_id, segmenter
        self.max_length, self.truncation = max_length, truncation

    @property
    def vocab_size(self) -> int:
        """Number of ids, added ones included."""
        return max(self.backend.get_vocab(with_added_tokens=True).values()) + 1

    def encode(self, texts: Sequence[str], pairs: Sequence[str] | None = None) -> pa.Table:
        """Ids of each text, or of each pair of texts.

        Returns:
            A table with ``input_ids: large_list<int32>``, for pairs ``token_type_ids:
            large_list<int8>``, and ``cut: bool``, true where the text did not fit ``max_length``.
        """
        chunks = [
            self._encode_chunk(
                texts[start : start + CHUNK],
                None if pairs is None else pairs[start : start + CHUNK],
            )
            for start in range(0, max(len(texts), 1), CHUNK)
        ]
        return pa.concat_tables(chunks)

    def _encode_chunk(self, texts: Sequence[str], pairs: Sequence[str] | None) -> pa.Table:
        inputs = self._units(texts)
        if pairs is not None:
            inputs = list(zip(inputs, self._units(pairs), strict=True))
        encodings = self.backend.encode_batch_fast(
            inputs, is_pretokenized=self.segmenter is not None, add_special_tokens=True
        )
        ids, types, cut = [], [], []
        for encoding in encodings:
            row_ids, row_types = encoding.ids, encoding.type_ids
            too_long = len(row_ids) > self.max_length
            if too_long:
                keep = kept_positions(encoding.sequence_ids, self.max_length, self.truncation)
                row_ids = [row_ids[i] for i in keep]
                row_types = [row_types[i] for i in keep]
            ids.append(row_ids)
            types.append(row_types)
            cut.append(too_long)
        columns = {"input_ids": pa.array(ids, pa.large_list(pa.int32()))}
        if pairs is not None:
            columns["token_type_ids"] = pa.array(types, pa.large_list(pa.int8()))
        columns["cut"] = pa.array(cut, pa.bool_())
        return pa.table(columns)

    def _units(self, texts: Sequence[str]) -> Sequence[Any]:
        return _words(self.segmenter, texts) if self.segmenter else texts

    def unknown_share(self, encoded: pa.Table) -> float:
        """Share of ids that are the unknown one: how badly the vocabulary fits the text."""
        unknown = self.backend.token_to_id(UNK)
        ids = encoded["input_ids"].combine_chunks().flatten().to_numpy()
        return float(np.mean(ids == unknown)) if unknown is not None and len(ids) else 0.0

    def state(self) -> dict[str, Any]:
        """Plain values from which `from_state` makes the same encoder again."""
        return {
            "tokenizer": self.backend.to_str(),
            "pad_id": self.pad_id,
            "max_length": self.max_length,
            "truncation": self.truncation,
            "words": self.segmenter is not None,
        }

    @classmethod
    def from_state(cls, state: dict[str, Any], segmenter: Segmenter) -> TextEncoder:
        """The encoder that `state` described; ``segmenter`` is used if it works on words."""
        return cls(
            Tokenizer.from_str(state["tokenizer"]),
            state["pad_id"],
            state["max_length"],
            state["truncation"],
            segmenter if state["words"] else None,
        )


def _words(segmenter: Segmenter, texts: Sequence[str]) -> list[list[str]]:
    """The words of each text, without those that are white space."""
    return [[w for w in words if not w.isspace()] for words in segmenter.segment(texts)]


def _pretrained(name: str) -> tuple[Tokenizer, int]:
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(name, trust_remote_code=False)
    except (OSError, ValueError, json.JSONDecodeError) as error:
        where = "the folder has no tokenizer" if os.path.isdir(name) else "no such folder or name"
        raise ConfigError(
            f"data.encode.tokenizer: can't load {name!r} ({where}, or the model hub is away)"
            f"\n  {str(error).splitlines()[0]}"
            f"\n  → one of {', '.join(TRAINED)} trains a tokenizer on your training split"
        ) from error
    if not tokenizer.is_fast:
        raise ConfigError(f"data.encode.tokenizer: {name!r} has no fast (Rust) tokenizer")
    if tokenizer.pad_token_id is None:
        raise ConfigError(f"data.encode.tokenizer: {name!r} has no padding token")
    return tokenizer.backend_tokenizer, int(tokenizer.pad_token_id)
