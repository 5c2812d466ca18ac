"""Conversations whose answers were judged, as an input of a DataModule: its options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from weitiao.inputs.chat.card import ChatInput
from weitiao.inputs.chat.chat import Chat
from weitiao.inputs.chat.conversations import Learn

# of an inherited option: types of those are looked up in this module
from weitiao.inputs.chat.lengths import TooLong  # noqa: F401
from weitiao.inputs.preferences.fitted_judged import FittedJudged
from weitiao.inputs.preferences.preferences import refuse_more_than_the_last

if TYPE_CHECKING:
    from weitiao.inputs.chat.encoder import ChatEncoder


@dataclass(frozen=True)
class Judged(Chat):
    """What a model reads of a conversation whose answer is good or bad.

    Args:
        good: column of whether it is: true or false; ``kto_tag`` and ``label`` are found.
        learn: only the last answer was judged.

    Raises:
        ConfigError: a value is out of bounds.
    """

    good: str = "good"
    learn: Learn = "last"

    def __post_init__(self) -> None:
        super().__post_init__()
        refuse_more_than_the_last(self)

    @property
    def columns_of_labelled(self) -> dict[str, str]:
        """That of the judgement."""
        return {"good": self.good}

    @property
    def differing(self) -> Sequence[str]:
        """The judgement."""
        return ("good",)

    def ready(self, card: ChatInput, encoder: ChatEncoder | Mapping[str, Any]) -> FittedJudged:
        """As `Chat.ready`."""
        return FittedJudged(self, card, encoder)
