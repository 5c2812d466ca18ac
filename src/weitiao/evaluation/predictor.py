"""A trained model in Python: texts in, labels and probabilities out."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import torch

from weitiao.config.own_code import allow
from weitiao.data.new_rows import NewRows
from weitiao.errors import DataError
from weitiao.evaluation.arithmetic import arithmetic, cast, moved
from weitiao.evaluation.inference import Precision
from weitiao.evaluation.model import Model
from weitiao.evaluation.opening import open_model
from weitiao.inputs import Span
from weitiao.inputs.chat import Chat
from weitiao.io.checkpoint_file import checkpoint_of
from weitiao.training.rowwise import Predicted, as_array, decide, in_order

if TYPE_CHECKING:
    from weitiao.training.fit import Run

Messages = Sequence[Mapping[str, Any]]
Row = str | tuple[str, str] | tuple[str, Sequence[str]] | Messages | Mapping[str, Any]
"""A text; two texts of a pair; a question and its options; messages; or a row whose columns are
named as in training."""


@dataclass(frozen=True, eq=False)
class Predictions:
    """What a model says of ``N`` rows, in their order.

    Args:
        labels: a label each; of a multi-label model a list of them, of a regression a number.
        probabilities: ``(N, C)``; null = a regression has none.
        classes: the label of each column of ``probabilities``.
        cleaned: the text of each row after cleaning, of pairs tuples of two; empty = not known.
        unread: of each row and each of its texts the spans of ``cleaned``, in code points, that
            are beyond what the model reads; empty = not known.
        columns: what else a file of predictions has of each row, by name: of spans their words
            and probabilities; of an answer the same, and the next best ones; of one in a
            conversation whether it ended by itself, how many ids it has, and whether the oldest
            messages were cut off.
    """

    labels: list[Any]
    probabilities: np.ndarray | None
    classes: list[str]
    cleaned: list[Any] = field(default_factory=list)
    unread: list[list[list[Span]]] = field(default_factory=list)
    columns: dict[str, list[Any]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, rows: slice) -> Predictions:
        """The same of some of the rows."""
        said = None if self.probabilities is None else self.probabilities[rows]
        found = self.labels[rows], said, self.classes, self.cleaned[rows], self.unread[rows]
        return Predictions(*found, {name: values[rows] for name, values in self.columns.items()})


class Predictor:
    """A model with its labels, cleaning and tokenizer. It prints and writes nothing."""

    def __init__(
        self,
        model: Model,
        rows: NewRows,
        device: torch.device,
        precision: Precision = "32-true",
    ) -> None:
        self.model = cast(model, precision).to(device).eval()
        self.rows, self.device, self.precision = rows, device, precision
        self.classes = [*model.objective.classes]
        """The labels that have a probability; a regression has none."""
        self.pair = "pair" in rows.input.columns
        """Whether a row is two texts."""
        self.options = getattr(rows.card.input, "options", False)
        """Whether the second is a list of options."""
        self.chat = isinstance(rows.input, Chat)
        """Whether a row may be a conversation."""

    def answer(self, table: pa.Table) -> tuple[Predicted, pa.Table]:
        """What the model says of cleaned rows, at least one, and what it read of them.

        Returns:
            In the order of the rows; and the encoded rows.
        """
        rows, batches = self.rows.encode(table), []
        with arithmetic(self.precision, self.device):
            for batch in rows.batches:
                said = self.model(moved(batch, self.device))
                batches.append({"row": batch["row"], "predictions": said})
            found = in_order(batches)
            assert found is not None  # of the only process
            decided = decide(self.model.objective, found["predictions"])
        shown = self.rows.input.shown_as
        said = Predicted(table, as_array(found["predictions"]), decided, shown_as=shown)
        return said, rows.encoded

    def conversation(self, row: Any) -> Any:
        """A conversation as a text that `predict` takes; what is none, as it is.

        Raises:
            DataError: it is one that can't be answered.
        """
        return self.rows.cell("text", row)

    def predict(self, rows: Sequence[Row]) -> Predictions:
        """Label new rows.

        Args:
            rows: texts, of a model of pairs tuples of two, of one that chats lists of messages; or
                rows by the names of their columns, which of a model that chats may have any form of
                ``docs/data.md``.

        Raises:
            DataError: a row is nothing of that; counts rows from 1.
        """
        if isinstance(rows, str | bytes | Mapping):
            raise DataError("this is one row", value=rows, hint="a list of rows: predict([row])")
        if hasattr(rows, "columns"):  # of pandas, polars or pyarrow: it would give columns
            hint = 'its rows: predict(table.to_dict("records")), or a column of texts'
            raise DataError("this is a table, not a list of rows", hint=hint)
        objective, classes = self.model.objective, self.classes
        if not len(rows):
            return Predictions([], np.empty((0, len(classes))) if classes else None, [])
        texts = [self._texts_of(row, number) for number, row in enumerate(rows, 1)]
        cells = map(list, zip(*texts, strict=True))
        table = self.rows.of_cells(dict(zip(self.rows.input.columns, cells, strict=True)))
        found, encoded = self.answer(table)
        labels = map(objective.value, objective.texts(found.decided))
        said = found.predictions if classes else None
        originals = table["original"].to_pylist()
        columns = objective.columns(found.predictions, found.decided, originals)
        if self.chat:  # of messages there are no spans
            columns["cut"] = encoded["cut"].to_pylist()
        return Predictions([*labels], said, classes, *self._as_read(table, encoded), columns)

    def _as_read(
        self, table: pa.Table, encoded: pa.Table
    ) -> tuple[list[Any], list[list[list[Span]]]]:
        """What was left of each row when it was cleaned, and what of that was not read."""
        roles = [role for role in self.rows.input.columns if role in table.column_names]
        rows = [*zip(*(table[role].to_pylist() for role in roles), strict=True)]
        unread: list[list[list[Span]]] = [[[] for _ in row] for row in rows]
        if "cut" in encoded.column_names:  # an input of one's own need not say
            for i in np.flatnonzero(encoded["cut"].to_numpy()).tolist():
                unread[i] = self.rows.fitted.unread(rows[i])
        return (rows if self.pair else [text for (text,) in rows]), unread

    def _texts_of(self, row: Row, number: int) -> list[str]:
        """The cells of a row, of all roles of the input."""
        source = self.rows.input
        needed = [role for role in source.columns if role not in source.optional]
        given: dict[str, Any] = {}
        try:
            if isinstance(row, Mapping):
                given = self.rows.cells(row)
            elif len(values := [*row] if _several(row) else [row]) == len(needed):
                cells = dict(zip(needed, values, strict=True))
                given = {role: self.rows.cell(role, cells.get(role, "")) for role in source.columns}
        except DataError as error:
            error.row = number
            raise
        texts = [*given.values()]
        if not given or not all(isinstance(text, str) for text in texts):
            wanted = _WANTED[len(needed) + self.options]
            wanted += " or a list of messages" if self.chat else ""
            raise DataError(f"this is not {wanted}", row=number, value=row)
        for text, column in zip(texts, source.columns.values(), strict=True):
            _refuse_torn(text, number, column)
        return texts


def _refuse_torn(text: str, number: int, column: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        problem = "half of a surrogate pair is no character"
        raise DataError(problem, row=number, column=column, value=text) from error


def _several(row: Any) -> bool:
    """Whether a row is several cells; a list of messages is one conversation."""
    return isinstance(row, tuple | list) and not any(isinstance(x, Mapping) for x in row)


_WANTED = {1: "a text", 2: "a pair of texts", 3: "a question and a list of options"}


def load(
    source: Run | str | os.PathLike[str],
    *,
    device: str | None = None,
    precision: Precision = "32-true",
    trust_remote_code: bool = False,
    allow_code: str | Sequence[str] = (),
) -> Predictor:
    """A trained model, to be used in Python.

    Args:
        source: a run, its folder, or a checkpoint.
        device: where it computes, as torch names it; null = a GPU if there is one.
        precision: ``bf16-mixed`` is twice as fast where processor or GPU have bfloat16.
        trust_remote_code: run Python code that came with the backbone, if the checkpoint asks.
        allow_code: modules of your own whose classes the checkpoint may name.

    Raises:
        ConfigError: there is no such checkpoint; it is broken, not ours, or asks for code.
    """
    if isinstance(source, str | os.PathLike):
        path = checkpoint_of(Path(source))
    else:
        path = source.folder.best
    with allow([allow_code] if isinstance(allow_code, str) else allow_code):
        model, rows = open_model(path, {}, trust_remote_code=trust_remote_code)
    usual = "cuda" if torch.cuda.is_available() else "cpu"
    return Predictor(model, rows, torch.device(device or usual), precision)
