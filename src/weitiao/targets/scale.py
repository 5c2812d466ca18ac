"""A target of one class a row, of classes that are steps of a scale."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from weitiao.card import TargetCard
from weitiao.errors import ConfigError
from weitiao.targets.base import Target
from weitiao.targets.classes import names_of
from weitiao.targets.labels import all_numbers
from weitiao.targets.one_class import ClassTarget, OneClass, counted, labels_of


class ScaleTarget(ClassTarget):
    """Classes from the lowest to the highest; encoded and written like others."""


@dataclass(frozen=True)
class Scale(Target):
    """One class of an ordered scale a row.

    Args:
        label: column of the label.
        labels: names of the classes from the lowest to the highest; null = those of the data, which
            are numbers.
    """

    label: str = "label"
    labels: list[str] | None = None

    sets: ClassVar[bool] = False
    one_class: ClassVar[bool] = True

    def __post_init__(self) -> None:
        _ = self._classes  # refuses what they refuse

    @property
    def _classes(self) -> OneClass:
        """The same without its order."""
        return OneClass(self.label, self.labels)

    def canonical(self, table: pa.Table) -> pa.Table:
        """The table as it is."""
        return table

    def check(self, tables: Mapping[str, pa.Table], before: pa.Table) -> None:
        """As `Target.check`."""
        self._classes.check(tables, before)

    def fit(self, tables: Mapping[str, pa.Table]) -> TargetCard:
        """Find, order and count the classes.

        Raises:
            ConfigError: they have no order.
        """
        labels = names_of(self.labels, labels_of(tables))
        if not self.labels and not all_numbers(labels):
            raise ConfigError(
                f"an ordinal scale of words has no order of its own: {', '.join(labels[:10])}"
                "\n  → --data.target.labels '[lowest, …, highest]'"
            )
        return ScaleTarget(labels, counted(labels, tables["train"]))

    def strata(self, table: pa.Table) -> np.ndarray | None:
        """None: classes are cells."""
        return None

    def described(self, table: pa.Table) -> dict[str, Any]:
        """As `Target.described`."""
        return self._classes.described(table)

    def doubts(self, counts: Mapping[str, int]) -> Iterator[str]:
        """Those of classes."""
        return self._classes.doubts(counts)
