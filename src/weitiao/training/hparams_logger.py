"""TensorBoard's HPARAMS: the values of a run beside its best validation and its test scores."""

from collections.abc import Mapping
from typing import Any

import lightning.pytorch as L
from lightning.pytorch.callbacks import Callback
from lightning.pytorch.loggers import TensorBoardLogger

from weitiao.training.best_scores import BestScores
from weitiao.training.optional_parts import Dispensable


class HParams(Callback):
    """Writes one HPARAMS entry per run.

    The entry only names its metrics; their values are the scalars of the same names. So test may
    come later, and no placeholder is ever shown as a score.

    Args:
        values: flat hyper-parameters.
        scores: holds the best validation scores.
        test: whether that of test may come, beside that of validation.
    """

    def __init__(
        self, values: Mapping[str, Any], scores: BestScores, metric: str, *, test: bool
    ) -> None:
        self.metric, self.test = metric, test
        self.values = {
            name: value if isinstance(value, bool | int | float | str) else str(value)
            for name, value in values.items()
            if value is not None
        }
        self.scores = scores
        self.dispensable = Dispensable()

    def on_fit_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Write the hyper-parameters, to other loggers too, and the names of the metrics."""
        from torch.utils.tensorboard.summary import hparams

        names = [f"{part}/{self.metric}" for part in ("best", *(["test"] if self.test else []))]
        with self.dispensable.part("HPARAMS in TensorBoard"):
            for writer in self._writers(trainer):
                for summary in hparams(self.values, dict.fromkeys(names, 0.0)):
                    writer.file_writer.add_summary(summary)
        for logger in trainer.loggers:
            if not isinstance(logger, TensorBoardLogger):
                logger.log_hyperparams(self.values)

    def on_fit_end(self, trainer: L.Trainer, *_: Any) -> None:
        """Write the best validation score under a name of its own; ``val/…`` goes on after it."""
        best = self.scores.scores.get(f"val/{self.metric}")
        if best is not None:
            with self.dispensable.part("HPARAMS in TensorBoard"):
                for writer in self._writers(trainer):
                    writer.add_scalar(f"best/{self.metric}", best, trainer.global_step)

    on_exception = on_fit_end  # what was stopped, or pruned by a search, shows how far it came

    @staticmethod
    def _writers(trainer: L.Trainer) -> list[Any]:
        if not trainer.is_global_zero:
            return []
        return [x.experiment for x in trainer.loggers if isinstance(x, TensorBoardLogger)]
