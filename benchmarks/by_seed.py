"""Trainings of data sets seed by seed, from scratch and with an encoder."""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from results import commit, processor
from training import train

ROOT = Path(__file__).parents[1]
Row = dict[str, Any]
Key = tuple[str, bool]
"""Name of a set, and whether the encoder is used."""


def nothing_more(name: str, folder: Path, data_root: Path) -> dict[str, float]:
    """No other metrics than the run's own."""
    return {}


@dataclass(frozen=True)
class Benchmark:
    """Trainings of a task.

    What is done stands in ``benchmarks/results/NAME.json`` after each of them, so that a benchmark
    that was killed goes on where it was; ``docs/NAME_results.md`` is written from it.

    Args:
        sets: names of the data sets.
        options: of a set in a folder: what names its files, and the task.
        recipes: from scratch, and with the encoder; or that of a set without or with it.
        shown: metrics that are printed after a training, as far as there are such.
        head: of the page.
        line: of a set's trainings: a line of the table, and whether their bars are met.
        further: metrics from a set's run and the folder of data, besides the run's own.
    """

    name: str
    sets: Sequence[str]
    options: Callable[[str, Path], list[str]]
    recipes: tuple[str, str] | Callable[[str, bool], str]
    shown: Sequence[str]
    head: str
    line: Callable[[Key, list[Row]], tuple[str, bool]]
    further: Callable[[str, Path, Path], dict[str, float]] = nothing_more

    @property
    def results(self) -> Path:
        """The file of all trainings."""
        return ROOT / "benchmarks" / "results" / f"{self.name}.json"

    def main(self, doc: str) -> int:
        """Train what is missing, write the page; gives 1 where a bar is missed.

        Args:
            doc: of the script.
        """
        given = self._arguments(doc)
        for seed, name in () if given.table else product(given.seeds, given.only):
            if given.more or (name, given.encoder, seed) not in map(key_of, self.stored()):
                row = self._train(name, seed, given)
                if not given.more:
                    self._store(row)
                known = (metric for metric in self.shown if metric in row["metrics"])
                scores = {metric: round(row["metrics"][metric], 4) for metric in known}
                print(*key_of(row), scores, row["seconds"], "s", flush=True)
        if not (found := [*self._lines()]):  # nothing but what --with tried
            return 0
        lines, met = zip(*found, strict=True)
        page = ROOT / "docs" / f"{self.name}_results.md"
        page.write_text(self.head + "\n".join(lines) + "\n", "utf-8")
        return 0 if all(met) else 1

    def _arguments(self, doc: str) -> argparse.Namespace:
        parser = argparse.ArgumentParser(description=doc.splitlines()[0])
        parser.add_argument("--data-root", type=Path, default=Path("../shared/data"))
        parser.add_argument("--only", nargs="+", choices=self.sets, default=[*self.sets])
        parser.add_argument("--encoder", action="store_true", help="with the pretrained encoder")
        parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
        parser.add_argument("--with", dest="more", default="", help="options; nothing is stored")
        parser.add_argument("--table", action="store_true", help="only write the page")
        return parser.parse_args()

    def _train(self, name: str, seed: int, given: argparse.Namespace) -> Row:
        """Do a training; its whole row."""
        known, encoder = self.recipes, given.encoder
        recipe = known(name, encoder) if callable(known) else known[encoder]
        options = [*self.options(name, given.data_root), f"--recipe={recipe}"]
        options += [f"--seed_everything={seed}", *given.more.split()]
        with tempfile.TemporaryDirectory() as root:
            run = train([*options, "--trainer.enable_progress_bar=false"], Path(root))
            more = self.further(name, run.folder, given.data_root)
        return {
            **{"name": name, "encoder": given.encoder, "seed": seed, "recipe": recipe},
            "metrics": run.metrics | more,
            "seconds": round(run.seconds, 1),
            "megabytes": round(run.megabytes),
            **{"processor": processor(), "commit": commit()},
        }

    def stored(self) -> list[Row]:
        """What earlier trainings left."""
        return json.loads(self.results.read_text("utf-8")) if self.results.is_file() else []

    def _store(self, row: Row) -> None:
        part = self.results.with_suffix(".part")
        rows = sorted([*self.stored(), row], key=key_of)
        part.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")
        part.replace(self.results)

    def _lines(self) -> Iterator[tuple[str, bool]]:
        groups: dict[Key, list[Row]] = defaultdict(list)
        for row in self.stored():
            groups[row["name"], row["encoder"]].append(row)
        for key, rows in sorted(groups.items()):
            yield self.line(key, rows)


def key_of(row: Row) -> tuple[str, bool, int]:
    """What a training is known by."""
    return row["name"], row["encoder"], row["seed"]


def mean(rows: list[Row], name: str) -> float:
    """Of a metric, in %."""
    return 100 * statistics.fmean(row["metrics"][name] for row in rows)


def with_spread(rows: list[Row], name: str) -> str:
    """Mean ± deviation over seeds of a metric, in %."""
    scores = [100 * row["metrics"][name] for row in rows]
    spread = f" ± {statistics.stdev(scores):.1f}" if len(scores) > 1 else ""
    return f"{statistics.fmean(scores):.1f}{spread}"


def cost(rows: list[Row]) -> list[str]:
    """Number of seeds, mean seconds and mean megabytes."""
    means = (statistics.fmean(row[name] for row in rows) for name in ("seconds", "megabytes"))
    return [str(len(rows)), *(f"{value:.0f}" for value in means)]
