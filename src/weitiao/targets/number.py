"""A target of a number a row."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from weitiao.card import TargetCard
from weitiao.errors import DataError
from weitiao.targets.base import Target, respelled

_LARGEST = 1e18  # squared it still is a 32-bit float, as the model and its scores have them
_BINS = 10  # of targets, by quantiles, so that splits hold alike scores


@dataclass(frozen=True)
class NumberTarget:
    """Numbers.

    Args:
        mean: of those of train.
        scale: their standard deviation; a model works in these units.
    """

    mean: float
    scale: float

    @property
    def labels(self) -> Sequence[str]:
        """None."""
        return []

    def encode(self, table: pa.Table) -> pa.ChunkedArray:
        """float32 ``(N,)``."""
        return _values(table)

    def written(self, decided: np.ndarray) -> list[str]:
        """Values ``(N,)`` to six digits."""
        return [f"{value:.6g}" for value in decided.tolist()]


@dataclass(frozen=True)
class Number(Target):
    """A number a row.

    Args:
        label: column of the number.
    """

    label: str = "label"

    def canonical(self, table: pa.Table) -> pa.Table:
        """The table with numbers in their shortest form.

        Raises:
            DataError: a cell is no finite number.
        """
        return respelled(table, _spelled, "", "each row needs a number, written like 4.5")

    def check(self, tables: Mapping[str, pa.Table], before: pa.Table) -> None:
        """As `Target.check`; numbers that train lacks can be measured on."""
        super().check(tables, before)
        train = tables["train"]
        if "label" in train.column_names and len(pc.unique(_values(train))) == 1:
            cells = pc.unique(train["label"])
            raise DataError(
                f"in 32 bits all {len(cells):,} numbers of train are the same",
                file=train["file"][0].as_py(),
                column="label",
                value=cells[0].as_py(),
                hint="shift or scale them",
            )

    def fit(self, tables: Mapping[str, pa.Table]) -> TargetCard:
        """Mean and standard deviation of train."""
        exact = _values(tables["train"]).to_numpy().astype(np.float64)
        return NumberTarget(float(exact.mean()), float(exact.std()))

    def strata(self, table: pa.Table) -> np.ndarray | None:
        """Rows by the tenth of the targets that they lie in."""
        if "label" not in table.column_names:
            return None
        targets = _values(table).to_numpy()
        edges = np.unique(np.quantile(targets, np.arange(1, _BINS) / _BINS))
        return np.searchsorted(edges, targets, side="right")

    def described(self, table: pa.Table) -> dict[str, Any]:
        """``targets``: the least, the mean and the largest."""
        targets = _values(table).to_numpy()
        points = {"min": targets.min(), "mean": targets.mean(), "max": targets.max()}
        return {"classes": {}, "targets": {name: float(point) for name, point in points.items()}}


def _values(table: pa.Table) -> pa.ChunkedArray:
    return pc.cast(table["label"], pa.float32())


def _spelled(cell: str) -> str:
    try:
        value = float(cell)
    except ValueError:
        raise ValueError("this is not a number") from None
    if not math.isfinite(value):
        raise ValueError("this is no finite number")
    if abs(value) > _LARGEST:
        raise ValueError(f"this number is beyond ±{_LARGEST:g}")
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
