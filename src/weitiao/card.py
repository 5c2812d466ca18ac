"""The data card: the one plain value that data and models share."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, is_dataclass, replace
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from weitiao.errors import ConfigError

NOTHING = -100
"""Stands in a batch behind the ids that are to be written of a row: no id, none to be learned."""


class TargetCard(Protocol):
    """A target that was fitted: a frozen dataclass of plain values, whose path and values are kept.

    ``labels`` are the names of what there is to predict, in the order of the probabilities; none
    for a number.
    """

    @property
    def labels(self) -> Sequence[str]:
        """Their names."""

    def encode(self, table: pa.Table) -> pa.ChunkedArray:
        """The targets of readable rows, ``N`` of them.

        Raises:
            DataError: a cell is none of this target's; names file, row, column and value.
        """

    def written(self, decided: np.ndarray) -> list[str]:
        """Decisions ``(N, …)``, of the form of encoded targets, as they stand in a file."""


@dataclass(frozen=True, kw_only=True)
class InputCard:
    """What a model must know of any input: plain values in a frozen dataclass derived from this.

    Args:
        pair: whether a row has two texts.
        vector_width: width of the word vectors the embeddings begin with; null = there are none.
        vectors: file of theirs, ``(vocab_size, vector_width)`` as NumPy saves it. It is left out
            where the card is written: a checkpoint has what became of them.
        linear_features: features of the solved linear model; null = there is none.
        linear: file of its weights, left out likewise.
    """

    pair: bool = False
    vector_width: int | None = None
    vectors: str | None = None
    linear_features: int | None = None
    linear: str | None = None


@dataclass(frozen=True)
class TokenInput(InputCard):
    """What a model must know of texts that it reads as ids.

    Args:
        vocab_size: number of ids the tokenizer can produce.
        pad_id: id that fills a batch; masked out everywhere.
        max_length: longest sequence of ids, special ids included, that a backbone is given.
        windows: whether rows may be longer, and say where each id stands: an objective reads them
            part by part.
        apart: whether the two texts of a pair are two sequences.
        options: whether a row has several second texts, each a sequence with the first.
    """

    vocab_size: int
    pad_id: int
    max_length: int
    windows: bool = False
    apart: bool = False
    options: bool = False

    def __post_init__(self) -> None:
        for name in ("vocab_size", "pad_id", "max_length"):
            if not isinstance(size := getattr(self, name), int):
                raise TypeError(f"{name} of the data card is a whole number, not {size!r}")


@dataclass(frozen=True)
class DataCard:
    """What a model must know of the data it is trained on.

    It is made by the DataModule, written beside the run as ``data_card.json`` and into every
    checkpoint, so that a checkpoint names its own labels.

    Args:
        rows: rows per split, after the audit.
        fingerprint: hash of labels, ids, targets and word vectors: equal where data were prepared
            alike.
    """

    input: InputCard
    target: TargetCard
    rows: dict[str, int] = field(default_factory=dict)
    fingerprint: str = ""

    @property
    def tokens(self) -> TokenInput:
        """The input of a model that reads ids.

        Raises:
            ConfigError: it makes none.
        """
        if not isinstance(self.input, TokenInput):
            problem = f"the model reads ids, and the input makes a {type(self.input).__name__}"
            raise ConfigError(
                problem, hint="a backbone for it: ConvNet, ViT, or your own, without a wide part"
            )
        return self.input

    def plain(self) -> dict[str, Any]:
        """The card as JSON-compatible values."""
        values = asdict(replace(self, input=replace(self.input, vectors=None, linear=None)))
        for name, part in (("input", self.input), ("target", self.target)):
            path = f"{type(part).__module__}.{type(part).__qualname__}"
            if type(part) is not TokenInput:  # which was the only one once
                values[name] = {"class_path": path, "init_args": values[name]}
        return values

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> DataCard:
        """The card that was written as these values.

        Raises:
            ValueError: a part's class is none that was imported: naming it imports nothing.
        """
        given = values["input"]
        own = _made(given, "vectors") if "class_path" in given else TokenInput(**given)
        return cls(**{**values, "input": own, "target": _made(values["target"], "encode")})


def _made(part: Mapping[str, Any], needed: str) -> Any:
    """A part of a card, from its values and its class: a dataclass that has a certain name."""
    module, _, name = part["class_path"].rpartition(".")
    kind = getattr(sys.modules.get(module), name, None)
    if not (isinstance(kind, type) and is_dataclass(kind) and hasattr(kind, needed)):
        raise ValueError(f"{part['class_path']} is no part of a data card")
    return kind(**part["init_args"])
