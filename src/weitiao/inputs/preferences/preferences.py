"""Conversations with two answers as an input of a DataModule: its options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from weitiao.errors import ConfigError
from weitiao.inputs.chat.card import ChatInput
from weitiao.inputs.chat.chat import Chat
from weitiao.inputs.chat.conversations import Learn

# of an inherited option: types of those are looked up in this module
from weitiao.inputs.chat.lengths import TooLong  # noqa: F401
from weitiao.inputs.preferences.fitted import FittedPreferences

if TYPE_CHECKING:
    from weitiao.inputs.chat.encoder import ChatEncoder


def refuse_more_than_the_last(options: Chat) -> None:
    """Refuse to learn from any answer but the last, or to put different ones behind cut prompts.

    Raises:
        ConfigError: that is asked for.
    """
    if options.learn == "all":
        problem = "= all: only last answers are compared or judged"
        raise ConfigError(problem, field="learn", hint="{--learn} last")
    if options.too_long == "cut_prompt":
        problem = "= cut_prompt: different answers are to follow the same prompt"
        raise ConfigError(problem, field="too_long", hint="{--too_long} drop")


@dataclass(frozen=True)
class Preferences(Chat):
    """What a model reads of a conversation with two answers.

    Args:
        rejected: column of the answer that is not preferred, alone or with what comes before it.
        learn: only the last answers differ.

    Raises:
        ConfigError: a value is out of bounds.
    """

    rejected: str = "rejected"
    learn: Learn = "last"

    def __post_init__(self) -> None:
        super().__post_init__()
        refuse_more_than_the_last(self)

    @property
    def columns_of_labelled(self) -> dict[str, str]:
        """That of the answer that is not preferred."""
        return {"rejected": self.rejected}

    @property
    def differing(self) -> Sequence[str]:
        """The other answer."""
        return ("rejected",)

    def ready(self, card: ChatInput, encoder: ChatEncoder | Mapping[str, Any]) -> FittedPreferences:
        """As `Chat.ready`."""
        return FittedPreferences(self, card, encoder)
