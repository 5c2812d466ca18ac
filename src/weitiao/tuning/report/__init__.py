"""The report of a study: the best configuration, a table of trials, warnings, a page of plots."""

from pathlib import Path

import optuna

from weitiao.tuning.outcomes import ranked
from weitiao.tuning.report.best import write_best
from weitiao.tuning.report.edges import edge_warnings
from weitiao.tuning.report.images import write_images
from weitiao.tuning.report.page import write_page
from weitiao.tuning.report.tables import top_table, verdict, write_trials
from weitiao.tuning.report.view import View

__all__ = ["BEST", "edge_warnings", "top_table", "verdict", "write_report"]

BEST = "best.yaml"
"""In the study's folder: the configuration of the best trial."""


def write_report(study: optuna.Study, folder: Path) -> Path | None:
    """Write ``best.yaml``, ``trials.csv``, ``report.html`` and ``plots/*.png``.

    With several objectives, the best trial is that of the first one.

    Args:
        study: with at least one trial; its ``user_attrs`` are the head of the report.

    Returns:
        The path of ``best.yaml``; null where no trial ended well.
    """
    best, path = next(iter(ranked(study)), None), folder / BEST
    write_trials(study, folder / "trials.csv")
    config = write_best(study, best, path) if best else None
    view = View(study)
    write_page(view, config, folder / "report.html")
    write_images(view, folder / "plots")
    return path if best else None
