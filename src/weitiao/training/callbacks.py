"""Callbacks of every run: random states, speed, best scores."""

import random
import time
from typing import Any

import lightning.pytorch as L
import numpy as np
import torch
from lightning.pytorch.callbacks import Callback

from weitiao import distributed
from weitiao.config.private_interfaces import logs_after_this_batch
from weitiao.errors import ConfigError
from weitiao.training import signals
from weitiao.training.csv_log import CSVLog


class RandomState(Callback):
    """Puts the random generators into the checkpoint, so that a resume draws the same numbers.

    Each of several processes has numbers of its own, since their rows are dropped out apart.
    """

    def __init__(self) -> None:
        self._loaded: list[dict[str, Any]] | None = None

    def state_dict(self) -> dict[str, Any]:
        """States of torch's, NumPy's and Python's global generators, of each process."""
        kind, keys, *rest = np.random.get_state(legacy=True)
        version, numbers, gauss = random.getstate()
        state = {
            "torch": torch.get_rng_state(),
            "cuda": torch.cuda.get_rng_state() if torch.cuda.is_initialized() else None,
            "numpy": [kind, np.asarray(keys).tolist(), *rest],
            "python": [version, list(numbers), gauss],
        }
        return {"processes": distributed.of_all(state)}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Keep the states until training starts; what comes before draws numbers too."""
        self._loaded = state_dict["processes"]

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Restore the states of the checkpoint; without one, let each process draw for itself."""
        if self._loaded is None:
            if trainer.global_rank:
                torch.manual_seed(torch.initial_seed() + trainer.global_rank)
            return
        state, self._loaded = self._loaded[trainer.global_rank], None
        torch.set_rng_state(state["torch"].cpu())
        if state["cuda"] is not None and torch.cuda.is_available():
            torch.cuda.set_rng_state(state["cuda"].cpu())
        kind, keys, *rest = state["numpy"]
        np.random.set_state((kind, np.array(keys, np.uint32), *rest))
        version, numbers, gauss = state["python"]
        random.setstate((version, tuple(numbers), gauss))


class OwnSignals(Callback):
    """Takes signals back from Lightning, whose handlers talk to other processes from within.

    It has just taken them when one of these hooks is the first to be called.
    """

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Take them back."""
        signals.rewatch()

    on_sanity_check_start = on_test_start = on_predict_start = on_train_start


class ValidateAtEnd(Callback):
    """Lets the last step of ``trainer.max_steps`` be validated, wherever in its epoch it falls.

    Lightning validates at once when it is told to stop, but not when it has reached its last step.
    """

    def on_train_batch_end(self, trainer: L.Trainer, *_: Any) -> None:
        """Tell it to stop at that step."""
        trainer.should_stop |= trainer.global_step == trainer.max_steps


class ForgetRetaken(Callback):
    """On resume, removes rows of ``metrics.csv`` that lie after the checkpoint."""

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Drop the rows of steps to come."""
        for logger in trainer.loggers:
            if isinstance(logger, CSVLog):
                logger.forget_after(trainer.global_step)


class Throughput(Callback):
    """Logs ``speed/tokens_per_s`` and ``speed/padded_share`` over each logging interval.

    Of several processes, the first one's.
    """

    def __init__(self) -> None:
        self._reset()

    def _reset(self) -> None:
        self.tokens, self.cells, self.since = torch.zeros(()), 0, time.perf_counter()

    def on_train_epoch_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Leave validation between epochs out of the clock."""
        self._reset()

    def on_train_batch_end(
        self, trainer: L.Trainer, pl_module: L.LightningModule, _: Any, batch: Any, *rest: Any
    ) -> None:
        """Count ids; log and start again at each logging step."""
        mask = batch["inputs"]["attention_mask"]
        self.tokens = self.tokens.to(mask.device) + mask.sum()  # no wait for the device
        self.cells += mask.numel()
        if logs_after_this_batch(trainer):
            tokens = float(self.tokens)
            seconds = time.perf_counter() - self.since
            pl_module.log("speed/tokens_per_s", tokens / seconds)
            pl_module.log("speed/padded_share", 1 - tokens / self.cells)
            self._reset()


class ChangedShare(Callback):
    """Logs ``augment/changed_share``: which share of an epoch's draws augmentation changed."""

    def __init__(self) -> None:
        self._counts = torch.zeros(2, dtype=torch.long)  # changed, drawn

    def on_train_batch_end(
        self, trainer: L.Trainer, pl_module: L.LightningModule, _: Any, batch: Any, *rest: Any
    ) -> None:
        """Count."""
        changed = batch["changed"]
        new = torch.stack([changed.sum(), torch.tensor(len(changed), device=changed.device)])
        self._counts = self._counts.to(changed.device) + new  # no wait for the device

    def on_train_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Log, and begin anew."""
        changed, drawn = map(sum, zip(*distributed.of_all(self._counts.tolist()), strict=True))
        pl_module.log("augment/changed_share", changed / max(drawn, 1))
        self._counts = torch.zeros_like(self._counts)

    def state_dict(self) -> dict[str, Any]:
        """Each process' counts so far, so that a resume in mid-epoch logs the same share."""
        return {"processes": distributed.of_all(self._counts.tolist())}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on counting."""
        self._counts = torch.tensor(state_dict["processes"][distributed.number()])


class BestScores(Callback):
    """Keeps the validation scores of the epoch whose ``monitor`` was best."""

    def __init__(self, monitor: str, mode: str) -> None:
        self.monitor, self.sign = monitor, 1 if mode == "max" else -1
        self.scores: dict[str, float] = {}
        self.improving = False  # whether the last validation was better than all before it

    def on_validation_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Take the scores over if they are better."""
        if trainer.sanity_checking or self.monitor not in trainer.callback_metrics:
            return
        scores = {
            name: float(value)
            for name, value in trainer.callback_metrics.items()
            if name.startswith("val/")
        }
        new, best = scores[self.monitor], self.scores.get(self.monitor)
        defined = best != best and new == new  # the first score that is a number
        self.improving = best is not None and self.sign * new > self.sign * best
        if best is None or defined or self.improving:
            self.scores = scores | {"best/epoch": trainer.current_epoch}

    def state_dict(self) -> dict[str, Any]:
        """The best scores so far, and by what they were chosen."""
        return {"scores": self.scores, "monitor": self.monitor}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a checkpoint.

        Raises:
            ConfigError: its best epoch was chosen by another metric.
        """
        if state_dict["monitor"] != self.monitor:
            problem = (
                f": the checkpoint was chosen by {state_dict['monitor']}, not by {self.monitor}"
            )
            raise ConfigError(problem, field="run.monitor")
        self.scores = dict(state_dict["scores"])


def improving(trainer: L.Trainer) -> bool:
    """Whether the last validation was the best one."""
    return next(c for c in trainer.callbacks if isinstance(c, BestScores)).improving


def longer(trainer: L.Trainer) -> str:
    """The option that trains twice as long."""
    if trainer.max_steps > 0 and trainer.global_step >= trainer.max_steps:
        return f"{{--trainer.max_steps}} {2 * trainer.max_steps}"
    return f"{{--trainer.max_epochs}} {2 * (trainer.max_epochs or trainer.current_epoch)}"
