"""The plots of a study: for the page by plotly, as PNGs by matplotlib."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from weitiao.tuning.outcomes import trials_of
from weitiao.tuning.report.charts import durations, saved_by_pruning, validations
from weitiao.tuning.report.view import FEW, View

Draw = Callable[[ModuleType, View], Any]


@dataclass(frozen=True)
class Plot:
    """One plot, drawn by either library.

    Args:
        name: of the PNG.
        title: of its section.
        about: how it is read.
        lacks: why it can't be drawn for a study; None where it can.
        draw: gives the figure (``optuna.visualization``) or the axes
            (``optuna.visualization.matplotlib``), or a chart that draws itself.
    """

    name: str
    title: str
    about: Callable[[View], str]
    lacks: Callable[[View], str | None]
    draw: Draw


def _few(trials: int, parameters: int) -> Callable[[View], str | None]:
    """Asks for so many trials that ended well, and parameters that took several values in them."""

    def lacks(view: View) -> str | None:
        if len(view.ended) < trials:
            return f"needs {trials} trials that ended well; there are {len(view.ended)}"
        if len(view.varied) < parameters:
            return f"needs {parameters} parameters of several values; there are {len(view.varied)}"
        return None

    return lacks


def _no_pair(view: View) -> str | None:
    missing = _few(FEW, 2)(view)
    if missing or view.pair:
        return missing
    return f"no two parameters are searched together in {FEW} trials that ended well"


def _no_validations(view: View) -> str | None:
    if any(trial.intermediate_values for trial in (*view.ended, *view.pruned)):
        return None
    return "no scores were reported on the way; the search reports them when it prunes"


def _no_times(view: View) -> str | None:
    trials = trials_of(view.study)
    return None if any("seconds" in t.user_attrs for t in trials) else "no trial has been timed"


def _no_front(view: View) -> str | None:
    if len(view.goals) > 3:
        return f"a front of {len(view.goals)} objectives can't be drawn"
    return _few(1, 0)(view)


def _sampled(view: View) -> str:
    shown = len(view.sample.trials)
    left_out = f" {shown} of {len(view.ended)} trials, evenly from the best to the worst."
    return left_out if shown < len(view.ended) else ""


def _about_pruning(view: View) -> str:
    share = saved_by_pruning(view)
    if share is None:
        return "Scores on the way; no trial was pruned."
    count = len(view.pruned) + len(view.ended)
    return (
        f"{len(view.pruned)} of {count} trials were pruned, which saved about {share:.0%} of the"
        " planned validations."
    )


PLOTS = (
    Plot(
        "history",
        "Optimisation history",
        lambda view: (
            f"{view.goal} of each trial and the best so far. A line that still gets better at the"
            " right end asks for more trials."
        ),
        _few(1, 0),
        lambda lib, view: lib.plot_optimization_history(view.first, target_name=view.goal),
    ),
    Plot(
        "importances",
        "Importances",
        lambda _: (
            "How much each parameter decides whether a trial is among the best tenth (PED-ANOVA)."
        ),
        _few(FEW, 2),
        lambda lib, view: lib.plot_param_importances(view.first, params=view.varied),
    ),
    Plot(
        "slices",
        "Slices",
        lambda _: "Each parameter alone: darker points are later trials.",
        _few(2, 1),
        lambda lib, view: lib.plot_slice(view.first, view.varied, target_name=view.goal),
    ),
    Plot(
        "parallel",
        "Parallel coordinates",
        lambda view: f"A line per trial.{_sampled(view)}",
        _few(2, 2),
        lambda lib, view: lib.plot_parallel_coordinate(
            view.sample, view.varied, target_name=view.goal
        ),
    ),
    Plot(
        "contour",
        "Contour",
        lambda view: (
            f"The two most important parameters that are searched together.{_sampled(view)}"
        ),
        _no_pair,
        lambda lib, view: lib.plot_contour(view.sample, view.pair, target_name=view.goal),
    ),
    Plot(
        "validations",
        "Validations",
        _about_pruning,
        _no_validations,
        lambda _, view: validations(view),
    ),
    Plot(
        "durations",
        "Durations",
        lambda _: "Training time of each trial.",
        _no_times,
        lambda _, view: durations(view),
    ),
)
FRONT = Plot(
    "front",
    "Pareto front",
    lambda _: (
        "Red trials are on the front: none is better in one objective and no worse in the other."
    ),
    _no_front,
    lambda lib, view: lib.plot_pareto_front(view.whole, target_names=view.goals),
)


def plots_of(view: View) -> tuple[Plot, ...]:
    """The plots that make sense for the study's objectives."""
    return (FRONT, *PLOTS) if len(view.goals) > 1 else PLOTS


def drawn(plot: Plot, view: View, lib: ModuleType) -> Any:
    """The figure, or a sentence that says why there is none."""
    lacks = plot.lacks(view)
    if lacks:
        return lacks
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # optuna's plots of matplotlib are marked experimental
            return plot.draw(lib, view)
    except Exception as error:  # one plot less is better than no report after hours of search
        return f"{type(error).__name__}: {error}"
