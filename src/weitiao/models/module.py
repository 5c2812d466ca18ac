"""The LightningModule of supervised tasks: backbone → pooling → head → loss and metrics."""

from __future__ import annotations

from typing import Any

import torch
from lightning.pytorch.plugins import MixedPrecision
from torch import Tensor, nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import FSDPModule, fully_shard

from weitiao.card import DataCard
from weitiao.config.bounds import shares
from weitiao.config.serialization import INSTANTIATOR, plain
from weitiao.models.backbones.bag import Bag as Bag  # so that its short name works
from weitiao.models.backbones.base import BackboneFactory
from weitiao.models.backbones.pretrained import (
    Pretrained as Pretrained,  # so that its short name works
)
from weitiao.models.backbones.recurrent import (
    Recurrent as Recurrent,  # so that its short name works
)
from weitiao.models.backbones.textcnn import TextCNN as TextCNN  # so that its short name works
from weitiao.models.backbones.transformer import Transformer
from weitiao.models.learning import Learner
from weitiao.models.linear import LinearPart
from weitiao.models.optim import Optimisation
from weitiao.models.wide import Wide
from weitiao.objectives.blend import Blend
from weitiao.objectives.heads import Head
from weitiao.objectives.losses import Loss, size_of
from weitiao.objectives.metrics import EpochMetrics, Metrics, build_metrics
from weitiao.objectives.pooling import PoolingName, build_pooling
from weitiao.objectives.postprocess import logits_width, predictions, row_losses
from weitiao.objectives.precision import Mean, full
from weitiao.objectives.thresholding import Decision, Thresholds

Batch = dict[str, Any]
IDS = ("input_ids", "attention_mask", "token_type_ids")


def read_ids(batch: Batch) -> dict[str, Tensor]:
    """What of a batch's inputs the backbone reads."""
    return {name: values for name, values in batch["inputs"].items() if name in IDS}


