"""The base of commands that train: options, a run folder, exact resume, callbacks."""

import os
import signal
import time
from abc import abstractmethod
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import lightning.pytorch as L
import torch
from lightning.pytorch.callbacks import (
    Callback,
    LambdaCallback,
    LearningRateMonitor,
    ModelCheckpoint,
)
from lightning.pytorch.cli import LightningArgumentParser, LightningCLI
from lightning.pytorch.profilers import PassThroughProfiler, PyTorchProfiler
from rich.console import Console

from weitiao import distributed
from weitiao.config import own_code
from weitiao.config.commands import called
from weitiao.config.parser import flat
from weitiao.config.serialization import plain
from weitiao.distributed import device_count, refuse_other_processes
from weitiao.errors import ConfigError
from weitiao.objectives.metrics import mode_of
from weitiao.training import matmul, signals
from weitiao.training.best_scores import BestScores
from weitiao.training.callbacks import ForgetRetaken, OwnSignals, ValidateAtEnd
from weitiao.training.checkpointing import LastCheckpoint, save_whole_files
from weitiao.training.checks import (
    check_sharing,
    check_trainer,
    refuse_seed,
)
from weitiao.training.console import show_line, show_values
from weitiao.training.csv_log import CSVLog
from weitiao.training.divergence import EndIfDiverged
from weitiao.training.optional_parts import TensorBoard
from weitiao.training.options import RunOptions
from weitiao.training.precision import keep_targets
from weitiao.training.progress import Progress
from weitiao.training.random_state import RandomState
from weitiao.training.resume import go_on_from, with_config_of_checkpoint
from weitiao.training.run_folder import RunFolder
from weitiao.training.throughput import Throughput
from weitiao.training.time_spent import TimeSpent
from weitiao.training.training_parser import TrainingParser
from weitiao.training.undefined_scores import ReportUndefined
from weitiao.training.weights import refuse_few_bits, weight_lines


