"""The random states of a run, which its checkpoints keep."""

import random
from typing import Any

import lightning.pytorch as L
import numpy as np
import torch
from lightning.pytorch.callbacks import Callback

from weitiao import distributed


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
