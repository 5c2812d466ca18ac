"""A target of an answer in a conversation that was judged good or bad."""

from dataclasses import dataclass

from weitiao.targets.reply import Reply


@dataclass(frozen=True)
class Feedback(Reply):
    """The answer that was judged.

    Args:
        label: column of the answer, where it isn't the last message of the conversation itself.
    """
