"""What another value of an option must change, and beside what."""

from __future__ import annotations

from typing import Literal, NamedTuple

Kind = Literal[
    "prepared",  # the rows and ids on disk, and the name of their folder
    "loss",  # of the first training steps
    "order",  # which rows make which batch
    "evaluated",  # which rows make which batch of validation
    "schedule",  # learning rates per step
    "scores",  # probabilities of validation rows
    "run",  # what stands in the run's folder, or how often it is written
    "processes",  # processes at work beside this one
    "output",  # what the verb writes
    "refused",  # a value that can't hold here is refused, so it is read
]


class Effect(NamedTuple):
    """An option's other value.

    Args:
        kind: what must differ.
        value: the other value.
        beside: arguments without which the option has nothing to do; they hold before as well.
        before: the value before, where it isn't the default.
        mends: without the other value nothing works at all.
    """

    kind: Kind
    value: str
    beside: tuple[str, ...] = ()
    before: str | None = None
    mends: bool = False
