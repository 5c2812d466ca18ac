"""Which true answers a model could find: those that go the way of predictions and come back."""

from collections.abc import Iterator

import numpy as np

from weitiao.objectives.answer_edges import units_under
from weitiao.objectives.answer_scores import Gold, exact, gold_of
from weitiao.objectives.base import Batch
from weitiao.targets.answers import Answer

REACHED, NONE = "", "have none"
NOWHERE, INSIDE = "stand nowhere in their text", "begin or end inside a unit"
HINTS = {
    NOWHERE: "are {--text} and {--label} the columns of the same text?",
    INSIDE: "the tokenizer characters, or another pretrained one",
}
"""Why no model finds them, and the way out."""


def reach(batch: Batch) -> Iterator[tuple[int, str]]:
    """Each row of a labelled batch, and why no model finds its answers, if so."""
    columns = batch["row"].tolist(), batch["target"], batch["context"], batch["offsets"].numpy()
    for row, cell, context, offsets in zip(*columns, strict=True):
        gold = gold_of(cell, context)
        placed = [answer for answer in gold.answers if answer[0] >= 0]
        if not gold.answers:
            yield row, NONE
        elif not placed:
            yield row, NOWHERE
        elif any(_comes_back(answer, offsets, context, gold) for answer in placed):
            yield row, REACHED
        else:
            yield row, INSIDE


def _comes_back(answer: Answer, offsets: np.ndarray, context: str, gold: Gold) -> bool:
    """Whether the units under an answer are an exact match.

    Args:
        offsets: ``(U, 2)``, those of padding below 0.
    """
    begin, end, _ = answer
    found = units_under(begin, end, offsets)
    if found is None:
        return False
    said = context[offsets[found[0], 0] : offsets[found[1], 1]]
    return exact(said, [text for *_, text in gold.answers], chinese=gold.chinese) == 1
