"""How much of an epoch augmentation changed."""

from typing import Any

import lightning.pytorch as L
import torch
from lightning.pytorch.callbacks import Callback

from weitiao import distributed


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
