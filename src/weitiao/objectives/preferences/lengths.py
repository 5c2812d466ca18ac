"""A simple guess of the preferred answer: the longer one."""

from collections.abc import Iterable, Iterator

from weitiao.objectives.base import Batch


def longer_is_better(split: str, batches: Iterable[Batch]) -> Iterator[str]:
    """A line on how often the preferred answer of a split has more ids; of as many, half.

    Answers are often preferred for their length, and models learn that first (Singhal et al. 2023,
    "A Long Way to Go: Investigating Length Correlations in RLHF").
    """
    points, total = 0.0, 0
    for batch in batches:
        chosen, rejected = batch["learned"].sum(1).chunk(2)
        fits = (chosen > 0) & (rejected > 0)
        points += float(
            (fits & (chosen > rejected)).sum() + (fits & (chosen == rejected)).sum() / 2
        )
        total += int(fits.sum())
    if total:
        yield f"{split}: the longer answer is the preferred one of {points / total:.1%} of the rows"
