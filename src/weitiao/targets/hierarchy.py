"""A target of one path of a tree a row, such as ``sport/football``."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import pyarrow as pa

from weitiao.card import TargetCard
from weitiao.errors import ConfigError
from weitiao.io.tables.spelling import tidy
from weitiao.targets.base import respelled
from weitiao.targets.classes import LabelTarget
from weitiao.targets.one_class import ClassTarget

_FULL_WIDTH = 0xFEE0  # from an ASCII character to its full-width form


@dataclass(frozen=True)
class PathTarget(ClassTarget):
    """Paths of a tree, each a class.

    Args:
        separator: what stands between the levels of a path.
    """

    separator: str

    @property
    def levels(self) -> list[list[str | None]]:
        """By level, what each path goes through there, as the path down to it, ``(D, C)``; null
        where a path has ended above."""
        paths = [label.split(self.separator) for label in self.labels]
        return [
            [self.separator.join(path[:depth]) if len(path) >= depth else None for path in paths]
            for depth in range(1, max(map(len, paths)) + 1)
        ]


@dataclass(frozen=True)
class Hierarchy(LabelTarget):
    """One path of a tree a row, ``sport/football``, from the root down.

    Paths may differ in depth, and one may end where others go on: it then says that nothing more
    is known, or that nothing below fits (partial depth labels: Silla & Freitas 2011, "A survey of
    hierarchical classification across different application domains").

    Args:
        label: column of the path.
        labels: the paths in the order of the probabilities; null = found in the data.
        separator: what stands between the levels, in usual or full width.
    """

    label: str = "label"
    labels: list[str] | None = None
    separator: str = "/"

    one_class = True

    def __post_init__(self) -> None:
        if not self.separator:
            raise ConfigError("is empty", field="separator")
        try:
            super().__post_init__()
        except ValueError as error:
            raise ConfigError(f": {error}", field="labels") from error

    @property
    def _mark(self) -> str:
        """A pattern of the separator, whose characters may have usual or full width."""
        mark = self.separator.strip() or self.separator
        usual = [chr(ord(c) - _FULL_WIDTH) if "！" <= c <= "～" else c for c in mark]
        wide = [chr(ord(c) + _FULL_WIDTH) if "!" <= c <= "~" else c for c in usual]
        return "".join(f"[{re.escape(a + b)}]" for a, b in zip(usual, wide, strict=True))

    def spelled(self, label: str) -> str:
        """A path with tidy levels.

        Raises:
            ValueError: a level is empty.
        """
        levels = [tidy(level) for level in re.split(self._mark, label)]
        if "" in levels:
            raise ValueError(f"level {levels.index('') + 1} of the path is empty")
        return self.separator.join(levels)

    def canonical(self, table: pa.Table) -> pa.Table:
        """The table with one spelling for each path.

        Raises:
            DataError: a level of a path is empty.
        """
        hint = f"write a{self.separator}b, or name another separator: {{--separator}} MARK"
        return respelled(table, cache(self.spelled), "", hint)

    def fit(self, tables: Mapping[str, pa.Table]) -> TargetCard:
        """Find and count the paths.

        Raises:
            ConfigError: none has more than one level.
        """
        labels, counts = self.counted(tables)
        if not any(self.separator in label for label in labels):
            raise ConfigError(
                f"no label has levels, none holds {self.separator!r}: {', '.join(labels[:10])}",
                hint="{--separator} MARK; {--task} classification",
            )
        return PathTarget(labels, counts, self.separator)
