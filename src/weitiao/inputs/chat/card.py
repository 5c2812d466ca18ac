"""What a model must know of conversations."""

from __future__ import annotations

from dataclasses import dataclass

from weitiao.card import TokenInput


@dataclass(frozen=True)
class ChatInput(TokenInput):
    """Conversations that are read as ids, and answered with ids.

    Args:
        ends: ids of which each ends an answer; the first is the one that is learned.
    """

    ends: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "ends", tuple(self.ends))  # a list where it was written as JSON
