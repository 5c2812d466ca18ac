"""The LightningModule of pretraining: a language model and its loss."""

from pathlib import Path
from typing import Any

from torch import Tensor
from torch.nn import functional as F

from weitiao.config.private_interfaces import BUILT_BY_PARSER
from weitiao.config.serialization import plain
from weitiao.data.batch import Batch
from weitiao.io.atomic import readable_weights
from weitiao.models.learning import Learner
from weitiao.models.optim import Optimisation
from weitiao.objectives.chunked import cross_entropy
from weitiao.objectives.mean import Mean
from weitiao.objectives.precision import full
from weitiao.pretraining.card import NOT_PREDICTED, LanguageCard
from weitiao.pretraining.networks import NetworkFactory, Scratch


class LanguageModel(Learner):
    """Learns to predict ids from those around them, or from those before them.

    Args:
        card: objective and sizes, as an object or as plain values.
        network: the language model.
        optim: optimiser and schedule.
    """

    def __init__(
        self,
        card: LanguageCard,
        network: NetworkFactory = Scratch,
        optim: Optimisation = Optimisation(lr=1e-3, warmup=0.06),
    ) -> None:
        super().__init__()
        self.save_hyperparameters(logger=False)
        values = plain(dict(self.hparams)) | BUILT_BY_PARSER
        self.save_hyperparameters(values | {"card": card.plain()}, logger=False)
        self.card, self.optim = card, optim
        self.network = network(card)
        self.val_loss = Mean()
        self.val_hits = Mean()

    def asked(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Hidden states ``(N, H)`` from which ``N`` ids are predicted, and these, ``(N,)``:
        only these go through the head."""
        inputs, labels = batch["inputs"], batch["target"]
        hidden = self.network(inputs["input_ids"], inputs["positions"], inputs["piece"])
        if self.card.objective == "causal":  # the position before tells
            hidden, labels = hidden[:, :-1], labels[:, 1:]
        asked = labels != NOT_PREDICTED
        return hidden[asked], labels[asked]

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """Mean cross-entropy of the positions that are asked."""
        loss, size = self.loss(batch)
        self.log_loss(loss, size)
        return self.weighed(loss, size)

    def loss(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """That of a batch ``()``, and over how many positions ``()``."""
        head, (hidden, ids) = self.network.head, self.asked(batch)
        total = cross_entropy(head, hidden, ids, [*head.parameters()], self.card.vocab_size)
        size = total.new_full((), len(ids))
        return total / size, size

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        """Update loss and accuracy."""
        hidden, ids = self.asked(batch)
        logits = full(self.network.head(hidden))
        self.val_loss.update(F.cross_entropy(logits, ids, reduction="none"))
        self.val_hits.update((logits.argmax(-1) == ids).float())

    def on_validation_epoch_end(self) -> None:
        """Log loss, perplexity (its exponential) and accuracy over all positions that are asked."""
        loss = self.val_loss.compute()
        self.log("val/loss", loss)
        self.log("val/perplexity", loss.exp())
        self.log("val/accuracy", self.val_hits.compute())
        self.val_loss.reset()
        self.val_hits.reset()

    def configure_optimizers(self) -> Any:
        """The optimiser and its schedule over the steps the Trainer will take."""
        steps = int(self.trainer.estimated_stepping_batches)
        return self.optim.build(self, steps, fused=self.fused)

    def export(self, folder: Path) -> None:
        """Write the model so that `transformers` loads it."""
        self.network.model.save_pretrained(folder, safe_serialization=True)
        readable_weights(folder)
