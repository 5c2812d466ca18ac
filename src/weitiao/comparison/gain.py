"""What pretraining gains: the same fine-tuning with and without it, under the same seeds."""

import json
import re
import shlex
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import yaml
from jsonargparse import ArgumentParser, capture_parser
from rich.console import Console
from rich.table import Table

from weitiao.comparison.compare import Comparison
from weitiao.comparison.records import claim
from weitiao.config.bounds import at_least
from weitiao.config.commands import called
from weitiao.config.parser import Parser, flat
from weitiao.data.datamodule import DataModule
from weitiao.errors import ConfigError
from weitiao.evaluation.significance import mean_and_sd, paired_p
from weitiao.io.atomic import whole_or_not
from weitiao.io.csv_file import write_csv
from weitiao.objectives.display import cell, titled
from weitiao.pretraining.cli import run_pretrain
from weitiao.training.fit import fit

FINETUNE = (  # a rate for small networks; encoders from a hub want a tenth of it
    "--config configs/default.yaml --config configs/model/pretrained.yaml --model.optim.lr 3e-4"
)
NONE = "none"
"""Name of fine-tuning without pretraining, beside those of the pretrainings."""
ALL = "all"
"""Of the rows: no part of them."""
ROWS = {"500": "--trainer.max_epochs 10", ALL: "--trainer.max_epochs 4"}


class Result(NamedTuple):
    """One fine-tuning: its pretraining, rows of train, seed, test scores, seconds and metric."""

    pretraining: str
    rows: str
    seed: int
    score: float
    baseline: float
    seconds: float
    metric: str


@dataclass(frozen=True)
class Gain:
    """A comparison of pretrainings with none.

    The texts of the validation and test split are kept from the pretrainings. Without pretraining,
    the network has the weights that the first one began with: random ones, drawn by each seed, or
    those of the model that was continued.

    Args:
        pretrain: name → options of ``pretrain``; the networks are of one shape.
        finetune: options of ``train`` for a pretrained backbone, without the name.
        rows: how many rows of train to fine-tune on, or ``all`` → further options of fine-tuning:
            fewer rows need more epochs; null = 500 in 10 epochs, all in 4.
        seeds: each fine-tuning is done with the seeds 1 to this; of a part of the rows, each draws
            its own.
        folder: of all runs; the same command goes on there, also with further pretrainings, rows or
            seeds.

    Raises:
        ConfigError: a value is out of bounds, or a name can't be a folder's.
    """

    pretrain: dict[str, str]
    finetune: str = FINETUNE
    rows: dict[str, str] | None = None
    seeds: int = 3
    folder: Path = Path("logs/gain")

    def __post_init__(self) -> None:
        at_least(2, seeds=self.seeds)
        names = [*self.pretrain]
        if not names or NONE in names or not all(re.fullmatch(r"[\w-]+", name) for name in names):
            raise ConfigError(
                "pretrain: each pretraining needs a name of letters, digits, _ and -, but not"
                f" {NONE!r}; got {', '.join(names) or 'no pretraining'}"
            )
        if not self.sizes or not all(re.fullmatch(f"[1-9][0-9]*|{ALL}", n) for n in self.sizes):
            raise ConfigError(f"rows: numbers from 1, or {ALL!r}; got {', '.join(self.sizes)}")
        given = {"finetune": self.finetune, "pretrain": self.pretrain, "rows": self.sizes}
        for option, options in flat(given).items():
            try:
                shlex.split(options)
            except ValueError as error:
                raise ConfigError(f"{option}: {error}: {options}") from error

    @property
    def sizes(self) -> dict[str, str]:
        """The rows in effect."""
        return ROWS if self.rows is None else self.rows

    def results(self, console: Console) -> Iterator[Result]:
        """Pretrain, and fine-tune as often as is needed; what is done already is not done again.

        Raises:
            WeitiaoError: as the commands that are run; or the folder holds another comparison.
        """
        self._pretrain()
        ways = {NONE: self._beginning()} | {
            name: _named(self._model(name)) for name in self.pretrain
        }
        for rows, more in self.sizes.items():
            fixed = [*shlex.split(self.finetune), *shlex.split(more)]
            drawn = [f"--data.split.train={rows}", "--data.split.train_seed={seed}"]
            part = [] if rows == ALL else drawn
            ways_of_rows = {f"{name}-{rows}": [*fixed, *way, *part] for name, way in ways.items()}
            comparison = Comparison(ways_of_rows, self.folder, self.seeds)
            comparison.check()
            for found in comparison.results(console):
                name = found.name.removesuffix(f"-{rows}")
                baseline = found.baseline or float("nan")
                seconds = found.seconds or float("nan")
                told = found.score, baseline, seconds, found.metric
                yield Result(name, rows, found.number, *told)

    def _pretrain(self) -> None:
        places = {name: self._model(name).parent for name in self.pretrain}
        if not any(place.is_dir() for place in (self.folder / "pretrain").glob("*")):
            self._held_out.unlink(missing_ok=True)  # of splits that may have been others
        claim(self._held_out, [self.finetune])
        for name, options in self.pretrain.items():
            claim(places[name], [options])
            if self._model(name).is_dir():
                continue
            if not self._held_out.is_file():
                self._hold_out(self._held_out)
            without = f"--data.without.files={self._held_out}"
            run_pretrain([*shlex.split(options), f"--run.folder={places[name]}", without])

    @property
    def _held_out(self) -> Path:
        """Texts of validation and test."""
        return self.folder / "held_out.jsonl"

    def _model(self, name: str) -> Path:
        return self.folder / "pretrain" / name / "model"

    def _hold_out(self, target: Path) -> None:
        """Write the texts of validation and test, as they are in the files and as cleaned."""
        # any tokenizer does, since the splits don't depend on it
        fixed = [
            *shlex.split(self.finetune),
            *_named(Path("-")),
            "--data.input.encode.tokenizer=characters",
        ]
        parsed = capture_parser(fit, fixed, "fit").parse_args(fixed)
        parser = ArgumentParser(exit_on_error=False)
        parser.add_class_arguments(DataModule, "data")
        data = parser.instantiate(parser.parse_object({"data": parsed.data.as_dict()})).data
        count = data.card.rows["train"]
        if large := [size for size in self.sizes if size != ALL and int(size) > count]:
            raise ConfigError(
                f"rows: {', '.join(large)}, but train has {count:,}\n  → --rows.{ALL} OPTIONS"
            )
        with whole_or_not(target) as part, part.open("w", encoding="utf-8") as file:
            for split in ("val", "test"):
                table = data.rows(split)
                names = {"original", "text", "pair"} & {*table.column_names}
                for text in {text for name in names for text in table[name].to_pylist()}:
                    file.write(json.dumps({"text": text}, ensure_ascii=False) + "\n")

    def _beginning(self) -> list[str]:
        """Options for the weights that the first pretraining began with."""
        model = self._model(next(iter(self.pretrain)))
        config = yaml.safe_load((model.parent / "config.yaml").read_text("utf-8"))
        network = config["model"]["network"]
        if network["class_path"].endswith("Continued"):
            start, layers = network["init_args"]["name"], network["init_args"]["layers"]
            return [*_named(start), *([f"--model.backbone.layers={layers}"] if layers else [])]
        return [
            *_named(model),
            f"--model.backbone.config={(model / 'config.json').read_text('utf-8')}",
        ]


