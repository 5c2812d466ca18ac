"""The LightningModule of supervised training: a backbone that learns an objective."""

from typing import Any

from torch import Tensor, nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import FSDPModule, fully_shard

from weitiao.card import DataCard
from weitiao.config.earlier_checkpoints import rename_data, rename_weights
from weitiao.config.private_interfaces import BUILT_BY_PARSER
from weitiao.config.serialization import plain

# the others, so that their short names work
from weitiao.models.backbones import known  # noqa: F401
from weitiao.models.backbones.base import BackboneFactory
from weitiao.models.backbones.transformer import Transformer
from weitiao.models.learning import Learner
from weitiao.models.optim import Optimisation
from weitiao.objectives import Classification
from weitiao.objectives.base import Batch, Metrics, ObjectiveFactory, Values
from weitiao.objectives.mean import Mean


class Module(Learner):
    """A backbone that learns an objective.

    Args:
        card: the data card, as an object or as plain values.
        backbone: inputs → vectors ``(B, T, H)``.
        objective: vectors → loss, predictions, metrics.
        optim: optimiser and schedule.
        start: run or checkpoint of a fine-tuned model to continue on other data: values of the
            model and the tokenizer are its own, labels that it knows keep their rows of the head;
            null = none.
    """

    def __init__(
        self,
        card: DataCard,
        backbone: BackboneFactory = Transformer,
        objective: ObjectiveFactory = Classification,
        optim: Optimisation = Optimisation(),
        start: str | None = None,  # loaded by the run, so that a checkpoint needs it no more
    ) -> None:
        super().__init__()
        self.save_hyperparameters(logger=False)
        self.card, self.optim = card, optim
        self.backbone = backbone(card)
        self.save_hyperparameters(self._plain_hyperparameters(), logger=False)
        self.objective = objective(card, self.backbone)
        self.metrics = nn.ModuleDict({s: self.objective.metrics() for s in ("val", "test")})
        self.eval_loss = nn.ModuleDict({split: Mean() for split in ("val", "test")})

    def configure_model(self) -> None:
        """Share the weights out among the processes, where the strategy is `ModelParallelStrategy`.

        Each layer is a unit: its weights are whole on a device only while it computes; of the
        objective, whose methods call its parts, each part with weights of its own. What is inside
        of another unit has to be one before that, and only once, though ALBERT's layers come
        several times.
        """
        if self.device_mesh is None or any(isinstance(m, FSDPModule) for m in self.modules()):
            return
        mesh = init_device_mesh(self.device_mesh.device_type, (self.device_mesh.size(),))
        lists = [part for part in self.modules() if isinstance(part, nn.ModuleList)]
        own = [part for part in self.objective.modules() if [*part.parameters(recurse=False)]]
        units = {self.backbone, *(layer for each in lists for layer in each), *own}
        for part in reversed([*self.modules()]):  # from the inside out
            if part in units and any(True for _ in part.parameters()):
                fully_shard(part, mesh=mesh)

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """The mean loss of a batch."""
        loss, size = self.loss(batch)
        self.log_loss(loss, size)
        return self.weighed(loss, size)

    def loss(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """That of a batch ``()``, and over how many rows, or weights of this sum ``()``."""
        loss, size = self.objective.loss(self.backbone, batch)
        return loss, size.to(loss)

    def validation_step(self, batch: Batch, batch_idx: int) -> dict[str, Values]:
        """Update the validation metrics; see `_evaluate`."""
        return self._evaluate(batch, "val")

    def test_step(self, batch: Batch, batch_idx: int) -> dict[str, Values]:
        """Update the test metrics; see `_evaluate`."""
        return self._evaluate(batch, "test")

    def forward(self, batch: Batch) -> Values:
        """Predictions of a batch."""
        return self.objective.predict(self.backbone, batch)

    def predict_step(self, batch: Batch, batch_idx: int) -> dict[str, Values]:
        """Predictions, with the ``row (B,)`` of each."""
        return {"row": batch["row"], "predictions": self(batch)}

    def on_validation_epoch_end(self) -> None:
        """Fit what belongs to these weights; log the metrics."""
        if not self.trainer.sanity_checking:
            self.objective.after_validation(self.metrics_of("val")[1])
        self._log_metrics("val")

    def on_test_epoch_end(self) -> None:
        """Log the metrics."""
        self._log_metrics("test")

    def configure_optimizers(self) -> Any:
        """The optimiser and its schedule over the steps the Trainer will take."""
        steps = int(self.trainer.estimated_stepping_batches)
        rates = {f"objective.{name}": rate for name, rate in self.objective.rates().items()}
        return self.optim.build(self, steps, own_rates=rates, fused=self.fused)

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Take over what training keeps, and what had other names before."""
        super().on_load_checkpoint(checkpoint)
        rename_data(checkpoint)  # Lightning restores the model first
        rename_weights(checkpoint)

    def _plain_hyperparameters(self) -> dict[str, Any]:
        """The arguments as plain values that build this module again from a checkpoint alone."""
        values = plain(dict(self.hparams)) | BUILT_BY_PARSER
        values["card"] = self.card.plain()
        values["backbone"]["init_args"] |= self.backbone.rebuild_args()
        return values

    def _evaluate(self, batch: Batch, split: str) -> dict[str, Values]:
        """Update the metrics of ``split``; give what is known of each row to callbacks."""
        found = self.objective.evaluate(self.backbone, batch)
        mean, metrics = self.metrics_of(split)
        mean.update(found.losses, found.sizes)
        metrics.update(found.predictions, found.targets)
        size = len(batch["row"])
        self.log(f"{split}/loss", mean, on_step=False, on_epoch=True, batch_size=size)
        return {"row": batch["row"], **found.of_rows()}

    def metrics_of(self, split: str) -> tuple[Any, Metrics]:
        """Mean loss and metrics of ``split``."""
        metrics: Any = self.metrics[split]  # a ModuleDict knows its values as modules only
        return self.eval_loss[split], metrics

    def _log_metrics(self, split: str) -> None:
        """Log what is measured over the whole split; it is the same on each device."""
        _, metrics = self.metrics_of(split)
        for name, value in metrics.compute().items():
            self.log(f"{split}/{name}", value.float(), sync_dist=False)
        metrics.reset()
