"""The LightningModule of pretraining: a language model and how badly it predicts."""

from __future__ import annotations

from abc import ABC
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torchmetrics import MeanMetric

from weitiao.bounds import at_least, shares
from weitiao.errors import ConfigError
from weitiao.hub import only_local
from weitiao.language_card import NOT_PREDICTED, LanguageCard
from weitiao.models.backbones import Activation, positions_of
from weitiao.models.learning import Learner
from weitiao.models.optim import Optimisation
from weitiao.plain import INSTANTIATOR, plain

Batch = dict[str, Tensor]


class LanguageNetwork(nn.Module, ABC):
    """A language model of `transformers` that reads packed pieces and predicts single positions.

    Args:
        model: with a head over the vocabulary.
        card: objective and sizes.
    """

    def __init__(self, model: Any, card: LanguageCard) -> None:
        super().__init__()
        self.model, self.causal = model.train(), card.objective == "causal"
        self.first_position = positions_of(model).first
        self.head = self._head()

    def forward(self, input_ids: Tensor, positions: Tensor, piece: Tensor) -> Tensor:
        """Hidden states ``(B, T, H)``, each of which sees its own piece only.

        Args:
            input_ids: ``(B, T)``.
            positions: ``(B, T)`` within the piece.
            piece: ``(B, T)`` number of the piece within its block, -1 at padding.
        """
        sees = piece[:, None, :, None] == piece[:, None, None, :]  # (B, 1, T, T)
        if self.causal:
            sees = sees.tril()
        more = {} if not self.causal else {"use_cache": False}
        return self.model.base_model(
            input_ids=input_ids,
            attention_mask=sees,
            position_ids=positions + self.first_position,
            **more,
        ).last_hidden_state

    def logits(self, hidden: Tensor) -> Tensor:
        """``(N, H)`` → ``(N, V)``: only what is asked goes through the head."""
        return self.head(hidden)

    def _head(self) -> Callable[[Tensor], Tensor]:
        """What turns hidden states into logits, found by name and tried."""
        for name in ("cls", "lm_head", "decoder"):
            head = getattr(self.model, name, None)
            if head is not None and self._fits(head):
                return head
        raise ConfigError(
            f"model.network: the head of a {type(self.model).__name__} isn't one that this project"
            " knows\n  → a BERT, RoBERTa or GPT kind"
        )

    def _fits(self, head: Any) -> bool:
        ids = torch.arange(4)[None] % self.model.config.vocab_size
        mask = torch.ones_like(ids)
        training = self.model.training
        self.model.eval()
        with torch.inference_mode():
            hidden = self.model.base_model(input_ids=ids, attention_mask=mask).last_hidden_state
            whole = self.model(input_ids=ids, attention_mask=mask).logits
            same = torch.allclose(head(hidden), whole, atol=1e-5)
        self.model.train(training)
        return same


class Scratch(LanguageNetwork):
    """A BERT kind or, for ``causal``, a GPT kind that knows nothing yet.

    Args:
        card: objective and sizes.
        layers: number of layers.
        width: ``H``, a multiple of ``heads``.
        heads: attention heads.
        feedforward: width of the inner layer; null = 4 × width.
        dropout: share dropped in training, in attention too.
        activation: of the inner layer.
    """

    def __init__(
        self,
        card: LanguageCard,
        *,
        layers: int = 4,
        width: int = 256,
        heads: int = 4,
        feedforward: int | None = None,
        dropout: float = 0.1,
        activation: Activation = "gelu_pytorch_tanh",
    ) -> None:
        at_least(
            1, "model.network", layers=layers, width=width, heads=heads, feedforward=feedforward
        )
        shares("model.network", dropout=dropout)
        if width % heads:
            raise ConfigError(f"model.network: width {width} is no multiple of {heads} heads")
        inner = feedforward or 4 * width
        make = _gpt if card.objective == "causal" else _bert
        super().__init__(make(card, layers, width, heads, inner, dropout, activation), card)