def gain_parser() -> Parser:
    """The parser of the command line."""
    parser = Parser(prog=called("gain"), description="Measure what pretraining gains.")
    parser.add_class_arguments(Gain, as_group=False)
    return parser


def run_gain(arguments: list[str]) -> list[Result]:
    """Pretrain, fine-tune, compare: prints the table, and writes all scores into ``gain.csv``."""
    parser = gain_parser()
    gain = Gain(**parser.instantiate(parser.parse_args(arguments)).as_dict())
    results = list(gain.results(Console(stderr=True, highlight=False)))
    write_csv(gain.folder / "gain.csv", [Result._fields, *results])
    Console().print(gain_table(results))
    return results


def gain_table(results: list[Result]) -> Table:
    """Mean and standard deviation over the seeds, and a paired t-test against no pretraining."""
    metric = f"test/{results[0].metric}"
    title = "test score, mean ± sd over the seeds; p of a paired t-test"
    table = Table(title=title, title_justify="left")
    for column in ("rows", "pretraining", titled(metric), f"− {NONE}", "p", "baseline", "s a run"):
        table.add_column(column, justify="right", no_wrap=True)
    for rows in dict.fromkeys(result.rows for result in results):
        without = [r.score for r in results if (r.rows, r.pretraining) == (rows, NONE)]
        for name in dict.fromkeys(result.pretraining for result in results):
            own = [r for r in results if (r.rows, r.pretraining) == (rows, name)]
            scores = [r.score for r in own]
            gain, p = statistics.fmean(scores) - statistics.fmean(without), None
            if name != NONE:
                p = paired_p(scores, without)
            table.add_row(
                rows,
                name,
                mean_and_sd(scores, metric),
                "" if name == NONE else cell(metric, gain, "+"),
                "" if p is None else f"{p:.3f}",
                cell(metric, statistics.fmean(r.baseline for r in own)),
                f"{statistics.fmean(r.seconds for r in own):.0f}",
            )
    return table


def _named(name: str | Path) -> list[str]:
    return [f"--model.backbone.name={name}", f"--data.input.encode.tokenizer={name}"]
