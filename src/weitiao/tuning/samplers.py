"""Optuna's samplers and pruners: which points are tried, and which are stopped early."""

from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution
from optuna.pruners import BasePruner, HyperbandPruner, MedianPruner, NopPruner
from optuna.samplers import BaseSampler, QMCSampler, RandomSampler, TPESampler

from weitiao.tuning.options import Search
from weitiao.tuning.space import Point, Space


class _Whole:
    """A sampler that draws all keys together, as the space has them.

    Optuna's own take the keys that all trials have, or the first one: a start outside of the space
    has none.
    """

    space: Space

    def infer_relative_search_space(self, *_: Any) -> dict[str, BaseDistribution]:
        """The keys that every point has."""
        whole = {key: dimension.distribution for key, dimension in self.space.items()}
        return {key: of for key, of in whole.items() if not of.single()}


class _TPE(_Whole, TPESampler):
    """Tree-structured Parzen estimator."""


class _Sobol(_Whole, QMCSampler):
    """A Sobol sequence."""


def sampler_of(search: Search, number: int, space: Space) -> BaseSampler:
    """The sampler of trial ``number``: workers that share a seed would repeat each other."""
    seed = int(np.random.SeedSequence([search.seed, number]).generate_state(1)[0])
    match search.sampler:
        case "tpe":
            sampler: _TPE | _Sobol = _TPE(seed=seed, constant_liar=True)
        case "qmc":  # counts its points in the study; the seed is that of the whole sequence
            sampler = _Sobol(scramble=True, seed=search.seed)
        case _:
            return RandomSampler(seed)
    sampler.space = space
    return sampler


def shuffled(points: list[Point], seed: int) -> list[Point]:
    """The points in random order, so that partial runs cover every range."""
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
