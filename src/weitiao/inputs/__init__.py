"""From raw cells to model inputs, one room per modality."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from weitiao.card import InputCard, TargetCard
from weitiao.errors import DataError
from weitiao.io.dialogues.messages import Role
from weitiao.io.tables.opened import Opener

if TYPE_CHECKING:
    import torch

Counts = dict[str, dict[str, int]]
"""How many rows, by what was done to them and the step that did it."""
Span = tuple[int, int]
"""Begin and end of a part of a text, in code points."""
STATE = "input.json"
"""Beside prepared rows: the state of an input."""


class Draws(NamedTuple):
    """What makes up a batch.

    Args:
        rows: ``(B,)`` rows of the table.
        slots: ``(B,)`` which of the epoch's draws each is.
    """

    rows: np.ndarray
    slots: np.ndarray
    epoch: int


def tensors(arrays: Mapping[str, np.ndarray]) -> dict[str, torch.Tensor]:
    """The arrays as tensors."""
    import torch  # processes that segment words do without it

    return {name: torch.from_numpy(np.ascontiguousarray(v)) for name, v in arrays.items()}


class Targets(NamedTuple):
    """What the rows of each split are to be, for an input that solves a part of the model.

    Args:
        values: by split ``(N,)`` or ``(N, C)``.
    """

    card: TargetCard
    values: Mapping[str, np.ndarray]


class InputRows(Protocol):
    """Encoded rows, ready to be drawn."""

    lengths: np.ndarray
    """``(N,)``: what the budget of a batch counts."""

    def collate(self, draws: Draws) -> dict[str, Any]:
        """What these rows give to a batch.

        Returns:
            ``inputs``: tensors by the name of a model's argument; and what else the input knows
            of them, such as which it has changed.
        """


class FittedInput(ABC):
    """An input that has seen the training rows: what a checkpoint keeps of it is its `state`.

    One of your own has ``card``, `encode` and `rows`, and, where it learned something, `state`.
    """

    card: InputCard
    """What a model must know of it."""
    files: Sequence[Path] = ()
    """Prepared files, besides the encoded rows, that a model learns from."""

    @abstractmethod
    def encode(self, table: pa.Table) -> pa.Table:
        """The encoded columns of readable rows."""

    def for_evaluation(self, encoded: pa.Table, table: pa.Table) -> pa.Table:
        """Encoded rows with the columns that no training reads, if there are any."""
        return encoded

    def examine(self, encoded: pa.Table, table: pa.Table, *, training: bool) -> dict[str, Any]:
        """What to report on encoded rows, as plain values.

        Raises:
            ConfigError: a model could learn nothing from these rows of training.
        """
        return {}

    def learnable(self, encoded: pa.Table) -> np.ndarray | None:
        """``(N,)`` bool: the encoded rows of training that stay; null = all of them."""
        return None

    def completed_target(self, card: TargetCard) -> TargetCard:
        """The target with what of the input its texts are written by."""
        return card

    def joined(self, found: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
        """What to report on rows that come in parts, from what `examine` found of two."""
        return found

    def finish(
        self, encoded: Mapping[str, pa.Table], folder: Path, begin: Callable[[str], None]
    ) -> dict[str, Any]:
        """Leave beside encoded rows what `Input.load` needs; gives further parts of the audit."""
        (folder / STATE).write_text(json.dumps(self.state()), "utf-8")
        return {}

    @abstractmethod
    def rows(self, encoded: pa.Table) -> InputRows:
        """Encoded rows as they are."""

    def baseline_features(self, encoded: pa.Table) -> np.ndarray | None:
        """``(N, F)`` of encoded rows, of which simpler models are made to compare with; null =
        those of their texts."""
        return None

    def changed_rows(self, encoded: pa.Table, table: pa.Table, seed: int) -> Any:
        """Encoded rows of training that are changed from seed, epoch and slot (`InputRows`)."""
        # only those whose input says how often a row comes are asked
        raise NotImplementedError(f"{type(self).__name__} changes no rows")

    def unread(self, texts: Sequence[str]) -> list[list[Span]]:
        """The parts of each of a row's texts, as cleaned, that are beyond what a model reads."""
        return [[] for _ in texts]

    def state(self) -> dict[str, Any]:
        """Tensors and plain values from which `Input.from_state` makes it again.

        `finish` and `Input.load` have to be its own, where there are tensors.
        """
        return {}

    def handling(self, report: Mapping[str, Any], rows: Mapping[str, int]) -> Iterator[str]:
        """Lines on what was cleaned, cut and encoded, of ``audit.json`` and the rows by split."""
        yield from ()

    def of_new_rows(self, split: str, found: Mapping[str, Any]) -> Iterator[str]:
        """Lines on what `examine` found of rows that are new to a checkpoint."""
        yield from ()


