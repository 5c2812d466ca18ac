"""Charts that optuna lacks, described once and drawn by plotly and by matplotlib."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from optuna.trial import FrozenTrial, TrialState

from weitiao.objectives.display import scaled
from weitiao.tuning.outcomes import objectives, trials_of
from weitiao.tuning.report.view import View

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BLUE, GREY, RED, ORANGE = "#2563eb", "#b6bdc9", "#dc2626", "#f59e0b"
COLOURS = {TrialState.COMPLETE: BLUE, TrialState.PRUNED: GREY, TrialState.FAIL: RED}


@dataclass(frozen=True)
class Series:
    """Points of one colour; NaN in ``y`` lifts the pen."""

    name: str
    colour: str
    x: list[float]
    y: list[float]


@dataclass(frozen=True)
class Chart:
    """Bars or lines over one axis."""

    kind: Literal["bars", "lines"]
    x: str
    y: str
    series: list[Series]

    def web(self) -> Any:
        """As a figure of plotly."""
        from plotly import graph_objects as go

        figure = go.Figure()
        for s in self.series:
            if self.kind == "bars":
                figure.add_bar(x=s.x, y=s.y, name=s.name, marker_color=s.colour)
            else:
                look = {"line": {"color": s.colour, "width": 1.5}, "marker": {"size": 4}}
                figure.add_scatter(x=s.x, y=s.y, name=s.name, mode="lines+markers", **look)
        figure.update_layout(xaxis_title=self.x, yaxis_title=self.y)
        return figure

    def image(self) -> Figure:
        """As a figure of matplotlib."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(8, 4.5), layout="constrained")
        axes = figure.subplots()
        for s in self.series:
            if self.kind == "bars":
                axes.bar(s.x, s.y, color=s.colour, label=s.name)
            else:
                axes.plot(s.x, s.y, color=s.colour, label=s.name, linewidth=1.2, marker=".")
        axes.set(xlabel=self.x, ylabel=self.y)
        axes.legend(frameon=False)
        return figure


def durations(view: View) -> Chart:
    """Training time by trial and how it ended."""
    trials = [t for t in trials_of(view.study) if "seconds" in t.user_attrs]
    most = max(trial.user_attrs["seconds"] for trial in trials)
    units = (("hours", 3600), ("minutes", 60), ("seconds", 1))
    unit, size = next((unit, size) for unit, size in units if most >= 2 * size or size == 1)
    series = []
    for state, colour in COLOURS.items():
        own = [trial for trial in trials if trial.state == state]
        if own:
            times = [trial.user_attrs["seconds"] / size for trial in own]
            series.append(Series(state.name.lower(), colour, [t.number for t in own], times))
    return Chart("bars", "trial", unit, series)


def validations(view: View) -> Chart:
    """Scores on the way: pruned trials, those that went to the end, the best one on top."""
    best = view.ended[:1]
    drawn = (
        ("pruned", GREY, view.pruned),
        ("complete", BLUE, view.ended[1:]),
        *((f"best: trial {trial.number}", ORANGE, [trial]) for trial in best),
    )
    goal = objectives(view.study)[0]
    series = [_curves(goal, name, colour, trials) for name, colour, trials in drawn if trials]
    return Chart("lines", "validation", view.goal, series)


def _curves(goal: str, name: str, colour: str, trials: Iterable[FrozenTrial]) -> Series:
    points: list[tuple[float, float]] = []
    for trial in trials:
        values = sorted(trial.intermediate_values.items())
        points += [*((step, scaled(goal, value)) for step, value in values), (math.nan, math.nan)]
    return Series(name, colour, [x for x, _ in points], [y for _, y in points])


def saved_by_pruning(view: View) -> float | None:
    """The share of planned validations that were not done; None where nothing was pruned.

    A pruned trial would have been validated as often as the others were on average, per epoch
    where the number of epochs is searched.
    """
    whole = [trial for trial in view.ended if trial.intermediate_values]
    if not whole or not view.pruned:
        return None
    done = sum(len(trial.intermediate_values) for trial in whole)
    rate = done / sum(_epochs(trial) for trial in whole)
    planned = [max(rate * _epochs(t), len(t.intermediate_values)) for t in view.pruned]
    left = sum(planned) - sum(len(t.intermediate_values) for t in view.pruned)
    return left / (done + sum(planned))


def _epochs(trial: FrozenTrial) -> float:
    return float(trial.params.get("trainer.max_epochs", 1))
