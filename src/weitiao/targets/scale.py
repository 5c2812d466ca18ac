"""A target of one class a row, of classes that are steps of a scale."""

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from weitiao.card import TargetCard
from weitiao.errors import ConfigError
from weitiao.targets.classes import LabelTarget
from weitiao.targets.labels import all_numbers
from weitiao.targets.one_class import ClassTarget


class ScaleTarget(ClassTarget):
    """Classes from the lowest to the highest; encoded and written like others."""


@dataclass(frozen=True)
class Scale(LabelTarget):
    """One class of an ordered scale a row.

    Args:
        label: column of the label.
        labels: names of the classes from the lowest to the highest; null = those of the data, which
            are numbers.
    """

    label: str = "label"
    labels: list[str] | None = None

    one_class = True

    def fit(self, tables: Mapping[str, pa.Table]) -> TargetCard:
        """Find, order and count the classes.

        Raises:
            ConfigError: they have no order.
        """
        labels, counts = self.counted(tables)
        if not self.labels and not all_numbers(labels):
            problem = f"an ordinal scale of words has no order of its own: {', '.join(labels[:10])}"
            raise ConfigError(problem, hint="{--labels} '[lowest, …, highest]'")
        return ScaleTarget(labels, counts)
