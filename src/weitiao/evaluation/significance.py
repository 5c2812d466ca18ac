"""Scores of several seeds as mean ± sd, and tests whether two sets of them differ."""

import statistics
from collections.abc import Sequence

from weitiao.objectives.display import cell


def mean_and_sd(values: Sequence[float], metric: str) -> str:
    """Mean ± sample standard deviation of two or more scores, in the unit of the metric's title."""
    return f"{cell(metric, statistics.fmean(values))} ± {cell(metric, statistics.stdev(values))}"


def paired_p(ours: Sequence[float], theirs: Sequence[float]) -> float | None:
    """p of a paired t-test, two-sided; null if all differences are the same.

    Args:
        ours: a score a seed.
        theirs: under the same seeds.
    """
    from scipy.stats import ttest_1samp

    gains = [a - b for a, b in zip(ours, theirs, strict=True)]
    # equal gains have no spread to test against
    return float(ttest_1samp(gains, 0).pvalue) if statistics.pstdev(gains) > 1e-9 else None


def mcnemar_p(ours: Sequence[bool], theirs: Sequence[bool]) -> float:
    """p of McNemar's exact test, two-sided, of which rows are right: of those that only one got."""
    from scipy.stats import binomtest

    only = [a for a, b in zip(ours, theirs, strict=True) if a != b]
    return float(binomtest(sum(only), len(only)).pvalue) if only else 1.0
