"""The tokenizers of both sides: trained on both together or on each alone, or pretrained."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain
from typing import Any, NamedTuple

import pyarrow as pa

from weitiao.errors import ConfigError
from weitiao.inputs.text.segment import Segmenter
from weitiao.inputs.text.special_tokens import special_ids
from weitiao.inputs.text.text_encoder import TextEncoder
from weitiao.inputs.text.tokenization import Encoder
from weitiao.inputs.text.trained_tokenizer import decoder_of
from weitiao.io.arrow import parts_of


class Sides(NamedTuple):
    """The tokenizers of what is read and of what is written."""

    read: TextEncoder
    written: TextEncoder

    def state(self) -> dict[str, Any]:
        """Plain values from which `from_state` makes both again; that of the first stands where
        `Encoder` looks for the tokenizer of a checkpoint."""
        return {"encoder": self.read.state(), "written": self.written.state()}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Sides:
        """Both as `state` described them."""
        found = (TextEncoder.from_state(state[name], _NONE) for name in ("encoder", "written"))
        return cls(*found)


_NONE = Segmenter("whitespace")  # nothing is segmented


def fit_sides(read: Encoder, written: Encoder | None, train: pa.Table) -> Sides:
    """Train or load the tokenizers.

    Args:
        written: null = ``read`` is for both sides.
        train: rows with ``text`` and ``label``.
    """
    texts, labels = _texts(train, "text"), _texts(train, "label")
    if written is not None:
        return Sides(_fitted(read, texts), _fitted(written, labels))
    first = _fitted(read, chain(texts, labels))
    return Sides(first, TextEncoder.from_state(first.state() | {"prefix": ""}, _NONE))


def _texts(table: pa.Table, name: str) -> Iterator[str]:
    for part in parts_of(table.select([name])):
        yield from part[name].to_pylist()


def _fitted(options: Encoder, texts: Iterable[str]) -> TextEncoder:
    if options.trained and options.lowercase is None:
        options = replace(options, lowercase=False)
    found = options.fit(texts, _NONE)
    if options.trained:
        found.backend.decoder = decoder_of(options.tokenizer)
    return found


def ends_of(encoder: TextEncoder) -> tuple[int | None, int]:
    """The ids with which each text begins, if one does, and ends.

    Raises:
        ConfigError: the tokenizer puts none behind a text.
    """
    ids = encoder.encode(["a"])["input_ids"][0].as_py()
    special = special_ids(encoder.backend, encoder.unk_id)
    if ids[-1] not in special:
        problem = ": it puts no special token behind a text, so nothing says where one ends"
        hint = "that of a T5, BART or Marian kind, or {--tokenizer} bpe"
        raise ConfigError(problem, field="tokenizer", hint=hint)
    return ids[0] if len(ids) > 1 and ids[0] in special else None, ids[-1]
