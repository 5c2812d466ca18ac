"""The LightningModule of supervised tasks: backbone → pooling → head → loss and metrics."""

from __future__ import annotations

from typing import Any

import lightning.pytorch as L
import torch
from lightning.pytorch.plugins import MixedPrecision
from torch import Tensor, nn
from torchmetrics import MeanMetric

from weitiao.card import DataCard
from weitiao.models.backbones import BackboneFactory, Transformer
from weitiao.models.heads import Head
from weitiao.models.losses import Loss
from weitiao.models.metrics import build_confusion, build_scalars, f1_per_class
from weitiao.models.optim import Optimisation
from weitiao.models.pooling import PoolingName, build_pooling

# imported so that their short names work
from weitiao.models.pretrained import Pretrained as Pretrained
from weitiao.models.textcnn import TextCNN as TextCNN
from weitiao.models.wide import Wide
from weitiao.plain import INSTANTIATOR, plain

Batch = dict[str, Tensor]


def inputs(batch: Batch) -> Batch:
    """What of a batch the model reads."""
    names = ("input_ids", "attention_mask", "token_type_ids")
    return {name: batch[name] for name in names if name in batch}


class TextModule(L.LightningModule):
    """A classifier of texts.

    Args:
        card: the data card, as an object or as plain values.
        backbone: ids → ``(B, T, H)``.
        pooling: ``(B, T, H)`` → ``(B, H)``.
        head: ``(B, H)`` → logits ``(B, C)``.
        loss: of logits and targets.
        optim: optimiser and schedule.
        wide: a linear scorer of n-grams beside the deep path; null = none.
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
    ) -> None:
        super().__init__()
        self.save_hyperparameters(logger=False)
        self.card, self.optim = card, optim
        classes = len(card.labels)
        self.backbone = backbone(card)
        self.save_hyperparameters(self._plain_hyperparameters(), logger=False)
        self.pool = build_pooling(pooling, self.backbone.width)
        self.head = head.build(self.backbone.width, classes)
        self.loss = loss.build(card.label_counts)
        self.wide = wide.build(classes) if wide else None
        self.wide_share = wide.share if wide else 0.0
        self.wide_lr = wide.lr if wide else 0.0
        # Kept in the checkpoint, so that the epoch's mean survives a resume in mid-epoch. A loss
        # that is no number stays visible; by default the metric would leave it out.
        self.train_loss = MeanMetric(nan_strategy="disable")
        self.train_loss.persistent(True)
        self.scalars = nn.ModuleDict(
            {split: build_scalars(classes, f"{split}/") for split in ("val", "test")}
        )
        self.confusion = nn.ModuleDict({s: build_confusion(classes) for s in ("val", "test")})
        self.eval_loss = nn.ModuleDict(
            {split: MeanMetric(nan_strategy="disable") for split in ("val", "test")}
        )

    def parts(
        self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor | None = None
    ) -> list[Tensor]:
        """Logits ``(B, C)`` of the deep path and, where there is one, of the wide one.

        Args:
            input_ids: ``(B, T)``.
            attention_mask: ``(B, T)`` bool, false at padding.
            token_type_ids: ``(B, T)``, for pairs.
        """
        hidden = self.backbone(input_ids, attention_mask, token_type_ids)  # (B, T, H)
        deep = self.head(self.pool(hidden, attention_mask))
        return [deep] if self.wide is None else [deep, self.wide(input_ids, attention_mask)]

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor | None = None
    ) -> Tensor:
        """Logits ``(B, C)`` of ids ``(B, T)`` and their mask ``(B, T)``: the parts, mixed."""
        deep, *wide = self.parts(input_ids, attention_mask, token_type_ids)
        # in mixed precision the deep part ends in 16 bits, the wide one in 32
        return torch.lerp(deep.to(wide[0].dtype), wide[0], self.wide_share) if wide else deep

    def on_train_epoch_start(self) -> None:
        """Begin the epoch's mean anew; Lightning doesn't call this on a resume in mid-epoch."""
        self.train_loss.reset()

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """The mean loss of a batch, summed over the parts: each learns to stand alone."""
        target = batch["target"]
        loss = torch.stack([self.loss(part, target) for part in self.parts(**inputs(batch))]).sum()
        size = len(target)
        self.train_loss.update(loss.detach(), size)
        self.log("train/loss", loss, prog_bar=True, batch_size=size)
        self.log("train/loss_epoch", self.train_loss, on_step=False, on_epoch=True, batch_size=size)
        return loss

    def validation_step(self, batch: Batch, batch_idx: int) -> dict[str, Tensor]:
        """Update the validation metrics; see `_evaluate`."""
        return self._evaluate(batch, "val")

    def test_step(self, batch: Batch, batch_idx: int) -> dict[str, Tensor]:
        """Update the test metrics; see `_evaluate`."""
        return self._evaluate(batch, "test")

    def predict_step(self, batch: Batch, batch_idx: int) -> dict[str, Tensor]:
        """Probabilities ``(B, C)``, with the ``row (B,)`` each belongs to."""
        return {"row": batch["row"], "probabilities": self(**inputs(batch)).softmax(-1)}

    def on_validation_epoch_end(self) -> None:
        """Log what is not a scalar object: F1 of each class."""
        self._log_per_class("val")

    def on_test_epoch_end(self) -> None:
        """Log what is not a scalar object: F1 of each class."""
        self._log_per_class("test")

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
        values["backbone"]["init_args"] |= self.backbone.rebuild_args()
        return values

    def _evaluate(self, batch: Batch, split: str) -> dict[str, Tensor]:
        """Update the metrics of ``split``; give probabilities and loss of each row to callbacks.

        The loss here is the cross-entropy of the mixed logits, whatever the training minimises, so
        that models trained by different losses can be compared.
        """
        logits, target = self(**inputs(batch)), batch["target"]
        probabilities = logits.softmax(-1)
        losses = nn.functional.cross_entropy(logits, target, reduction="none")
        mean, scalars, confusion = self.metrics_of(split)
        mean.update(losses)
        scalars.update(probabilities, target)
        confusion.update(probabilities, target)
        size = len(target)
        self.log(f"{split}/loss", mean, on_step=False, on_epoch=True, batch_size=size)
        self.log_dict(scalars, on_step=False, on_epoch=True, batch_size=size)
        return {"row": batch["row"], "probabilities": probabilities, "losses": losses}

    def metrics_of(self, split: str) -> tuple[Any, Any, Any]:
        """Mean loss, scalars and confusion of ``split``."""
        return self.eval_loss[split], self.scalars[split], self.confusion[split]

    def _log_per_class(self, split: str) -> None:
        *_, confusion = self.metrics_of(split)
        scores = f1_per_class(confusion.compute())
        confusion.reset()  # Lightning resets only what is logged as an object
        for label, score in zip(self.card.labels, scores, strict=True):
            self.log(f"{split}/f1_class/{label}", score.float(), sync_dist=False)
