"""Which true answers a model could find: those that survive the way to units and back."""

from collections.abc import Iterator

import numpy as np

from weitiao.objectives.answers.edges import units_under
from weitiao.objectives.answers.matching import Gold, exact, gold_of
from weitiao.objectives.base import Batch
from weitiao.targets.answers import Answer

REACHED, NONE = "", "have none"
NOWHERE, INSIDE = "stand nowhere in their text", "begin or end inside a unit"
CLEANED = "stand where cleaning leaves nothing, such as in a mark of HTML"
LONG = "are longer than any of train"
HINTS = {
    NOWHERE: "are {--text} and {--label} the columns of the same text?",
    CLEANED: "see {--data.input.clean.steps}",
    INSIDE: "the tokenizer characters, or another pretrained one",
    LONG: "longer ones in train",
}
"""Why no model finds them, and the way out."""


def reach(batch: Batch, longest: int) -> Iterator[tuple[int, str]]:
    """Each row of a labelled batch, and why no model finds its answers, if so.

    Args:
        longest: code points of an answer of several units.
    """
    columns = batch["row"].tolist(), batch["target"], batch["context"], batch["offsets"].numpy()
    for row, cell, context, offsets in zip(*columns, strict=True):
        gold = gold_of(cell, context)
        placed = [answer for answer in gold.answers if answer[0] >= 0]
        if not placed:
            yield row, NOWHERE if gold.answers else NONE
            continue
        units = [_come_back(answer, offsets, context, gold) for answer in placed]
        sizes = [0 if count == 1 else e - b for count, (b, e, _) in zip(units, placed, strict=True)]
        if any(count and size <= longest for count, size in zip(units, sizes, strict=True)):
            yield row, REACHED
        else:
            there = any(units_under(begin, end, offsets) for begin, end, _ in placed)
            yield row, LONG if any(units) else INSIDE if there else CLEANED


def _come_back(answer: Answer, offsets: np.ndarray, context: str, gold: Gold) -> int:
    """How many units are under an answer; 0 where they are no exact match.

    Args:
        offsets: ``(U, 2)``, those of padding below 0.
    """
    begin, end, _ = answer
    found = units_under(begin, end, offsets)
    if found is None:
        return 0
    first, last = found
    said = context[offsets[first, 0] : offsets[last, 1]]
    right = exact(said, [text for *_, text in gold.answers], chinese=gold.chinese) == 1
    return last - first + 1 if right else 0