class TrainingCLI(LightningCLI):
    """LightningCLI with one folder per run, exact resume and values in effect on the screen.

    Args:
        module: the LightningModule's class; takes the data card.
        data: the LightningDataModule's class; has one.
        arguments: the command line without the verb.
        verb: of the command line, for messages.
        console: shows values in effect.
        defaults: of the Trainer.
    """

    latest = True
    """Whether ``logs/latest`` is to point to the run."""
    note: str | None = None
    """Where the values come from, in a line."""

    def __init__(
        self,
        module: type[L.LightningModule],
        data: type[L.LightningDataModule],
        arguments: list[str],
        verb: str,
        console: Console,
        defaults: Mapping[str, Any],
    ) -> None:
        self.console, self.verb, self.time = console, verb, TimeSpent(time.perf_counter())
        self.folder: RunFolder
        super().__init__(
            module,
            data,
            save_config_callback=None,
            trainer_defaults={"enable_model_summary": False, "devices": 1, **defaults},
            seed_everything_default=1,
            parser_class=TrainingParser,
            parser_kwargs={"prog": called(verb), "description": "All options there are."},
            auto_configure_optimizers=False,
            run=False,
            args=with_config_of_checkpoint(arguments),
        )

    @abstractmethod
    def monitored(self) -> str:
        """The metric by which the best checkpoint is chosen, if ``run.monitor`` names none."""

    @abstractmethod
    def check(self, trainer: dict[str, Any]) -> None:
        """Refuse what is known to fail, before anything is written.

        Args:
            trainer: flat values ``trainer.NAME``.
        """

    def own_callbacks(self, scores: BestScores) -> list[Callback]:
        """Callbacks of this command, which see each hook after `Throughput`."""
        return []

    @abstractmethod
    def shown_score(self) -> str:
        """What the bar shows of a validation, beside loss and accuracy."""

    @abstractmethod
    def lower_is_better(self) -> Collection[str]:
        """The metrics of which less is better."""

    def begin(self) -> None:
        """What is done to the model of a run that doesn't resume, before the Trainer has it."""

    def fit(self, *, in_order: bool = True) -> dict[str, float]:
        """Train; gives the scores of the best validation, with ``fit/seconds``.

        Args:
            in_order: a signal ends the training after a batch, saved; else at once.

        Raises:
            ConfigError: there was no validation.
        """
        started = time.perf_counter()
        deferred = signals.deferred() if in_order else nullcontext()
        own = self.folder.owned(), self.folder.removed_unless_started()
        with own[0], own[1]:
            if self.config.ckpt_path is None:
                self.begin()  # a signal ends it at once
            with deferred, together(self.trainer):
                self.trainer.fit(
                    self.model,
                    datamodule=self.datamodule,
                    ckpt_path=self.config.ckpt_path,
                    weights_only=True,
                )
        # torch's profiler breaks off a later stage: findings/profiler_after_a_short_stage.sh
        if isinstance(self.trainer.profiler, PyTorchProfiler):
            self.trainer.profiler = PassThroughProfiler()
        if self.time.rows and not self.console.quiet:  # a run that had ended trains nothing more
            show_line(self.time.line(self.trainer), self.console)
        self.trainer.optimizers = []  # no state of theirs is in best.ckpt, where FSDP looks for it
        if not self.folder.best.is_file():
            place = self.folder.path
            problem = f"no validation took place, so {place} has no best checkpoint"
            raise ConfigError(problem, hint="{--trainer.check_val_every_n_epoch} 1")
        scores = next(c.scores for c in self.trainer.callbacks if isinstance(c, BestScores))
        return scores | {"fit/seconds": time.perf_counter() - started}

    def write_down(self) -> None:
        """Leave the values in effect in the folder, and show them."""
        config = self.config.clone()
        config.ckpt_path = config.run.folder = None  # who runs it again wants a folder of its own
        note = f"# {self.note}\n" if self.note else ""
        self.folder.config.write_text(note + self.parser.dump(config, skip_none=False), "utf-8")
        values, usual = flat(config), flat(self.parser.get_defaults())
        show_values(values, usual, self.folder.config, self.console)
        on_processor = matmul.on_processor(self.config.trainer.accelerator)
        for line in weight_lines(self.model, on_processor=on_processor):
            show_line(line, self.console)

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Our own options, and the facts that are written once and linked."""
        own_code.add_option(parser)
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
        RunOptions(**self.config.run)  # refused now, not when the data are prepared
        refuse_other_processes(self.config.trainer.devices, self.config.trainer.num_nodes)
        self.config.run.threads = self.config.run.threads or self._free_threads()
        torch.set_num_threads(self.config.run.threads)

    def _choose_matmul(self) -> None:
        """Take the library that the run names, or the faster one, and say where it rounds off."""
        chosen = self.config.run.matmul
        if chosen is None:
            chosen = matmul.fastest()
        elif chosen == "onednn" and matmul.rounds_off(chosen):
            line = "! run.matmul: oneDNN rounds products to 16 bits on this processor"
            show_line(f"{line}\n  → exact: {{--run.matmul}} blas", self.console)
        self.config.run.matmul = chosen
        matmul.use(chosen)

    def _free_threads(self) -> int:
        """Threads of this process; those that it starts itself share them out among all."""
        threads, count = torch.get_num_threads(), device_count(self.config.trainer.devices) or 1
        if count == 1 or distributed.launched() or "OMP_NUM_THREADS" in os.environ:
            return threads
        os.environ["OMP_NUM_THREADS"] = str(max(1, threads // count))  # else Lightning sets it
        return int(os.environ["OMP_NUM_THREADS"])

    def instantiate_classes(self) -> None:
        """The parts, which keep the values that they are made from."""
        # Lightning would write them as YAML and read that, a quarter of what it takes to start
        values = self.config.as_dict()
        self.config_dump = {part: plain(values[part]) for part in ("model", "data")}
        super().instantiate_classes()

    def instantiate_trainer(self, **kwargs: Any) -> L.Trainer:
        """The Trainer, in the run's folder, with the callbacks that every run has."""
        options: RunOptions = self.config_init.run
        checkpoint = self.config.ckpt_path
        if self.config.run.monitor is None:
            self.config.run.monitor = self.monitored()
        values = flat(self.config.trainer, "trainer")
        check_trainer(values)
        self.check(values)
        if checkpoint:
            place, parts = (Path(checkpoint), vars(options)), (self.model, self.datamodule)
            self.folder, self.config.ckpt_path = go_on_from(*place, *parts, self.console)
        else:
            self.folder = RunFolder.of_all_processes(options.folder, options.root, options.name)
        with self.folder.owned(), self.folder.removed_unless_started():
            self.trainer_defaults["callbacks"] = self._callbacks(options)
            own = [TensorBoard(self.folder.path), CSVLog(self.folder.path / "metrics.csv")]
            more = self.config_init.trainer.logger or []
            more = more if isinstance(more, list) else [more]
            try:
                trainer = super().instantiate_trainer(
                    logger=[*own, *more], default_root_dir=str(self.folder.path)
                )
            except (ValueError, TypeError, ImportError) as error:  # most of what Lightning refuses
                raise ConfigError(f"trainer: {error}") from error
            check_sharing(trainer, self.model)
            refuse_few_bits(trainer, self.model)
            save_whole_files(trainer)
            keep_targets(trainer)
            if matmul.on_processor(self.config.trainer.accelerator):
                self._choose_matmul()
            if distributed.first():
                self.write_down()
        return trainer

    def _callbacks(self, options: RunOptions) -> list[Callback]:
        monitor = self.config.run.monitor
        mode = mode_of(monitor, self.lower_is_better())
        best = ModelCheckpoint(
            self.folder.checkpoints,
            filename="best",
            monitor=monitor,
            mode=mode,
            enable_version_counter=False,
        )
        scores = BestScores(monitor, mode)
        hidden = self.config.trainer.enable_progress_bar is False
        return [
            self.time,
            *([] if hidden else [Progress(self.shown_score())]),
            LambdaCallback(
                on_train_start=lambda trainer, _: self.folder.start(
                    latest=self.latest and trainer.is_global_zero
                )
            ),
            OwnSignals(),
            ValidateAtEnd(),
            RandomState(),
            ForgetRetaken(),
            EndIfDiverged(),
            LearningRateMonitor(logging_interval="step"),
            Throughput(),
            scores,
            ReportUndefined(scores),
            *self.own_callbacks(scores),
            best,
            LastCheckpoint(self.folder.last, options.save_every),
        ]


@contextmanager
def together(trainer: L.Trainer) -> Iterator[None]:
    """End the processes that this one has started, if it fails: they would wait for it for ever."""
    try:
        yield
    except BaseException:
        if trainer.strategy.launcher is not None:
            trainer.strategy.launcher.kill(signal.SIGKILL)
        raise