class Input(ABC):
    """How raw cells become what a model reads; a frozen dataclass of its options.

    One of your own, ``--data.input my_module.MyInput``, has ``columns``, `fit` and `from_state`.
    """

    @property
    @abstractmethod
    def columns(self) -> dict[str, str]:
        """Role → column of the file; of the role ``text`` is what people are shown."""

    @property
    def shown_as(self) -> str:
        """What files of predictions call the cells of the role ``text``."""
        return "text"

    @property
    def counted_in(self) -> str:
        """What `sizes` counts, for people."""
        return "characters"

    @property
    def recipe(self) -> str | None:
        """The recipe for all rows of such an input; null = it depends on them."""
        return None

    @property
    def opener(self) -> Opener | None:
        """Opens the files that cells of ``text`` name; null = the cells are what is read."""
        return None

    @property
    def columns_of_labelled(self) -> dict[str, str]:
        """Likewise, of those that only rows to learn from, or to measure on, need have."""
        return {}

    @property
    def differing(self) -> Sequence[str]:
        """Roles by which rows of one text and label differ all the same: none repeats another."""
        return ()

    @property
    def times(self) -> int | None:
        """How often a training row comes in an epoch where rows are changed; null = they aren't."""
        return None

    @property
    def optional(self) -> Sequence[str]:
        """Roles that a row given to a model by names of columns may lack."""
        return ()

    def cell(self, role: str, value: Any, roles: Mapping[str, Role] | None = None) -> Any:
        """A value that a program gives, as it stands in a table; what is none, as it is.

        Args:
            roles: who speaks in conversations, beside the usual names.
        """
        return value

    def cells(
        self, row: Mapping[str, Any], roles: Mapping[str, Role] | None = None
    ) -> dict[str, Any]:
        """The cells of a row that a program gives by the names of its columns: role → cell.

        Args:
            roles: as of `cell`.

        Raises:
            DataError: a column is missing, or what it has can't be read.
        """
        for role, name in self.columns.items():
            if name not in row and role not in self.optional:
                raise DataError("no such column", column=name, value=dict(row))
        given = {role: row.get(name, "") for role, name in self.columns.items()}
        return {role: self.cell(role, value, roles) for role, value in given.items()}

    def check(self) -> None:
        """Refuse what would fail after long work."""
        return

    def shaping(self) -> Any:
        """The options that shape prepared rows, others at their defaults."""
        return self

    def option_files(self) -> Iterator[Path]:
        """Files that options name: their contents shape prepared rows, too."""
        yield from ()

    def cleaned(self, table: pa.Table, *, may_drop: bool) -> tuple[pa.Table, Counts]:
        """Raw rows with cleaned cells, beside ``original``; and how many each step ``changed`` and
        ``dropped``."""
        return table.append_column("original", table["text"]), {"changed": {}, "dropped": {}}

    def keys(self, table: pa.Table) -> Iterator[str]:
        """By row: rows with equal keys count as the same in audit and split."""
        cells = (table[role].to_pylist() for role in self.columns)
        yield from map("\x1f".join, zip(*cells, strict=True))

    def sizes(self, table: pa.Table) -> np.ndarray:
        """``(N,)`` size of each row, as the audit shows it: characters of ``text``."""
        return pc.utf8_length(table["text"]).to_numpy()

    @abstractmethod
    def fit(
        self,
        tables: Mapping[str, pa.Table],
        targets: Targets,
        folder: Path,
        begin: Callable[[str], None],
    ) -> FittedInput:
        """Learn from the training rows what encoding needs.

        Args:
            tables: cleaned rows of ``train`` and the other splits.
            targets: of the same rows.
            folder: takes the files that a model learns from.
            begin: tells the stage at work.
        """

    def load(self, folder: Path, card: Any) -> FittedInput:
        """What `FittedInput.finish` left in a folder of prepared rows."""
        return self.from_state(json.loads((folder / STATE).read_text("utf-8")), card)

    @abstractmethod
    def from_state(self, state: Mapping[str, Any], card: Any) -> FittedInput:
        """The fitted input that a checkpoint keeps.

        Args:
            state: as `FittedInput.state` gave it.
            card: its `InputCard`.
        """
