"""The scores of the best epoch, and whether more training might better them."""

from typing import Any

import lightning.pytorch as L
from lightning.pytorch.callbacks import Callback

from weitiao.errors import ConfigError


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
