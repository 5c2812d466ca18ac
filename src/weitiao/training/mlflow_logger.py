"""MLflow beside TensorBoard, with names of metrics in any script."""

import re
import time
from collections.abc import Mapping

from lightning.pytorch.loggers import MLFlowLogger
from lightning.pytorch.utilities import rank_zero_only


class MLflow(MLFlowLogger):
    """Lightning's logger, which takes from a name what isn't ASCII.

    What it leaves of ``val/f1_class/好评`` MLflow refuses, though it takes the name as it was.
    """

    @rank_zero_only
    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Log the values; ``_`` stands for a character that MLflow has no place for."""
        from mlflow.entities import Metric

        now = round(1000 * time.time())
        found = [
            Metric(re.sub(r"[^\w/.\- ]", "_", name), value, now, step or 0)
            for name, value in metrics.items()
        ]
        self.experiment.log_batch(run_id=self.run_id, metrics=found)
