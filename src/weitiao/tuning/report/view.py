"""A study prepared for plots: one objective, short names, finished trials."""

import math
from functools import cached_property
from itertools import combinations
from typing import Any

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import FrozenTrial, TrialState, create_trial

from weitiao.objectives.display import scaled, titled
from weitiao.tuning.outcomes import objectives, ranked, trials_of
from weitiao.tuning.report.names import short_keys, shown

FEW = 10
"""Trials below which importances and contours would show chance only."""

MOST = 150
"""Trials that can be told apart in one plot; a contour's cost is their square."""


class View:
    """A study beside the copies of it that the plots are made from.

    In the copies, trials keep their numbers, parameters have short names, and choices such as class
    paths are cut to what tells them. ``first`` has the first objective only: most plots, and the
    importances, know no more than one.
    """

    def __init__(self, study: optuna.Study) -> None:
        self.study = study
        self.goals = [*map(titled, objectives(study))]
        self.ended, self.pruned = ranked(study), ranked(study, TrialState.PRUNED)
        self._keys = short_keys(
            dict.fromkeys(key for trial in trials_of(study) for key in trial.params)
        )

    @property
    def goal(self) -> str:
        """Name of the first objective."""
        return self.goals[0]

    @cached_property
    def first(self) -> optuna.Study:
        """The copy with the first objective."""
        return self._copy(1)

    @cached_property
    def whole(self) -> optuna.Study:
        """The copy with all objectives."""
        return self._copy(len(self.study.directions))

    @cached_property
    def sample(self) -> optuna.Study:
        """No more than ``MOST`` trials that ended well, evenly from the best to the worst."""
        copy = optuna.create_study(directions=self.study.directions[:1])
        for trial in self.ended[:: math.ceil(len(self.ended) / MOST)]:
            copy.add_trial(self._renamed(trial, 1))
        return copy

    @cached_property
    def varied(self) -> list[str]:
        """Short names of the parameters that took more than one value in trials that ended well."""
        values: dict[str, set[Any]] = {}
        for trial in self.ended:
            for key, value in trial.params.items():
                values.setdefault(self._keys[key], set()).add(value)
        return [key for key, seen in values.items() if len(seen) > 1]

    @cached_property
    def ranges(self) -> dict[str, tuple[float, float]]:
        """Lower and upper end of each range, by short name; branches may have others."""
        ends: dict[str, tuple[float, float]] = {}
        for trial in self.ended:
            for key, space in trial.distributions.items():
                if isinstance(space, IntDistribution | FloatDistribution):
                    low, high = ends.get(self._keys[key], (space.low, space.high))
                    ends[self._keys[key]] = min(low, space.low), max(high, space.high)
        return ends

    @cached_property
    def importances(self) -> dict[str, float]:
        """Of each varied parameter, the most important first (PED-ANOVA, arXiv:2304.10255)."""
        return optuna.importance.get_param_importances(self.first, params=self.varied)

    @cached_property
    def pair(self) -> list[str] | None:
        """The two most important parameters that enough trials have both."""
        for pair in combinations(self.importances, 2):
            if sum(set(pair) <= {self._keys[key] for key in t.params} for t in self.ended) >= FEW:
                return list(pair)
        return None

    def _copy(self, count: int) -> optuna.Study:
        copy = optuna.create_study(directions=self.study.directions[:count])
        for trial in trials_of(self.study):
            if trial.state in (TrialState.COMPLETE, TrialState.PRUNED):
                copy.add_trial(self._renamed(trial, count))
            else:  # keeps the numbers of the others
                copy.add_trial(create_trial(state=TrialState.FAIL))
        return copy

    def _renamed(self, trial: FrozenTrial, count: int) -> FrozenTrial:
        params: dict[str, Any] = {}
        spaces: dict[str, BaseDistribution] = {}
        for key, space in trial.distributions.items():
            name, value = self._keys[key], trial.params[key]
            if isinstance(space, CategoricalDistribution):
                texts = _spelled(space)
                value = texts[int(space.to_internal_repr(value))]  # tells 1 from true
                space = CategoricalDistribution(texts)
            params[name], spaces[name] = value, space
        goals = objectives(self.study)[:count]
        values = [*map(scaled, goals, trial.values)] if trial.values else None
        return create_trial(state=trial.state, values=values, params=params, distributions=spaces)


def _spelled(space: CategoricalDistribution) -> list[str]:
    """Choices as short texts, or longer ones where the short ones don't tell them apart."""
    texts = [shown(choice) for choice in space.choices]
    return texts if len(set(texts)) == len(texts) else [str(choice) for choice in space.choices]
