"""``report.html``: one file that a browser opens without a network."""

import math
import shlex
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from weitiao.config.commands import command
from weitiao.io.atomic import whole_or_not
from weitiao.objectives.display import said
from weitiao.tuning.outcomes import best_ones, objectives, trials_of
from weitiao.tuning.report.best import as_yaml, differences
from weitiao.tuning.report.charts import BLUE, GREY, ORANGE, RED, Chart
from weitiao.tuning.report.edges import edge_warnings
from weitiao.tuning.report.names import exact, short_keys, shown, shown_time
from weitiao.tuning.report.plots import Plot, drawn, plots_of
from weitiao.tuning.report.tables import top_rows, verdict
from weitiao.tuning.report.view import View
from weitiao.tuning.watch import numbers

FAILED = 50
"""Failed trials that are shown; all are in the CSV."""

SLICE = 160
"""Pixels that a parameter needs in a row of plots."""

WIDE = ("front", "slices", "parallel", "durations")
"""Plots that take a row of the page; of the others two stand side by side."""

FONT = 'system-ui, "Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", sans-serif'


@dataclass(frozen=True)
class Section:
    """A plot on the page: markup of plotly, or the sentence that stands in its place."""

    title: str
    about: str = ""
    markup: str = ""
    missing: str = ""
    wide: bool = False
    width: int = 0


def write_page(view: View, config: dict[str, Any] | None, path: Path) -> None:
    """Write the page.

    Args:
        config: of the best trial; None where no trial ended well.
    """
    from jinja2 import Environment
    from plotly.offline import get_plotlyjs

    template = Path(__file__).with_name("page.html").read_text("utf-8")
    page = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(template)
    study = view.study
    title, head, rows = top_rows(study)
    failed = trials_of(study, TrialState.FAIL)
    searched = {key.replace(".init_args", "") for trial in view.ended for key in trial.params}
    start = study.user_attrs.get("config") or {}
    groups = differences(config, start, searched) if config else ([], [])
    changed = [
        (key, exact(before), exact(value), i == 0)
        for i, group in enumerate(groups)
        for key, before, value in group
    ]
    text = page.render(
        study=study.study_name,
        cards=_cards(view),
        facts=_facts(study),
        warnings=[*(line.removeprefix("! ") for line in verdict(study)), *edge_warnings(study)],
        changed=changed,
        config=as_yaml(config) if config else None,
        again=command("fit", "--config", path.with_name("best.yaml")),
        top={"title": title, "head": head, "rows": rows},
        failed=[_failed(trial) for trial in failed[:FAILED]],
        unshown=len(failed) - FAILED,
        sections=[_section(plot, view) for plot in plots_of(view)],
        plotly=get_plotlyjs(),
    )
    with whole_or_not(path) as part:
        part.write_text(text, "utf-8")


def _cards(view: View) -> list[tuple[str, str, str]]:
    """The figures that are looked for first: caption, value, a line below."""
    trials = trials_of(view.study)
    states = Counter(trial.state for trial in trials)
    cards = []
    if view.ended:
        (goal, value), *others = zip(objectives(view.study), view.ended[0].values, strict=True)
        below = [numbers(best_ones(view.study)), *(f"{name} {shown(x)}" for name, x in others)]
        cards.append((f"best {goal}", said(goal, value), " · ".join(below)))
    failed, running = states[TrialState.FAIL], states[TrialState.RUNNING]
    below = [f"{states[TrialState.PRUNED]} pruned", f"{failed} failed", f"{running} running"]
    cards.append(("trials complete", str(states[TrialState.COMPLETE]), " · ".join(below)))
    timed = [t.user_attrs["seconds"] for t in trials if "seconds" in t.user_attrs]
    each = f"{shown_time(sum(timed) / len(timed))} each" if timed else "none timed"
    cards.append(("training time", shown_time(sum(timed)), each))
    return cards


def _facts(study: optuna.Study) -> list[tuple[str, str]]:
    """What the study is, as far as it was written down."""
    trials, held = trials_of(study), study.user_attrs
    search, data = held.get("search") or {}, held.get("data") or {}
    started = [t.datetime_start for t in trials if t.datetime_start]
    ended = [t.datetime_complete for t in trials if t.datetime_complete]
    workers = {t.user_attrs["worker"] for t in trials if "worker" in t.user_attrs}
    rows = (data.get("rows") or {}).items()
    way = {StudyDirection.MAXIMIZE: "most", StudyDirection.MINIMIZE: "least"}
    goals = zip(objectives(study), study.directions, strict=True)
    span = f"{min(started):%Y-%m-%d %H:%M} – {max(ended):%Y-%m-%d %H:%M}" if ended else ""
    facts = {
        "looks for": ", ".join(f"the {way[direction]} {name}" for name, direction in goals),
        "sampler": search.get("sampler"),
        "pruner": search.get("pruner"),
        "seed": search.get("seed"),
        "workers": len(workers) or None,
        "time": span,
        "data fingerprint": data.get("fingerprint"),
        "rows": ", ".join(f"{name} {count:,}" for name, count in rows),
        "commit": held.get("commit"),
        "command line of fit": shlex.join(map(str, held.get("arguments") or [])),
    }
    return [(name, str(value)) for name, value in facts.items() if value not in (None, "")]


def _failed(trial: FrozenTrial) -> tuple[int, str, str]:
    names = short_keys(trial.params)
    values = ", ".join(f"{names[key]} {shown(value)}" for key, value in trial.params.items())
    return trial.number, str(trial.user_attrs.get("reason", "its worker died")), values


def _section(plot: Plot, view: View) -> Section:
    from optuna import visualization

    made, wide = drawn(plot, view, visualization), plot.name in WIDE
    if isinstance(made, str):
        return Section(plot.title, missing=made)
    figure = made.web() if isinstance(made, Chart) else made
    figure.update_layout(
        template="plotly_white",
        title=None,
        font={"family": FONT, "size": 12},
        colorway=[BLUE, ORANGE, RED, GREY],
        width=None,  # that of the page
        height=280 if plot.name == "durations" else 400,
        margin={"l": 60, "r": 20, "t": 30, "b": 60},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
    )
    figure.update_xaxes(exponentformat="e")
    figure.update_yaxes(exponentformat="e")
    if plot.name == "slices":
        _show_whole_ranges(figure, view)
    markup = figure.to_html(
        full_html=False,
        include_plotlyjs=False,
        config={"responsive": True, "displaylogo": False},
    )
    width = SLICE * len(view.varied) if wide else 0
    return Section(plot.title, plot.about(view), markup, wide=wide, width=width)


def _show_whole_ranges(figure: Any, view: View) -> None:
    """Let each slice reach from end to end of its range, with no more ticks than fit."""
    for axis in figure.select_xaxes():
        ends = view.ranges.get(axis.title.text)
        if ends is None:  # choices
            continue
        log = axis.type == "log"
        low, high = map(math.log10, ends) if log else ends
        room = 0.06 * (high - low)
        axis.update(range=[low - room, high + room], nticks=4, tickangle=0)
        if log:
            ticks = [ends[0], math.sqrt(ends[0] * ends[1]), ends[1]]
            axis.update(tickvals=ticks, ticktext=[f"{tick:.2g}" for tick in ticks])
