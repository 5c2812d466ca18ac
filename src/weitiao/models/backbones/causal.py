"""Pretrained causal language models: vectors, logits of the next id, and answers."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from weitiao.card import DataCard
from weitiao.config.bounds import shares
from weitiao.errors import ConfigError
from weitiao.models.backbones.attention import ATTENTION, ROWS
from weitiao.models.backbones.few_bits import Bits, keep_in_few_bits
from weitiao.models.backbones.huggingface import positions_of
from weitiao.models.backbones.loading import load_model
from weitiao.models.backbones.lora import Lora
from weitiao.models.backbones.rounded import rounded
from weitiao.models.backbones.tuned import Tuned, drop_attention, from_config
from weitiao.models.decoding import Row, go_on, likeliest, refuse_other_kinds


class Causal(Tuned):
    """What `transformers.AutoModelForCausalLM` loads, by name or folder, in float32.

    GPT-2, Llama, Qwen, Gemma, SmolLM, …: a position sees only those before it, and says which id
    comes next. Weights are read from safetensors only, and code of the model's own is not run
    unless asked.

    Args:
        name: name on the model hub, or folder.
        layers: keep only the first so many layers; null = all.
        freeze: leave the embeddings and the first so many layers as they are.
        lora: leave all weights as they are, train low-rank adapters in every linear layer but the
            output embedding; null = none.
        bits: of a weight of the linear layers that adapters stand beside, 4 or 8 (QLoRA): a seventh
            or a quarter of their memory; null = 32.
        attention_dropout: share of the attention that training drops; null = as the model's own
            configuration has it.
        gradient_checkpointing: compute the layers a second time in the backward pass instead of
            keeping what it needs: same gradients, less memory, about a third more time.
        packed: compute a batch as one sequence without padding, in which no row sees another:
            same vectors.
        trust_remote_code: run Python code that comes with the model.
        config: the model's own configuration; given, no file is read and weights are left to be
            loaded (that is how a checkpoint rebuilds its model).

    Raises:
        ConfigError: there is no such model, it looks ahead, lacks weights, does not fit the card,
            or has not what an option asks for.
    """

    def __init__(
        self,
        card: DataCard,
        *,
        name: str,
        layers: int | None = None,
        freeze: int = 0,
        lora: Lora | None = None,
        bits: Bits | None = None,
        attention_dropout: float | None = None,
        gradient_checkpointing: bool = False,
        packed: bool = False,
        trust_remote_code: bool = False,
        # not dict[str, Any]: where anything may stand, the parser calls any function that is named
        config: dict | None = None,
    ) -> None:
        from transformers import AutoModelForCausalLM, GenerationConfig

        if config is not None:
            model = from_config(AutoModelForCausalLM, config, trust_remote_code)
        else:
            shares(attention_dropout=attention_dropout or 0.0)
            model = _load(name, layers, attention_dropout, trust_remote_code)
        self._rounded: list[Any] = []  # in a list it is no module of this, nor in a checkpoint
        super().__init__(card, name, model.base_model, model.config)
        model.generation_config = GenerationConfig()  # a checkpoint wouldn't know the folder's own
        self.whole = [model]  # in a list it is no module of this: its parts are
        self.tied = bool(model.config.tie_word_embeddings)
        self.head = None if self.tied else model.get_output_embeddings()
        self.pad_id, self.packed = card.tokens.pad_id, packed
        self.limit = positions_of(self.encoder).limit
        if config is None:
            self._check()
        if bits is not None:
            _keep_frozen(self.encoder, bits, lora)
        self.tune(freeze, lora, gradient_checkpointing=gradient_checkpointing)
        if lora and self.head is not None:
            self.head.requires_grad_(False)
        _refuse_idle(self, name)

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor | None = None
    ) -> Tensor:
        """Vectors of each position after the last norm, ``(B, T, H)``."""
        mask = attention_mask.bool()
        if self.packed:
            return self._packed(input_ids, mask)
        if not mask[:, 0].all():  # filled on the left
            return super().forward(input_ids, mask)
        # what stands before doesn't see padding behind it, and without a mask kernels are faster;
        # where no id is padding's, GPT-2 doesn't warn of that
        ids = input_ids.where(mask, input_ids[:, :1])
        return self.encoder(input_ids=ids, **self.fixed).last_hidden_state

    def _packed(self, input_ids: Tensor, mask: Tensor) -> Tensor:
        """The same of all rows side by side."""
        assert self.first_position is not None
        positions = (mask.cumsum(1) - 1)[mask] + self.first_position
        more: dict[str, Any] = {}  # transformers looks where positions begin anew, and masks
        if self.encoder.config._attn_implementation == ATTENTION:
            more = {"attention_mask": mask.new_ones(1, 1, 1, 1), ROWS: mask.sum(1).tolist()}
        found = self.encoder(
            input_ids=input_ids[mask][None], position_ids=positions[None], **self.fixed, **more
        ).last_hidden_state
        vectors = found.new_zeros(*mask.shape, found.shape[-1])
        vectors[mask] = found[0]
        return vectors

    def logits(self, vectors: Tensor) -> Tensor:
        """Logits of the next id: ``(N, H)`` → ``(N, V)``."""
        if self.head is None:
            found = F.linear(vectors, self.encoder.get_input_embeddings().weight)
        else:
            found = self.head(vectors)
        if scale := getattr(self.config, "logit_scale", None):  # Cohere
            found = found * scale
        if scale := getattr(self.config, "logits_scaling", None):  # Granite
            found = found / scale
        if cap := getattr(self.config, "final_logit_softcapping", None):  # Gemma 2
            found = cap * torch.tanh(found / cap)
        return found

    def output_weights(self) -> list[Tensor]:
        """The weights that `logits` reads."""
        part = self.encoder.get_input_embeddings() if self.head is None else self.head
        return [*part.parameters()]

    def generate(
        self, input_ids: Tensor, attention_mask: Tensor, max_new: int, ends: Collection[int]
    ) -> list[Row]:
        """Go on with each row by its likeliest ids, until one ends it.

        Args:
            input_ids: ``(B, T)``, padded on either side.
            attention_mask: ``(B, T)``, false at padding.
            max_new: most ids that are added; fewer where the model has no more positions.
            ends: ids that end a row.
        """
        prompts = [
            ids[seen].tolist() for ids, seen in zip(input_ids, attention_mask.bool(), strict=True)
        ]
        left = [max_new if self.limit is None else self.limit - len(each) for each in prompts]
        rows = [Row(each, min(max_new, n)) for each, n in zip(prompts, left, strict=True)]
        go_on(self._answering(), rows, likeliest, ends)
        return rows

    def _answering(self) -> Any:
        """The model that continues rows: under mixed precision on a processor, a rounded copy
        that is kept for one evaluation."""
        model = self.whole_model()
        device = model.device.type
        if self.training or device != "cpu" or not torch.is_autocast_enabled(device):
            return model
        if not self._rounded:
            self._rounded.append(rounded(model, torch.get_autocast_dtype(device)))
        return self._rounded[0]

    def train(self, mode: bool = True) -> Causal:
        """As `Tuned.train`; a copy for answers is of weights that may change now."""
        super().train(mode)
        self._rounded.clear()
        return self

    def whole_model(self) -> Any:
        """The model of `transformers` with its output, of the weights that this has now."""
        (model,) = self.whole
        if self.tied:  # a checkpoint's weights may have taken the place of those it was made with
            model.get_output_embeddings().weight = model.get_input_embeddings().weight
        return model

    @torch.inference_mode()
    def _check(self) -> None:
        """See to it that vectors, logits and rows side by side are what they are to be.

        Raises:
            ConfigError: they aren't.
        """
        (model,), training, packed = self.whole, self.training, self.packed
        kind = type(model).__name__
        refuse_other_kinds(model)
        self.eval()
        ids = torch.tensor([[0, 1, 2, 3], [3, 2, 1, 0]]) % self.config.vocab_size
        mask = torch.ones_like(ids)
        plain = model(input_ids=ids, attention_mask=mask, **self.fixed).logits.flatten(0, 1)
        self.packed = False
        vectors = self(ids, mask)
        if not _near(self.logits(vectors.flatten(0, 1)), plain):
            problem = f": the output of a {kind} isn't one that this project knows"
            raise ConfigError(problem, field="name", hint="a GPT-2, Llama, Qwen or Gemma kind")
        if not _near(self(ids[:, :2], mask[:, :2]), vectors[:, :2]):
            raise ConfigError(f": a {kind} looks ahead, and can't continue a text", field="name")
        self.packed = packed
        mask[0, 3] = 0
        seen = mask.bool()
        if packed and (
            self.first_position is None or not _near(self(ids, mask)[seen], vectors[seen])
        ):
            problem = f": a {kind} can't compute rows side by side"
            raise ConfigError(problem, field="packed", hint="{--packed} false")
        self.train(training)


def _near(one: Tensor, other: Tensor) -> bool:
    return torch.allclose(one, other, rtol=1e-3, atol=1e-4)


def _load(
    name: str, layers: int | None, attention_dropout: float | None, trust_remote_code: bool
) -> Any:
    """The model with its weights; its configuration says whether embeddings are tied."""
    from transformers import AutoModelForCausalLM

    model = load_model(
        AutoModelForCausalLM,
        name,
        layers=layers,
        may_lack=lambda model, weight: False,
        alter=lambda config: drop_attention(name, config, attention_dropout),
        trust_remote_code=trust_remote_code,
    )
    out, into = model.get_output_embeddings(), model.get_input_embeddings()
    if out is None or into is None:
        problem = f": a {type(model).__name__} has no embeddings of its output"
        raise ConfigError(problem, field="name")
    model.config.tie_word_embeddings = out.weight is into.weight
    return model


def _keep_frozen(encoder: nn.Module, bits: Bits, lora: Lora | None) -> None:
    if lora is None:
        problem = ": weights of few bits can't be trained, only adapters beside them"
        raise ConfigError(problem, field="bits", hint="{--lora} {}")
    keep_in_few_bits(encoder, bits)


def _refuse_idle(backbone: nn.Module, name: str) -> None:
    if not any(parameter.requires_grad for parameter in backbone.parameters()):
        problem = f": nothing of {name!r} is left to learn"
        raise ConfigError(problem, field="freeze", hint="{--freeze} with fewer layers")
