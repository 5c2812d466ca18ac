"""Warnings about ranges that are too narrow, since the best trials lie at an end."""

import math
from typing import Literal

import optuna
from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial

from weitiao.tuning.outcomes import best_ones, ranked
from weitiao.tuning.report.names import shown

EDGE = 0.05
"""Share of a range, on its scale, that counts as its end."""

TOP = 10
"""The top trials are the best fifth, but no more than these."""

End = Literal["lower", "upper"]


def edge_warnings(study: optuna.Study) -> list[str]:
    """A sentence for each end of a range at which the best trial, or most of the top ones, stand.

    Where several are equally good, none of them is the best: most of them must stand there.

    Choices have no ends. Nor is it said of ends that can't be moved: 0, a count of 1 as the
    lower end, a share of 1 as the upper one.
    """
    trials, equal = ranked(study), len(best_ones(study))
    top = trials[: max(equal, min(TOP, len(trials) // 5))]
    keys = dict.fromkeys(key for trial in top for key in trial.params)
    ends: tuple[End, End] = ("lower", "upper")
    warnings = (_warning(key, end, top, tied=equal > 1) for key in keys for end in ends)
    return [warning for warning in warnings if warning]


def end_of(value: float, distribution: BaseDistribution) -> End | None:
    """The end of its range at which a value lies; None inside, at a natural end, for choices."""
    if not isinstance(distribution, IntDistribution | FloatDistribution) or distribution.single():
        return None
    scale = math.log if distribution.log else float
    low, high = scale(distribution.low), scale(distribution.high)
    place = (scale(value) - low) / (high - low)
    if place <= EDGE and not _is_natural(distribution, "lower"):
        return "lower"
    if place >= 1 - EDGE and not _is_natural(distribution, "upper"):
        return "upper"
    return None


def _is_natural(distribution: IntDistribution | FloatDistribution, end: End) -> bool:
    whole = isinstance(distribution, IntDistribution)
    if end == "lower":
        return distribution.low == 0 or (whole and distribution.low == 1)
    is_share = not whole and not distribution.log and distribution.low >= 0
    return is_share and distribution.high == 1


def _warning(key: str, end: End, top: list[FrozenTrial], *, tied: bool) -> str | None:
    having = [trial for trial in top if key in trial.params]
    at = [t for t in having if end_of(t.params[key], t.distributions[key]) == end]
    best = top[0] in at and not tied
    if not best and 2 * len(at) <= len(having):
        return None
    distribution = at[0].distributions[key]
    assert isinstance(distribution, IntDistribution | FloatDistribution)
    reach = f"the {end} end of {shown(distribution.low)} … {shown(distribution.high)}"
    if best:
        text = f"{key}: the best trial's {shown(at[0].params[key])} lies at {reach}"
        if len(having) > 1:
            text += f", which holds {len(at)} of the {len(having)} best trials"
    else:
        text = f"{key}: {len(at)} of the {len(having)} best trials lie at {reach}"
    way = "downwards" if end == "lower" else "upwards"
    return f"{text}; better values may lie beyond: widen it {way} in a new study"