class Continued(LanguageNetwork):
    """A pretrained model that goes on learning on other text (Gururangan et al. 2020).

    Where it was saved without a head over the vocabulary, it gets a new one, tied to its
    embeddings; ids that the tokenizer has gained get embeddings of their own.

    Args:
        card: objective and sizes.
        name: name on the model hub, or folder.
        layers: keep only the first so many layers; null = all.

    Raises:
        ConfigError: there is no such model, or its tokenizer has more ids than are given here.
    """

    def __init__(self, card: LanguageCard, *, name: str, layers: int | None = None) -> None:
        from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForMaskedLM

        kind = AutoModelForCausalLM if card.objective == "causal" else AutoModelForMaskedLM
        source: dict[str, Any] = {
            "trust_remote_code": False,
            "local_files_only": only_local(name),
        }
        try:
            config = AutoConfig.from_pretrained(name, **source)
            if layers is not None:
                if not 1 <= layers <= config.num_hidden_layers:
                    raise ConfigError(
                        f"model.network.layers: {name!r} has {config.num_hidden_layers} layers,"
                        f" can't keep {layers}"
                    )
                config.num_hidden_layers = layers
            model = kind.from_pretrained(
                name, config=config, dtype=torch.float32, use_safetensors=True, **source
            )
        except (OSError, ValueError) as error:
            raise ConfigError(
                f"model.network.name: no loadable safetensors model: {name!r}"
                f"\n  {' '.join(str(error).split())[:300]}"
            ) from error
        _check_fit(name, model, card)
        if card.vocab_size > model.config.vocab_size:
            model.resize_token_embeddings(card.vocab_size)
        super().__init__(model, card)


NetworkFactory = Callable[[LanguageCard], LanguageNetwork]


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
        values = plain(dict(self.hparams)) | {"_instantiator": INSTANTIATOR}
        self.save_hyperparameters(values | {"card": card.plain()}, logger=False)
        self.card, self.optim = card, optim
        self.network = network(card)
        self.val_loss = MeanMetric(nan_strategy="disable")
        self.val_hits = MeanMetric()

    def predict(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Logits ``(N, V)`` of the ``N`` positions that are asked, and their ids ``(N,)``."""
        hidden = self.network(batch["input_ids"], batch["positions"], batch["piece"])
        labels = batch["labels"]
        if self.card.objective == "causal":  # the position before tells
            hidden, labels = hidden[:, :-1], labels[:, 1:]
        asked = labels != NOT_PREDICTED
        return self.network.logits(hidden[asked]), labels[asked]

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """Mean cross-entropy of the positions that are asked."""
        logits, labels = self.predict(batch)
        loss = F.cross_entropy(logits.float(), labels)
        self.log_loss(loss, len(labels))
        return loss

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        """Update loss and accuracy."""
        logits, labels = self.predict(batch)
        self.val_loss.update(F.cross_entropy(logits.float(), labels, reduction="none"))
        self.val_hits.update((logits.argmax(-1) == labels).float())

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
        return self.optim.build(self, int(self.trainer.estimated_stepping_batches))

    def export(self, folder: Path) -> None:
        """Write the model so that `transformers` loads it."""
        self.network.model.save_pretrained(folder, safe_serialization=True)


def _bert(
    card: LanguageCard,
    layers: int,
    width: int,
    heads: int,
    inner: int,
    dropout: float,
    activation: str,
) -> Any:
    from transformers import BertConfig, BertForMaskedLM

    return BertForMaskedLM(
        BertConfig(
            vocab_size=card.vocab_size,
            hidden_size=width,
            num_hidden_layers=layers,
            num_attention_heads=heads,
            intermediate_size=inner,
            hidden_dropout_prob=dropout,
            attention_probs_dropout_prob=dropout,
            hidden_act=activation,
            max_position_embeddings=card.max_length,
            pad_token_id=card.pad_id,
        )
    )


def _gpt(
    card: LanguageCard,
    layers: int,
    width: int,
    heads: int,
    inner: int,
    dropout: float,
    activation: str,
) -> Any:
    from transformers import GPT2Config, GPT2LMHeadModel

    return GPT2LMHeadModel(
        GPT2Config(
            vocab_size=card.vocab_size,
            n_embd=width,
            n_layer=layers,
            n_head=heads,
            n_inner=inner,
            resid_pdrop=dropout,
            embd_pdrop=dropout,
            attn_pdrop=dropout,
            activation_function=activation,
            n_positions=card.max_length,
            pad_token_id=card.pad_id,
            bos_token_id=next(iter(card.begin), None),
            eos_token_id=next(iter(card.end), None),
        )
    )


def _check_fit(name: str, model: Any, card: LanguageCard) -> None:
    known, limit = model.config.vocab_size, positions_of(model.base_model).limit
    # a mask token may have been added, nothing else
    if card.vocab_size > known + 1:
        raise ConfigError(
            f"the tokenizer has {card.vocab_size} ids, the model {name!r} knows {known}"
            "\n  → data.tokenizer.name must be the model's own"
        )
    if limit is not None and card.max_length > limit:
        raise ConfigError(
            f"data.max_length {card.max_length} exceeds the {limit} positions of {name!r}"
        )
