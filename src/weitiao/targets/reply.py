"""A target of the answer in a conversation."""

from dataclasses import dataclass

from weitiao.targets.whole_text import WholeText


@dataclass(frozen=True)
class Reply(WholeText):
    """What is answered to the end of a conversation.

    Args:
        label: column of the answer, where it isn't the last message of the conversation itself, in
            one of the forms that ``docs/data.md`` lists; the usual names of both are found.
    """

    label: str = "label"

    what = "answers"
    cells = "reply"
    conflict = "are there several answers to each prompt? {--drop_conflicts} false keeps such rows"
