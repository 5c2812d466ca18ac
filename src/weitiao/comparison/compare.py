"""Configurations under the same seeds, or on the same folds, run by run."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from jsonargparse import capture_parser
from rich.console import Console

from weitiao.comparison.measure import train_and_test
from weitiao.comparison.predicted import Rows, read_rows
from weitiao.comparison.records import claim, finish
from weitiao.config.bounds import at_least
from weitiao.config.own_code import allow, named_in
from weitiao.distributed import device_count
from weitiao.errors import ConfigError, UsageError
from weitiao.objectives.display import said
from weitiao.training.completion import completed
from weitiao.training.fit import fit

OF_RUNS = ("run.name", "run.root", "run.folder", "ckpt_path", "data.split.fold", "data.split.folds")
"""Options that are the comparison's own."""


@dataclass(frozen=True)
class Result:
    """One run.

    Args:
        number: the seed, or the fold.
        metric: the first score of the task.
        score: on test.
        validation: on val.
        baseline: on the same test rows.
        seconds: of the training; null = it was stopped meanwhile.
        memory_mb: most memory of the training: of the GPU, if it was on one.
    """

    name: str
    number: int
    metric: str
    score: float
    validation: float
    baseline: float | None
    seconds: float | None
    memory_mb: int


@dataclass(frozen=True)
class Comparison:
    """Configurations that are trained and tested under the same seeds, or on the same folds.

    Args:
        configurations: name → options of ``train``; ``{seed}`` in them is the seed, or the fold.
            The others are compared with the first.
        folder: of all runs; the same comparison goes on there, also with further configurations,
            seeds or folds of the same number.
        seeds: each configuration is trained with the seeds 1 to this.
        folds: instead, on so many folds of the rows, each with the configuration's own seed.

    Raises:
        ConfigError: a name can't be a folder's, or there are too few seeds or folds.
    """

    configurations: Mapping[str, list[str]]
    folder: Path
    seeds: int = 5
    folds: int | None = None

    def __post_init__(self) -> None:
        at_least(2, seeds=self.seeds, folds=self.folds)
        for name in self.configurations:
            if not re.fullmatch(r"[\w-]+", name):
                raise ConfigError(f"{name!r} is no name of letters, digits, _ and -")

    @property
    def unit(self) -> str:
        """What the runs of a configuration differ by."""
        return "seed" if self.folds is None else "fold"

    @property
    def numbers(self) -> range:
        """The seeds, or the folds."""
        return range(1, (self.folds or self.seeds) + 1)

    def check(self) -> None:
        """Refuse what is known to fail before the first run.

        Raises:
            ConfigError: an option is unknown, the comparison's own, or asks for several devices.
        """
        parser = capture_parser(fit, [], "train")
        for name, options in self.configurations.items():
            own = [*OF_RUNS, *(["seed_everything"] if self.folds is None else [])]
            for option in (word.partition("=")[0].removeprefix("--") for word in options):
                if option in own:
                    raise ConfigError(f"{name}: --{option} is the comparison's own")
            given = self.options(name, 1)
            try:
                with allow(named_in(given)):
                    parsed = parser.parse_args(completed(given)[0])
            except UsageError as error:
                raise UsageError(f"{name}: {error}") from error
            if device_count(parsed.trainer.devices) != 1 or parsed.trainer.num_nodes != 1:
                raise ConfigError(f"{name}: a run has one device\n  → --trainer.devices 1")

    def options(self, name: str, number: int) -> list[str]:
        """Options of ``train`` for one run, without its folder."""
        own = [word.replace("{seed}", str(number)) for word in self.configurations[name]]
        if self.folds is None:
            return [*own, f"--seed_everything={number}"]
        return [*own, f"--data.split.folds={self.folds}", f"--data.split.fold={number}"]

    def place(self, name: str, number: int) -> Path:
        """The folder of one run."""
        return self.folder / f"{name}-{number}"

    def results(self, console: Console) -> Iterator[Result]:
        """Run after run, all configurations of a seed first; what is done isn't done again.

        Raises:
            WeitiaoError: as a run tells it; or another comparison was begun in the folder.
        """
        plan = [(number, name) for number in self.numbers for name in self.configurations]
        held = {run: claim(self.place(*run[::-1]), self.options(*run[::-1])) for run in plan}
        baselines: dict[str, float] = {}
        for done, (number, name) in enumerate(plan, 1):
            found = held[number, name]
            if not found:
                place, options = self.place(name, number), self.options(name, number)
                found = train_and_test(options, place, baselines)
                finish(place, options, found)
            if found["baseline"] is not None:
                baselines[found["fingerprint"]] = found["baseline"]
            known = {field.name for field in fields(Result)}
            values: dict[str, Any] = {k: v for k, v in found.items() if k in known}
            result = Result(name=name, number=number, **values)
            metric = f"test/{result.metric}"
            told = f"test {result.metric} {said(metric, result.score)}"
            if result.baseline is not None:
                told += f", baseline {said(metric, result.baseline)}"
            line = f"{done}/{len(plan)}: {self.unit} {number}, {name}: {told}"
            console.print(line, markup=False)
            yield result

    def rows(self, name: str, number: int) -> Rows:
        """The tested rows of a run that is done."""
        return read_rows(self.place(name, number) / "predictions.csv")
