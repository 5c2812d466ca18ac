"""Generated replies, and how one is compared with the right one."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from weitiao.errors import ConfigError


class Said(NamedTuple):
    """What a model says of a row.

    Args:
        ids: of its answer, without the one that ends it; null = it was not asked for one.
        ended: whether it ended by itself; null likewise.
        loss: sum of the cross-entropies of the right answers' ids; 0 where there is none.
        size: how many they are.
    """

    ids: list[int] | None
    ended: bool | None
    loss: float = 0.0
    size: int = 0


class Compared(NamedTuple):
    """What a model says of a row, and how it judges its two answers.

    Args:
        ids: of its own answer, as of `Said`.
        ended: likewise.
        loss: sum of the cross-entropies of the preferred answer's ids.
        size: how many they are.
        known: whether both answers fit.
        rewards: of the preferred answer and of the other; NaN where it isn't known how likely
            they were before the training.
        likelier: whether an id of the preferred answer is likelier, in the mean.
    """

    ids: list[int] | None
    ended: bool | None
    loss: float
    size: int
    known: bool
    rewards: tuple[float, float]
    likelier: bool


Answered = Said | Compared


@dataclass(frozen=True)
class Matching:
    """When an answer is the right one.

    Args:
        extract: regular expression of the part that counts: its first group, or all that matches;
            null = the whole answer. White space counts as one space.

    Raises:
        ConfigError: it is none.
    """

    extract: str | None

    def __post_init__(self) -> None:
        try:
            re.compile(self.extract or "")
        except re.error as error:
            problem = f": {self.extract!r} is no regular expression: {error}"
            raise ConfigError(problem, field="extract") from error

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        return None if self.extract is None else re.compile(self.extract)

    def key(self, text: str) -> str | None:
        """What counts of an answer; null = it lacks that."""
        if self._pattern is not None:
            if (found := self._pattern.search(text)) is None:
                return None
            text = found[1 if self._pattern.groups else 0] or ""
        return " ".join(text.split())

    def same(self, said: str, right: str) -> bool:
        """Whether the same counts of both."""
        return (key := self.key(said)) is not None and key == self.key(right)
