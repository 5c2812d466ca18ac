"""Early stopping by the score that chooses the best checkpoint."""

import lightning.pytorch as L
from lightning.pytorch.callbacks import EarlyStopping

from weitiao.errors import ConfigError
from weitiao.training.best_scores import BestScores


class StopEarly(EarlyStopping):
    """Ends training when ``run.monitor`` has stopped to improve, whatever the task.

    Args:
        patience: validations without improvement before the end.
        min_delta: what counts as improvement is larger than this.
    """

    def __init__(self, patience: int = 3, min_delta: float = 0.0) -> None:
        # the monitor is known when the run is; an undefined score is no improvement, and no end
        super().__init__("", min_delta, patience, check_finite=False)

    def setup(self, trainer: L.Trainer, pl_module: L.LightningModule, stage: str) -> None:
        """Take over what the run is monitored by.

        Raises:
            ConfigError: the Trainer is not that of a run.
        """
        best = next((c for c in trainer.callbacks if isinstance(c, BestScores)), None)
        if best is None:
            raise ConfigError("StopEarly goes by run.monitor, which only fit and train have")
        if self.monitor != best.monitor:  # set up anew for a test, it keeps what it has counted
            mode = "max" if best.sign > 0 else "min"
            super().__init__(
                best.monitor, abs(self.min_delta), self.patience, mode=mode, check_finite=False
            )
        super().setup(trainer, pl_module, stage)
