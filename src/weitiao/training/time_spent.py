"""The line on speed and time that ends a training."""

import time
from typing import Any

import lightning.pytorch as L
import torch
from lightning.pytorch.callbacks import Callback
from torch.utils.flop_counter import FlopCounterMode

from weitiao.data.batch import positions_of
from weitiao.training.matmul import rate

MUCH = 0.2  # share of the time from which on a part other than computing is worth a change
SHORT = 60  # seconds; a run below has nothing to gain
PASSES = 3  # forward, and backward for weights and for inputs: each as many products
SEEN = 0.01  # of the machine's rate; with less, the time isn't spent on products of matrices
CHANGES = {
    "data": "more processes make batches: {--data.batch.workers} 2",
    "evaluation": "validate less often: {--trainer.check_val_every_n_epoch} 2",
    "start-up": "what was prepared and loaded is the same each time: train longer, or several"
    " times in one search",
    "logging and saving": "log and save less often: {--trainer.log_every_n_steps},"
    " {--run.save_every}",
}
"""What to do about a part that takes much of the time."""


class TimeSpent(Callback):
    """Measures the parts of a training by the wall clock; first of all callbacks.

    Args:
        began: when the command began, in seconds of `time.perf_counter`.
    """

    def __init__(self, began: float) -> None:
        self.began = self._since = began
        self.parts = dict.fromkeys(("compute", *CHANGES), 0.0)
        self.rows, self.tokens = 0, torch.zeros(())
        self._batch: Any = None  # the last one

    def _take(self, part: str) -> None:
        """The time since the last call went into this part."""
        now = time.perf_counter()
        self.parts[part] += now - self._since
        self._since = now

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """All before is start-up."""
        self._take("start-up")

    def on_train_batch_start(self, *_: Any) -> None:
        """All since the last batch was loading, logging and saving."""
        self._take("logging and saving")

    def on_train_batch_end(
        self, trainer: L.Trainer, pl_module: L.LightningModule, outputs: Any, batch: Any, *_: Any
    ) -> None:
        """A batch was computed, and its step taken."""
        self._take("compute")
        mask = positions_of(batch)
        self.rows, self._batch = self.rows + len(mask), batch
        self.tokens = self.tokens.to(mask.device) + mask.sum()  # no wait for the device

    def on_validation_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """A validation begins."""
        self._take("start-up" if trainer.sanity_checking else "logging and saving")

    def on_validation_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """It has ended; one that only tries whether it works belongs to the start."""
        self._take("start-up" if trainer.sanity_checking else "evaluation")

    def on_train_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Tell waiting for batches from logging and saving."""
        self._take("logging and saving")
        waited = trainer.train_dataloader.waited
        self.parts["data"] += waited
        self.parts["logging and saving"] -= waited

    def line(self, trainer: L.Trainer) -> str:
        """Rows and tokens a second while it computed or loaded, the parts, and what to change."""
        whole, training = sum(self.parts.values()), self.parts["compute"] + self.parts["data"]
        counts = {"rows": self.rows, "tokens": float(self.tokens)}
        if "attention_mask" not in self._batch["inputs"]:
            del counts["tokens"]
        found = [f"{count / training:,.0f} {name}/s" for name, count in counts.items()]
        # of several processes, each would have to compute
        if trainer.world_size == 1 and (share := self._share(trainer)) >= SEEN:
            found.append(f"{share:.0%} of this machine's products")
        parts = sorted(self.parts.items(), key=lambda part: -part[1])
        shares = ", ".join(f"{n} {s / whole:.0%}" for n, s in parts if s >= 0.005 * whole)
        most = next(name for name, _ in parts if name != "compute")
        line = f"speed: {', '.join(found)}; {whole:,.0f} s: {shares}"
        if whole < SHORT or self.parts[most] < MUCH * whole:
            return line
        return f"{line}\n  → {CHANGES[most]}"

    def _share(self, trainer: L.Trainer) -> float:
        """Which share of the machine's products of matrices a second the training reached.

        Those of the last batch are counted, without gradients, and taken to be the same an id in
        all others: a bound from below for batches of longer texts, whose attention costs more.
        """
        module, batch = trainer.lightning_module, self._batch
        mask = positions_of(batch)
        training = module.training
        module.eval()
        counter, context = (
            FlopCounterMode(display=False),
            trainer.precision_plugin.forward_context(),
        )
        with torch.no_grad(), context, counter:
            module.loss(batch)
        module.train(training)
        each = PASSES * counter.get_total_flops() / int(mask.sum())
        done = each * float(self.tokens) / self.parts["compute"]
        return done / rate(trainer.precision_plugin.precision, mask.device)
