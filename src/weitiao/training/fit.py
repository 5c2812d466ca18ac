"""The verb ``fit``: parse, prepare, train, keep the best checkpoint."""

import json
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import lightning.pytorch as L
from lightning.pytorch.callbacks import Callback
from lightning.pytorch.cli import LightningArgumentParser
from rich.console import Console

from weitiao import distributed
from weitiao.config.arguments import Options, as_arguments
from weitiao.config.commands import command, shipped
from weitiao.config.field_paths import field_paths, with_options
from weitiao.config.own_code import permitted
from weitiao.config.parser import flat
from weitiao.data.datamodule import DataModule
from weitiao.data.summary import render
from weitiao.downloads import corpus
from weitiao.errors import ConfigError
from weitiao.models.module import Module
from weitiao.training import signals
from weitiao.training.best_scores import BestScores, improving, longer
from weitiao.training.changed_share import ChangedShare
from weitiao.training.checks import check_parts, refuse_unknown_monitors
from weitiao.training.completion import completed
from weitiao.training.console import (
    show_examples,
    show_how_to_go_on,
    show_line,
    show_next_steps,
)
from weitiao.training.contamination import pretrained_on
from weitiao.training.data_report import handling
from weitiao.training.evaluation_rows import EvaluationRows, signatures
from weitiao.training.hparams_logger import HParams
from weitiao.training.probe_start import start_from_probe
from weitiao.training.recipe import replaced
from weitiao.training.refit import refit
from weitiao.training.remembering import remember
from weitiao.training.run_folder import BASELINES, RunFolder, write_json
from weitiao.training.start import begin_with
from weitiao.training.training_cli import TrainingCLI
from weitiao.training.undefined_scores import ReportDoubts, undefined


@dataclass
class Run:
    """A trained run: what later verbs need of it."""

    folder: RunFolder
    monitor: str
    trainer: L.Trainer
    module: Module
    data: DataModule
    console: Console

    @property
    def talks(self) -> bool:
        """Whether its model can be talked to."""
        return self.module.objective.talks

    @property
    def scores(self) -> dict[str, Any]:
        """What ``metrics.json`` holds: of the best checkpoint, and of test once it is measured."""
        found: dict[str, Any] = json.loads(self.folder.metrics.read_text("utf-8"))
        return found


@dataclass(frozen=True)
class Driver:
    """What a search adds to the runs that it drives; none of them becomes ``latest``.

    Args:
        watchers: further callbacks.
        hparams: what HPARAMS shows of a run in place of its whole configuration.
    """

    watchers: Sequence[Callback]
    hparams: Mapping[str, Any]


