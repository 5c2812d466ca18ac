"""Which points are tried, and which of them not to their end: Optuna's samplers and pruners."""

from __future__ import annotations

import numpy as np
from optuna.pruners import BasePruner, HyperbandPruner, MedianPruner, NopPruner
from optuna.samplers import BaseSampler, QMCSampler, RandomSampler, TPESampler

from weitiao.tuning.options import Search
from weitiao.tuning.space import Point


def sampler_of(search: Search, number: int) -> BaseSampler:
    """The sampler of trial ``number``: workers that share a seed would repeat each other."""
    seed = int(np.random.SeedSequence([search.seed, number]).generate_state(1)[0])
    match search.sampler:
        case "tpe":
            return TPESampler(seed=seed, constant_liar=True)
        case "qmc":  # counts its points in the study; the seed is that of the whole sequence
            return QMCSampler(
                scramble=True,
                seed=search.seed,
                independent_sampler=RandomSampler(seed),
                warn_independent_sampling=False,
            )
        case _:
            return RandomSampler(seed)


def shuffled(points: list[Point], seed: int) -> list[Point]:
    """The points in an order of chance: a part of them tells of all ranges."""
    return [points[i] for i in np.random.default_rng(seed).permutation(len(points))]


def pruner_of(search: Search) -> BasePruner:
    """The pruner; trials report a score after each validation."""
    match search.pruning:
        case "median":
            return MedianPruner()
        case "hyperband":
            return HyperbandPruner(min_resource=1, reduction_factor=2)
        case _:
            return NopPruner()