class TextModule(Learner):
    """A model of texts with the target that the data card names.

    Args:
        card: the data card, as an object or as plain values.
        backbone: ids → ``(B, T, H)``.
        pooling: ``(B, T, H)`` → ``(B, H)``.
        head: ``(B, H)`` → logits ``(B, C)``.
        loss: of logits and targets.
        optim: optimiser and schedule.
        wide: a linear scorer of n-grams beside the deep path; null = none.
        decision: of several labels, which ones a row is given.
        calibrate: fit a temperature on validation, of the best checkpoint. Where the card names a
            solved linear model, its weight beside the network's is fitted likewise, always.
        linear_share: how much the linear model counts until then, and where validation has few
            rows.
        start: run or checkpoint of a fine-tuned model to go on with on other data: values of the
            model and the tokenizer are its own, labels that it knows keep their rows of the head;
            null = none.
    """

    def __init__(
        self,
        card: DataCard,
        backbone: BackboneFactory = Transformer,
        pooling: PoolingName = "mean",
        head: Head = Head(),
        loss: Loss = Loss(),
        optim: Optimisation = Optimisation(),
        wide: Wide | None = None,
        decision: Decision = Decision(),
        calibrate: bool = False,
        linear_share: float = 0.5,
        start: str | None = None,  # loaded by the run, so that a checkpoint needs it no more
    ) -> None:
        super().__init__()
        shares("model", linear_share=linear_share)
        self.save_hyperparameters(logger=False)
        self.card, self.optim = card, optim
        width = logits_width(card)
        self.backbone = backbone(card)
        self.save_hyperparameters(self._plain_hyperparameters(), logger=False)
        self.pool = build_pooling(pooling, self.backbone.width)
        self.head = head.build(self.backbone.width, width)
        self.loss = loss.build(card)
        self.decide = decision.build(card)
        self.wide = wide.build(width) if wide else None
        self.wide_share = wide.share if wide else 0.0
        self.wide_lr = wide.lr if wide else 0.0
        self.linear = LinearPart(card) if card.input.linear_features else None
        before = [1 - linear_share, linear_share] if self.linear else [1.0]
        self.blend = Blend(before) if self.linear or calibrate else None
        self.metrics = nn.ModuleDict({s: build_metrics(card, self.decide) for s in ("val", "test")})
        self.eval_loss = nn.ModuleDict({split: Mean() for split in ("val", "test")})

    def configure_model(self) -> None:
        """Share the weights out among the processes, where the strategy is `ModelParallelStrategy`.

        Each layer is a unit: its weights are whole on a device only while it computes. What is
        inside of another unit has to be one before that, and only once, though ALBERT's layers
        come several times.
        """
        if self.device_mesh is None or any(isinstance(m, FSDPModule) for m in self.modules()):
            return
        mesh = init_device_mesh(self.device_mesh.device_type, (self.device_mesh.size(),))
        lists = [part for part in self.modules() if isinstance(part, nn.ModuleList)]
        units = {*self.children(), *(layer for each in lists for layer in each)}
        for part in reversed([*self.modules()]):  # from the inside out
            if part in units and any(True for _ in part.parameters()):
                fully_shard(part, mesh=mesh)

    def parts(
        self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor | None = None
    ) -> list[Tensor]:
        """Logits ``(B, logits_width)`` of the deep path and, where there is one, of the wide one.

        Args:
            input_ids: ``(B, T)``.
            attention_mask: ``(B, T)`` bool, false at padding.
            token_type_ids: ``(B, T)``, for pairs.
        """
        hidden = self.backbone(input_ids, attention_mask, token_type_ids)  # (B, T, H)
        deep = self.head(self.pool(hidden, attention_mask))
        return [deep] if self.wide is None else [deep, self.wide(input_ids, attention_mask)]

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor,
        token_type_ids: Tensor | None = None,
        feature_ids: Tensor | None = None,
        feature_values: Tensor | None = None,
    ) -> Tensor:
        """Logits ``(B, logits_width)`` of ids and mask ``(B, T)``: the parts, mixed.

        Args:
            input_ids: as for `parts`, like the next two.
            attention_mask: likewise.
            token_type_ids: likewise.
            feature_ids: ``(B, G)``, of the linear model, where there is one.
            feature_values: ``(B, G)``.
        """
        deep, *wide = self.parts(input_ids, attention_mask, token_type_ids)
        # in mixed precision the deep part ends in 16 bits, the wide one in 32
        mixed = torch.lerp(deep.to(wide[0].dtype), wide[0], self.wide_share) if wide else deep
        if self.blend is None:
            return mixed
        if self.linear is None:
            return self.blend([mixed])
        assert feature_ids is not None
        assert feature_values is not None
        return self.blend([mixed, self.linear(feature_ids, feature_values)])

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """The mean loss of a batch, summed over the parts: each learns to stand alone."""
        target = batch["target"]
        parts = self.parts(**read_ids(batch))
        loss = torch.stack([self.loss(full(part), target) for part in parts]).sum()
        self.log_loss(loss, len(target))
        return self.weighed(loss, size_of(self.loss, target).to(loss))

    def validation_step(self, batch: Batch, batch_idx: int) -> dict[str, Tensor]:
        """Update the validation metrics; see `_evaluate`."""
        return self._evaluate(batch, "val")

    def test_step(self, batch: Batch, batch_idx: int) -> dict[str, Tensor]:
        """Update the test metrics; see `_evaluate`."""
        return self._evaluate(batch, "test")

    def predict_step(self, batch: Batch, batch_idx: int) -> dict[str, Tensor]:
        """Predictions (see `weitiao.objectives.postprocess`), with the ``row (B,)`` of each."""
        found = predictions(full(self(**batch["inputs"])), self.card)
        return {"row": batch["row"], "predictions": found}

    def on_validation_epoch_end(self) -> None:
        """Choose thresholds, where there are any; log the metrics."""
        _, metrics = self.metrics_of("val")
        if isinstance(self.decide, Thresholds) and not self.trainer.sanity_checking:
            assert isinstance(metrics, EpochMetrics)
            self.decide.tune(*metrics.everything())
        self._log_metrics("val")

    @property
    def fits_on_validation(self) -> bool:
        """Whether a validation's end fits anything to the weights that were measured."""
        thresholds = (
            isinstance(self.decide, Thresholds) and self.decide.decision.threshold != "half"
        )
        return thresholds or self.blend is not None

    def on_test_epoch_end(self) -> None:
        """Log the metrics."""
        self._log_metrics("test")

    def configure_optimizers(self) -> Any:
        """The optimiser and its schedule over the steps the Trainer will take."""
        steps = int(self.trainer.estimated_stepping_batches)
        # Lightning can't clip gradients where a fused step would unscale them
        mixed = isinstance(self.trainer.precision_plugin, MixedPrecision)
        fused = not (mixed and self.trainer.gradient_clip_val)
        return self.optim.build(self, steps, own_rates={"wide.": self.wide_lr}, fused=fused)

    def _plain_hyperparameters(self) -> dict[str, Any]:
        """The arguments as plain values that build this module again from a checkpoint alone."""
        values = plain(dict(self.hparams)) | {"_instantiator": INSTANTIATOR}
        values["card"] = self.card.plain()
        values["backbone"]["init_args"] |= self.backbone.rebuild_args()
        return values

    def _evaluate(self, batch: Batch, split: str) -> dict[str, Tensor]:
        """Update the metrics of ``split``; give predictions and loss of each row to callbacks.

        The loss here is `row_losses` of the mixed logits, whatever the training minimises, so that
        models trained by different losses can be compared.
        """
        logits, target = full(self(**batch["inputs"])), batch["target"]
        found, losses = predictions(logits, self.card), row_losses(logits, target, self.card)
        mean, metrics = self.metrics_of(split)
        mean.update(losses)
        metrics.update(found, target)
        size = len(target)
        self.log(f"{split}/loss", mean, on_step=False, on_epoch=True, batch_size=size)
        return {"row": batch["row"], "predictions": found, "losses": losses}

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
