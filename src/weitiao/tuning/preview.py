"""`--dry-run`: what a search would do, its space, first points and cost."""

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import lightning.pytorch as L
import optuna
from lightning.pytorch.callbacks import LambdaCallback
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from weitiao.tuning.fitting import point_of
from weitiao.tuning.options import Search
from weitiao.tuning.report.names import short_keys, shown
from weitiao.tuning.samplers import sampler_of, shuffled
from weitiao.tuning.space import Point, Space, ends_of, grid, size, suggest
from weitiao.tuning.start import Start

POINTS = 5  # shown
STEPS, WARM_UP = 20, 5  # of training, to see what one costs


def show_preview(search: Search, space: Space, start: Start, total: int, console: Console) -> None:
    """Print what a search would do; nothing is kept, and only a few steps are trained."""
    points = size(space)
    count = "endlessly many points" if points is None else f"{points:,} points"
    table = Table(title=f"space: {count}", title_justify="left")
    for title in ("key", "values", "scale"):
        table.add_column(title)
    for row in _rows(space):
        table.add_row(*map(escape, row))
    console.print(table)
    console.print(_first_points(search, space, start, total))
    seconds, epochs = _cost_of_an_epoch(start), _epochs(space, start)
    cost = f"{total} trials: no telling how long, since trainer.max_epochs sets no bound"
    if epochs:
        whole = timedelta(seconds=round(seconds * epochs * total / max(1, search.workers)))
        cost = (
            f"{total} trials of {epochs:g} epochs on average, none pruned, {whole}"
            f" with {max(1, search.workers)} at once on as many devices"
        )
    console.print(
        f"an epoch of the configuration to start from takes about {seconds:.1f} s here, without"
        f" validation;\n{cost}",
        markup=False,
    )


def _rows(space: Space, indent: str = "") -> Iterator[tuple[str, str, str]]:
    for key, dimension in space.items():
        of = dimension.distribution
        if isinstance(of, CategoricalDistribution):
            values, scale = ", ".join(map(shown, of.choices)), "choices"
        else:
            assert isinstance(of, FloatDistribution | IntDistribution)
            low, high = ends_of(dimension)
            values = f"{shown(low)} … {shown(high)}"
            scale = "logarithmic" if of.log else f"step {of.step}" if of.step else "linear"
            scale += ", whole" if isinstance(of, IntDistribution) else ""
        yield indent + key, values, scale
        for choice, inner in dimension.branches.items():
            if inner:
                yield f"{indent}  with {shown(choice)}:", "", ""
                yield from _rows(inner, f"{indent}    ")


def _first_points(search: Search, space: Space, start: Start, total: int) -> Table:
    table = Table(title="first points", title_justify="left")
    first = [point_of(start.config, space)] if search.start else []
    points = [*first, *_points(search, space, min(POINTS, total) - len(first), first)]
    keys = short_keys(dict.fromkeys(key for point in points for key in point or ()))
    for title in ("trial", *keys.values()):
        table.add_column(escape(title), justify="right")
    for number, point in enumerate(points):
        name = f"{number} (start)" if number < len(first) else str(number)
        cells = (shown(point[key]) if point and key in point else "–" for key in keys)
        table.add_row(name, *map(escape, cells))
    return table


def _points(search: Search, space: Space, count: int, taken: list[Point | None]) -> Iterator[Point]:
    if search.sampler == "grid":
        order = shuffled(grid(space), search.seed)
        yield from [point for point in order if point not in taken][:count]
        return
    study = optuna.create_study()
    for number in range(len(taken), len(taken) + count):
        study.sampler = sampler_of(search, number, space)
        yield suggest(study.ask(), space)


def _cost_of_an_epoch(start: Start) -> float:
    parts, times = start.parser.instantiate(start.parsed), list[float]()
    trainer = L.Trainer(
        accelerator=start.config["trainer.accelerator"],
        devices=1,
        max_steps=STEPS,
        limit_val_batches=0,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        callbacks=LambdaCallback(on_train_batch_end=lambda *_: times.append(time.perf_counter())),
    )
    trainer.fit(parts.model, parts.data)
    times = times[min(WARM_UP, len(times) - 2) :]
    return (times[-1] - times[0]) / (len(times) - 1) * trainer.num_training_batches


def _epochs(space: Space, start: Start) -> float | None:
    """Epochs of a trial, on average; null = without a bound."""
    searched = list(_searched_epochs(space)) or [start.config["trainer.max_epochs"]]
    if any(value in (None, -1) for value in searched):
        return None
    return sum(map(float, searched)) / len(searched)


def _searched_epochs(space: Space) -> Iterator[Any]:
    for key, dimension in space.items():
        if key == "trainer.max_epochs":
            yield from ends_of(dimension)
        for inner in dimension.branches.values():
            yield from _searched_epochs(inner)
