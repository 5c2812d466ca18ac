"""The data card: the one plain value that data and models share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Literal

Task = Literal["classification", "multilabel", "ordinal", "regression"]
"""What a row's target is: one class, any number of classes, one class of an ordered scale, a
number."""


@dataclass(frozen=True)
class TokenInput:
    """What a model must know of texts that it reads as ids.

    Args:
        vocab_size: number of ids the tokenizer can produce.
        pad_id: id that fills a batch; masked out everywhere.
        max_length: longest sequence of ids, special ids included.
        pair: whether a row has two texts.
        vector_width: width of the word vectors the embeddings begin with; null = there are none.
        vectors: file of theirs, ``(vocab_size, vector_width)`` as NumPy saves it. It is left out
            where the card is written: a checkpoint has what became of them.
        linear_features: features of the solved linear model; null = there is none.
        linear: file of its weights, left out likewise.
    """

    vocab_size: int
    pad_id: int
    max_length: int
    pair: bool = False
    vector_width: int | None = None
    vectors: str | None = None
    linear_features: int | None = None
    linear: str | None = None


@dataclass(frozen=True)
class DataCard:
    """What a model must know of the data it is trained on.

    It is made by the DataModule, written beside the run as ``data_card.json`` and into every
    checkpoint, so that a checkpoint names its own labels.

    Args:
        task: the kind of target.
        labels: names of the classes in natural order; column ``c`` of the probabilities is
            ``labels[c]``. Empty for a regression.
        label_counts: rows per class in the training split, in the order of ``labels``.
        input: what is read.
        rows: rows per split, after the audit.
        fingerprint: hash of labels, ids, targets and word vectors: equal where data were prepared
            alike.
        target_mean: mean of a regression's targets in the training split.
        target_scale: their standard deviation; the model works in these units.
    """

    task: Task
    labels: list[str]
    label_counts: list[int]
    input: TokenInput
    rows: dict[str, int] = field(default_factory=dict)
    fingerprint: str = ""
    target_mean: float = 0.0
    target_scale: float = 1.0

    def plain(self) -> dict[str, Any]:
        """The card as JSON-compatible values."""
        return asdict(replace(self, input=replace(self.input, vectors=None, linear=None)))

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> DataCard:
        """The card that was written as these values, in this layout or an earlier one."""
        values = today(values)
        return cls(**values | {"input": TokenInput(**values["input"])})


def today(values: Mapping[str, Any]) -> dict[str, Any]:
    """A card's plain values in today's layout: those of its input stood beside the others."""
    names = [f.name for f in fields(TokenInput) if f.name in values]
    others = {name: value for name, value in values.items() if name not in names}
    return {"input": {name: values[name] for name in names}} | others


def state_today(state: Mapping[str, Any]) -> dict[str, Any]:
    """What a checkpoint keeps of its data, in today's layout: the input has a part of its own."""
    of_input = {name: state[name] for name in ("encoder", "features") if name in state}
    others = {name: value for name, value in state.items() if name not in of_input}
    if isinstance(others.get("card"), dict):
        others["card"] = today(others["card"])
    return ({"input": of_input} if of_input else {}) | others


def width_of(task: Task, classes: int) -> int:
    """Logits per row: one a class, one a step between the classes of a scale, one for a number."""
    return {"ordinal": classes - 1, "regression": 1}.get(task, classes)
