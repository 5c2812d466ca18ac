"""Language models of `transformers` that read packed chunks: from scratch, or continued."""

from abc import ABC
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from weitiao.config.bounds import at_least, shares
from weitiao.errors import ConfigError
from weitiao.models.backbones.attention import quicken
from weitiao.models.backbones.base import Activation
from weitiao.models.backbones.huggingface import positions_of
from weitiao.models.backbones.loading import load_model
from weitiao.pretraining.card import LanguageCard

_UNSEEN = torch.finfo(torch.float32).min


class LanguageNetwork(nn.Module, ABC):
    """A language model of `transformers` that reads packed pieces and predicts single positions.

    Args:
        model: with a head over the vocabulary.
    """

    def __init__(self, model: Any, card: LanguageCard) -> None:
        super().__init__()
        self.model, self.causal = model.train(), card.objective == "causal"
        self.first_position = positions_of(model).first
        quicken(model)
        self.eager = model.config._attn_implementation == "eager"
        self.head = self._head()
        self._refuse_mixing()

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
        if self.eager:  # adds the mask to its scores
            sees = torch.zeros_like(sees, dtype=torch.float32).masked_fill(~sees, _UNSEEN)
        more = {} if not self.causal else {"use_cache": False}
        return self.model.base_model(
            input_ids=input_ids,
            attention_mask=sees,
            position_ids=positions + self.first_position,
            **more,
        ).last_hidden_state

    def _head(self) -> nn.Module:
        """What turns hidden states into logits, found by name and tried."""
        for name in ("cls", "lm_head", "decoder"):
            head = getattr(self.model, name, None)
            if head is not None and self._fits(head):
                return head
        problem = f": the head of a {type(self.model).__name__} isn't one that this project knows"
        raise ConfigError(problem, field="network", hint="a BERT, RoBERTa or GPT kind")

    def _refuse_mixing(self) -> None:
        """Stop before packed pieces are read in another way than `transformers` reads each alone.

        Some kinds take the mask for something else, others know none of this shape, and a
        BERT kind that learned to look back would be read both ways. Which do is found by trying.

        Raises:
            ConfigError: two pieces side by side have other hidden states than each alone.
        """
        size, pad = self.model.config.vocab_size, self.model.config.pad_token_id
        ids = torch.tensor([[i for i in range(min(size, 5)) if i != pad][:4]])
        pieces = ids, ids.flip(1)
        positions, number = torch.arange(ids.shape[1])[None], torch.zeros_like(ids)
        side_by_side = [
            torch.cat(pair, 1) for pair in (pieces, (positions, positions), (number, number + 1))
        ]
        training = self.training
        self.eval()
        try:
            with torch.inference_mode():
                alone = [
                    self.model.base_model(input_ids=x, attention_mask=torch.ones_like(x))[0]
                    for x in pieces
                ]
                same = torch.allclose(
                    self(*side_by_side), torch.cat(alone, 1), rtol=1e-3, atol=1e-4
                )
        except (RuntimeError, ValueError, TypeError, IndexError):  # of a mask of this shape
            same = False
        self.train(training)
        if not same:
            kind = "causal" if self.causal else "masked"
            raise ConfigError(
                f": a {type(self.model).__name__} can't learn from packed texts as the objective"
                f" {kind} needs it: beside each other it reads them in another way than alone",
                field="network",
                hint="a BERT or RoBERTa kind for masked; a GPT, Llama or Qwen kind for causal",
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
        at_least(1, layers=layers, width=width, heads=heads, feedforward=feedforward)
        shares(dropout=dropout)
        if width % heads:
            raise ConfigError(f"{width} is no multiple of {heads} heads", field="width")
        sizes = {
            "vocab_size": card.vocab_size,
            "hidden_size": width,
            "num_hidden_layers": layers,
            "num_attention_heads": heads,
            "max_position_embeddings": card.max_length,
            "pad_token_id": card.pad_id,
        }
        kind, inner = _gpt if card.objective == "causal" else _bert, feedforward or 4 * width
        super().__init__(kind(card, sizes, inner, dropout, activation), card)


class Continued(LanguageNetwork):
    """A pretrained model that goes on learning on other text (Gururangan et al. 2020).

    Where it was saved without a head over the vocabulary, it gets a new one, tied to its
    embeddings; ids that the tokenizer has gained get embeddings of their own.

    Args:
        name: name on the model hub, or folder.
        layers: keep only the first so many layers; null = all.

    Raises:
        ConfigError: there is no such model, it lacks weights below the head, or doesn't fit the
            card: more ids or longer blocks than it knows.
    """

    def __init__(self, card: LanguageCard, *, name: str, layers: int | None = None) -> None:
        from transformers import AutoModelForCausalLM, AutoModelForMaskedLM

        kind = AutoModelForCausalLM if card.objective == "causal" else AutoModelForMaskedLM
        model = load_model(kind, name, layers=layers, may_lack=_is_of_head)
        _check_fit(name, model, card)
        if card.vocab_size > model.config.vocab_size:
            model.resize_token_embeddings(card.vocab_size)
        super().__init__(model, card)
        self.name = name


NetworkFactory = Callable[[LanguageCard], LanguageNetwork]


def _bert(card: LanguageCard, sizes: Mapping[str, Any], inner: int, out: float, act: str) -> Any:
    from transformers import BertConfig, BertForMaskedLM

    config = BertConfig(
        **sizes,
        intermediate_size=inner,
        hidden_dropout_prob=out,
        attention_probs_dropout_prob=out,
        hidden_act=act,
    )
    return BertForMaskedLM(config)


def _gpt(card: LanguageCard, sizes: Mapping[str, Any], inner: int, out: float, act: str) -> Any:
    from transformers import GPT2Config, GPT2LMHeadModel

    config = GPT2Config(
        **sizes,
        n_inner=inner,
        resid_pdrop=out,
        embd_pdrop=out,
        attn_pdrop=out,
        activation_function=act,
        bos_token_id=next(iter(card.begin), None),
        eos_token_id=next(iter(card.end), None),
    )
    return GPT2LMHeadModel(config)


def _is_of_head(model: Any, weight: str) -> bool:
    """Whether a weight is none of the network below the head."""
    return not weight.startswith(f"{model.base_model_prefix}.")


def _check_fit(name: str, model: Any, card: LanguageCard) -> None:
    known, limit = model.config.vocab_size, positions_of(model.base_model).limit
    # a mask token may have been added, nothing else
    if card.vocab_size > known + 1:
        problem = f"the tokenizer has {card.vocab_size} ids, the model {name!r} knows {known}"
        raise ConfigError(problem, hint="{--tokenizer.name} must be the model's own")
    if limit is not None and card.max_length > limit:
        problem = f"{card.max_length} exceeds the {limit} positions of {name!r}"
        raise ConfigError(problem, field="max_length")
