"""A target of the better one of two answers in a conversation."""

from dataclasses import dataclass

from weitiao.targets.reply import Reply


@dataclass(frozen=True)
class Preferred(Reply):
    """The answer that is preferred to another one.

    Args:
        label: column of the preferred answer, alone or with what comes before it; ``chosen`` is
            found.
    """
