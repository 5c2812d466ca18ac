"""A target of a whole text written from another: a translation, a summary."""

from dataclasses import dataclass

from weitiao.targets.whole_text import WholeText


@dataclass(frozen=True)
class Reference(WholeText):
    """The text that a person wrote of another one, beside which a model's is held.

    Args:
        label: column of the text. White space at its ends doesn't count.
    """

    label: str = "label"

    what = "texts"
    cells = "text"
    several = True
    conflict = "has each text several translations? {--drop_conflicts} false keeps such rows"
