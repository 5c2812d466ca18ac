"""The verb ``fit``: parse, prepare, train, keep the best checkpoint."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import lightning.pytorch as L
import torch
from lightning.pytorch.callbacks import (
    Callback,
    LambdaCallback,
    LearningRateMonitor,
    ModelCheckpoint,
)
from lightning.pytorch.cli import LightningArgumentParser, LightningCLI
from rich.console import Console

from weitiao import ranks
from weitiao.data.datamodule import TextDataModule
from weitiao.data.summary import render
from weitiao.errors import ConfigError
from weitiao.models.module import TextModule
from weitiao.models.scores import FIRST, LOWER_IS_BETTER
from weitiao.run import corpus, stop
from weitiao.run.board import Board
from weitiao.run.callbacks import (
    BestScores,
    ChangedShare,
    ForgetRetaken,
    OwnSignals,
    RandomState,
    Throughput,
)
from weitiao.run.checks import (
    check_run,
    check_sharing,
    device_count,
    refuse_blind_pooling,
    refuse_foreign_ids,
    refuse_other_processes,
    refuse_seed,
    refuse_unread_vectors,
)
from weitiao.run.csv_log import CSVLog
from weitiao.run.diverged import EndIfDiverged
from weitiao.run.folder import RunFolder, write_json
from weitiao.run.options import RunOptions
from weitiao.run.outputs import EvaluationRows
from weitiao.run.parser import Parser, flat
from weitiao.run.progress import Progress
from weitiao.run.report import handling
from weitiao.run.resume import go_on_from, with_config_of_checkpoint
from weitiao.run.saving import LastCheckpoint, save_whole_files
from weitiao.run.shown import show_examples, show_next_steps, show_values


@dataclass
class Run:
    """A trained run: what later verbs need of it."""

    folder: RunFolder
    monitor: str
    trainer: L.Trainer
    module: TextModule
    data: TextDataModule
    console: Console


@dataclass(frozen=True)
class Driver:
    """What a search adds to the runs that it drives; none of them becomes ``latest``.

    Args:
        watchers: further callbacks.
        hparams: what HPARAMS shows of a run in place of its whole configuration.
    """

    watchers: Sequence[Callback]
    hparams: Mapping[str, Any]


class FitCLI(LightningCLI):
    """LightningCLI with one folder per run, exact resume and values in effect on the screen.

    Args:
        arguments: the command line without the verb.
        verb: how the command is called in messages.
        console: shows values and audit.
        driver: what a search adds.
    """

    def __init__(
        self, arguments: list[str], verb: str, console: Console, driver: Driver | None = None
    ) -> None:
        self.console = console
        self.verb = verb
        self.driver = driver
        self.folder: RunFolder
        super().__init__(
            TextModule,
            TextDataModule,
            save_config_callback=None,
            trainer_defaults={"enable_model_summary": False, "max_epochs": 10, "devices": 1},
            seed_everything_default=1,
            parser_class=Parser,
            parser_kwargs={"prog": f"train.py {verb}"},
            auto_configure_optimizers=False,
            run=False,
            args=with_config_of_checkpoint(arguments),
        )

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Our own options, and the facts that are written once and linked."""
        parser.add_class_arguments(RunOptions, "run")
        parser.add_argument(
            "--ckpt_path", type=str | None, help="Checkpoint to resume, in its own folder."
        )
        parser.link_arguments("seed_everything", "data.seed")
        parser.link_arguments("data.card", "model.card", apply_on="instantiate")

    def parse_arguments(self, parser: LightningArgumentParser, args: Any) -> None:
        """Parse, and refuse a seed before Lightning takes it."""
        super().parse_arguments(parser, args)
        refuse_seed(self.config.seed_everything)

    def before_instantiate_classes(self) -> None:
        """Fix what the result depends on, before anything is made."""
        if self.config.data.predict is not None:
            raise ConfigError(f"data.predict is for the verb predict; {self.verb} does not read it")
        if self.config.data.train == os.fspath(corpus.TARGET) and not corpus.TARGET.exists():
            raise ConfigError(
                "the embedded corpus has not been fetched yet"
                "\n  → python src/corpus.py, or your own file: --data.train FILE"
            )
        # refused now, not when the data are prepared
        RunOptions(**self.config.run)
        refuse_other_processes(self.config.trainer.devices, self.config.trainer.num_nodes)
        self.config.run.threads = self.config.run.threads or self._free_threads()
        torch.set_num_threads(self.config.run.threads)

    def _free_threads(self) -> int:
        """Threads of this process; those that it starts itself share them out among all."""
        threads, count = torch.get_num_threads(), device_count(self.config.trainer.devices) or 1
        if count == 1 or ranks.launched() or "OMP_NUM_THREADS" in os.environ:
            return threads
        os.environ["OMP_NUM_THREADS"] = str(max(1, threads // count))  # else Lightning sets it
        return int(os.environ["OMP_NUM_THREADS"])

    def instantiate_trainer(self, **kwargs: Any) -> L.Trainer:
        """The Trainer, in the run's folder, with the callbacks that every run has."""
        options: RunOptions = self.config_init.run
        checkpoint = self.config.ckpt_path
        if self.config.run.monitor is None:
            self.config.run.monitor = f"val/{FIRST[self.model.card.task]}"
        trainer_values = flat(self.config.trainer, "trainer")
        check_run(self.verb, self.model, self.config.run.monitor, trainer_values)
        refuse_foreign_ids(self.model, self.datamodule)
        refuse_blind_pooling(self.model)
        refuse_unread_vectors(self.model)
        if checkpoint:
            held = {"model": self.model.hparams, "data": self.datamodule.hparams}
            place = Path(checkpoint), vars(options)
            self.folder, self.config.ckpt_path = go_on_from(*place, held, self.console)
        else:
            self.folder = RunFolder.of_all_processes(options.folder, options.root, options.name)
        with self.folder.owned(), self.folder.removed_unless_started():
            self.trainer_defaults["callbacks"] = self._callbacks(options)
            board = self.folder.tensorboard()
            csv_log = CSVLog(self.folder.path / "metrics.csv")
            try:
                trainer = super().instantiate_trainer(
                    logger=[board, csv_log], default_root_dir=str(self.folder.path)
                )
            except (ValueError, TypeError) as error:  # most of what Lightning refuses
                raise ConfigError(f"trainer: {error}") from error
            check_sharing(trainer)
            save_whole_files(trainer)
            if ranks.first():
                self._write_down()
        return trainer

    def _callbacks(self, options: RunOptions) -> list[Callback]:
        monitor = self.config.run.monitor
        best = ModelCheckpoint(
            self.folder.checkpoints,
            filename="best",
            monitor=monitor,
            mode=mode_of(monitor),
            enable_version_counter=False,
        )
        scores = BestScores(monitor, mode_of(monitor))
        first = FIRST[self.model.card.task]
        bar = [] if self.config.trainer.enable_progress_bar is False else [Progress(first)]
        driver = self.driver
        whole = {"model": self.config.model, "data": self.config.data}
        hparams = flat(whole) if driver is None else driver.hparams
        return [
            *bar,
            LambdaCallback(
                on_train_start=lambda trainer, _: self.folder.start(
                    latest=driver is None and trainer.is_global_zero
                )
            ),
            OwnSignals(),
            RandomState(),
            ForgetRetaken(),
            EndIfDiverged(),
            *(driver.watchers if driver else ()),
            LearningRateMonitor(logging_interval="step"),
            Throughput(),
            *([ChangedShare()] if self.datamodule.augment else []),
            scores,
            EvaluationRows(),
            Board(hparams, scores, first, test=driver is None),
            best,
            LastCheckpoint(self.folder.last, options.save_every),
        ]

    def _write_down(self) -> None:
        """Leave config, card and audit in the folder, and show them."""
        config = self.config.clone()
        config.ckpt_path = config.run.folder = None  # who runs it again wants a folder of its own
        self.folder.config.write_text(self.parser.dump(config, skip_none=False), "utf-8")
        write_json(self.datamodule.card.plain(), self.folder.card)
        audit = self.datamodule.prepared.audit
        write_json(audit, self.folder.audit)
        show_values(flat(config), flat(self.parser.get_defaults()), self.console)
        sizes = [(p.numel(), p.requires_grad) for p in self.model.parameters()]
        trained, every = sum(n for n, learns in sizes if learns), sum(n for n, _ in sizes)
        self.console.print(f"parameters: {trained:,} trained of {every:,}")
        render(audit["audit"], self.console)
        for line in handling(audit, self.datamodule.card):
            self.console.print(line, markup=False, style="yellow" if line[0] == "!" else None)
        if self.datamodule.augment:
            show_examples(self.datamodule.augmented.examples(3), self.console)


def run_fit(
    arguments: list[str],
    verb: str,
    console: Console | None = None,
    driver: Driver | None = None,
) -> Run:
    """Train as the command line says; the best checkpoint's scores go into ``metrics.json``.

    Args:
        arguments: the command line without the verb.
        verb: how the command is called in messages.
        console: shows what a person wants to see; null = standard error.
        driver: what a search adds.
    """
    console = console or Console(stderr=True, highlight=False)
    console.quiet |= not ranks.first()
    cli = FitCLI(arguments, verb, console, driver)
    started = time.perf_counter()
    # a trial is not gone on with: nothing is worth waiting for
    in_order = stop.deferred() if driver is None else nullcontext()
    with cli.folder.owned(), cli.folder.removed_unless_started(), in_order, together(cli.trainer):
        cli.trainer.fit(
            cli.model, datamodule=cli.datamodule, ckpt_path=cli.config.ckpt_path, weights_only=True
        )
    if not cli.folder.best.is_file():
        raise ConfigError(f"no validation took place, so {cli.folder.path} has no best checkpoint")
    scores = next(c.scores for c in cli.trainer.callbacks if isinstance(c, BestScores))
    if ranks.first():  # what an earlier test found belongs to an earlier best checkpoint
        cli.folder.add_metrics(
            scores | {"fit/seconds": time.perf_counter() - started}, forget=("test", "floor")
        )
    run = Run(
        cli.folder, cli.config.run.monitor, cli.trainer, cli.model, cli.datamodule, cli.console
    )
    if verb == "fit":
        show_next_steps(run.folder, run.console)
    return run


@contextmanager
def together(trainer: L.Trainer) -> Iterator[None]:
    """End the processes that this one has started, if it fails: they would wait for it for ever."""
    try:
        yield
    except BaseException:
        if trainer.strategy.launcher is not None:
            trainer.strategy.launcher.kill(signal.SIGKILL)
        raise


def mode_of(monitor: str) -> Literal["max", "min"]:
    """Whether more or less of the metric is better."""
    return "min" if monitor.rpartition("/")[2] in LOWER_IS_BETTER else "max"
