"""The plots as PNGs."""

import warnings
from pathlib import Path
from typing import Any

from weitiao.objectives.figures import cjk_fonts
from weitiao.tuning.report.charts import Chart
from weitiao.tuning.report.plots import drawn, plots_of
from weitiao.tuning.report.view import View


def write_images(view: View, folder: Path) -> None:
    """Write ``folder/NAME.png`` for each plot that can be drawn."""
    from matplotlib import pyplot as plt
    from optuna.visualization import matplotlib as lib

    folder.mkdir(parents=True, exist_ok=True)
    backend = plt.get_backend()
    plt.switch_backend("agg")  # optuna draws through pyplot, which else wants a screen
    try:
        for plot in plots_of(view):
            size = (13.0, 5.0) if plot.name == "parallel" else (7.0, 4.5)
            look: Any = {"font.family": [*cjk_fonts(), "DejaVu Sans"], "figure.figsize": size}
            with warnings.catch_warnings(), plt.rc_context(look):  # styles stay within a plot
                warnings.filterwarnings("ignore", "Glyph .* missing")  # no Chinese font: boxes
                figure, path = drawn(plot, view, lib), folder / f"{plot.name}.png"
                if not isinstance(figure, str):
                    if isinstance(figure, Chart):
                        figure = figure.image()
                    else:  # axes, or an array of them
                        figure = (figure.flat[0] if hasattr(figure, "flat") else figure).figure
                    figure.savefig(path, dpi=130, bbox_inches="tight")
                plt.close("all")
    finally:
        plt.switch_backend(backend)