class FitCLI(TrainingCLI):
    """The command line of supervised training."""

    def __init__(
        self, arguments: list[str], verb: str, console: Console, driver: Driver | None = None
    ) -> None:
        self.driver, self.latest = driver, driver is None
        arguments, self.note = completed(arguments)
        for line in replaced(arguments):
            show_line(line, console)
        super().__init__(
            Module,
            DataModule,
            arguments,
            verb,
            console,
            defaults={"max_epochs": 10},
        )

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """What every training has, and task and recipe, which `completed` has resolved."""
        super().add_arguments_to_parser(parser)
        parser.add_argument(
            "--task",
            type=str | None,
            help="What is learned: values for data.target and what fits it."
            f" {', '.join(shipped('tasks'))}, or another name in configs/tasks.",
        )
        parser.add_argument(
            "--recipe",
            type=str | None,
            help="Values for model, tokenizer and training: auto = chosen from the data; none; or"
            " a name in configs/recipes. Without it: auto, unless --config or --model.backbone"
            " says what the model is.",
        )

    def before_instantiate_classes(self) -> None:
        """Refuse files that this verb can't read."""
        if self.config.data.predict is not None:
            problem = f"is for the verb predict; {self.verb} does not read it"
            raise ConfigError(problem, field="data.predict")
        if self.config.data.train == os.fspath(corpus.TARGET) and not corpus.TARGET.exists():
            raise ConfigError(
                "the embedded corpus has not been fetched yet",
                hint=f"{command('corpus')}, or your own file: {{--data.train}} FILE",
            )
        super().before_instantiate_classes()

    def monitored(self) -> str:
        """The first metric of the objective, or the loss where val can't have that metric."""
        first = f"val/{self.shown_score()}"
        if not undefined(first, self.model.objective, self.datamodule):
            return first
        line = f"! {first} is undefined on val, where all targets are equal: val/loss chooses"
        show_line(line, self.console)
        return "val/loss"

    def shown_score(self) -> str:
        """The first metric of the objective."""
        return self.model.objective.first

    def lower_is_better(self) -> Collection[str]:
        """Those of the objective."""
        return self.model.objective.lower_is_better

    def check(self, trainer: dict[str, Any]) -> None:
        """Refuse splits, metrics and parts that don't go together."""
        check_parts(self.verb, self.model, self.datamodule, self.config.run.monitor)
        refuse_unknown_monitors(trainer, self.model)

    def own_callbacks(self, scores: BestScores) -> list[Callback]:
        """What is written of the rows and shown of the run, and what a search watches."""
        driver = self.driver
        whole = {"model": self.config.model, "data": self.config.data}
        hparams = flat(whole) if driver is None else driver.hparams
        return [
            *(driver.watchers if driver else ()),
            *([ChangedShare()] if self.datamodule.input.times else []),
            EvaluationRows(),
            ReportDoubts(),
            HParams(hparams, scores, self.shown_score(), test=driver is None),
        ]

    def begin(self) -> None:
        """Load the model to start with, solve the head that is to start from a probe, and let rows
        know what of the model that the training begins with they are to bring along."""
        if (start := self.model.hparams["start"]) is not None:
            show_line(begin_with(self.model, start), self.console)
        scorer = self.model.objective.scorer
        if scorer is not None and scorer.starts_from_probe:
            start_from_probe(self.trainer, self.model, self.datamodule, self.console)
        if self.model.objective.remembers:
            remember(self.trainer, self.model, self.datamodule, self.console)

    def write_down(self) -> None:
        """Leave config, card and audit in the folder, and show them."""
        write_json(self.datamodule.card.plain(), self.folder.card)
        prepared = self.datamodule.prepared
        audit = with_options(prepared.audit)
        splits = [split for split in ("val", "test") if prepared.has(split)]
        read = pretrained_on(self.model, self.datamodule, splits)
        audit |= {} if read is None else {"pretrained on": read}
        write_json(audit, self.folder.audit)
        if self.note:
            show_line(self.note, self.console)
        super().write_down()
        render(audit["audit"], self.console)
        for line in handling(audit, self.datamodule.card.rows, self.datamodule.fitted):
            show_line(line, self.console)
        for split in ("train", *splits):
            place = partial(self.datamodule.place_of, split)
            batches = partial(self.datamodule.plain_loader, split)
            for line in self.model.objective.lost(split, batches, place):
                show_line(line, self.console)
        if self.datamodule.input.times:
            examples = self.datamodule.changed_rows.examples(3)
            if examples is not None:  # of texts
                show_examples(examples, self.console)


@signals.watched()
@permitted
def fit(
    options: Options, verb: str = "fit", *, quiet: bool = False, driver: Driver | None = None
) -> Run:
    """Train; the best checkpoint's scores go into ``metrics.json`` of the run's folder.

    Args:
        options: those of ``fit``, as ``{"data.train": "my.csv", "trainer.max_epochs": 2}`` or as
            the arguments of a command line.
        verb: how the command is called in messages.
        quiet: show nothing of the run; else what a person wants to see goes to standard error.
            A first preparation of the data tells its steps in any case.
        driver: what a search adds.

    Raises:
        WeitiaoError: what the command line would tell and end with.
        KeyboardInterrupt: after ``last.ckpt`` is saved; ``{"ckpt_path": …}`` continues from it.
    """
    console = Console(stderr=True, highlight=False, quiet=quiet or not distributed.first())
    hidden = ["--trainer.enable_progress_bar=false"] if quiet else []
    with field_paths(dashes="" if isinstance(options, Mapping) else "--"):
        return _fit([*as_arguments(options), *hidden], verb, console, driver)


def _fit(arguments: list[str], verb: str, console: Console, driver: Driver | None) -> Run:
    cli = FitCLI(arguments, verb, console, driver)
    try:
        # a trial is not continued: nothing is worth waiting for
        scores = cli.fit(in_order=driver is None)
    except signals.Stopped:
        show_how_to_go_on(cli.folder, verb, console)
        raise
    scores |= refit(cli.trainer, cli.model, cli.datamodule, cli.folder.best, cli.console)
    if distributed.first():  # what an earlier test found belongs to an earlier best checkpoint
        measured = {**scores, **signatures(cli.trainer, cli.model.objective, "val")}
        cli.folder.add_metrics(measured, forget=("test", *BASELINES))
    run = Run(
        cli.folder, cli.config.run.monitor, cli.trainer, cli.model, cli.datamodule, cli.console
    )
    if driver is None and improving(run.trainer):
        line = f"! {run.monitor} was still improving in the last epoch"
        show_line(f"{line}\n  → train longer: {longer(run.trainer)}", run.console)
    if verb == "fit":
        show_next_steps(run.folder, run.console, talks=run.talks)
    return run
