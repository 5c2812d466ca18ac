"""Encoder–decoder models that somebody has trained: a text is read, another one written of it."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from weitiao.card import DataCard
from weitiao.errors import ConfigError
from weitiao.inputs.parallel.card import ParallelInput
from weitiao.models.backbones.encoder_decoder import EncoderDecoder, sides_of
from weitiao.models.backbones.huggingface import positions_of
from weitiao.models.backbones.loading import load_model
from weitiao.models.backbones.lora import Lora
from weitiao.models.backbones.tuned import from_config, plain_config


class PretrainedSeq2Seq(EncoderDecoder):
    """What `transformers.AutoModelForSeq2SeqLM` loads, by name or folder, in float32.

    T5, mT5, BART, Pegasus, …: its tokenizer serves both sides. Weights are read from safetensors
    only, and code of the model's own isn't run.

    Args:
        name: name on the model hub, or folder.
        lora: leave all weights as they are, train low-rank adapters in every linear layer but the
            output embedding; null = none.
        config: the model's own configuration; given, no file is read and weights are left to be
            loaded (that is how a checkpoint rebuilds its model).

    Raises:
        ConfigError: there is no such model, it lacks weights, or the tokenizer isn't its own.
    """

    def __init__(
        self,
        card: DataCard,
        *,
        name: str,
        lora: Lora | None = None,
        # not dict[str, Any]: where anything may stand, the parser calls any function that is named
        config: dict | None = None,
    ) -> None:
        from transformers import AutoModelForSeq2SeqLM

        sizes = sides_of(card)
        if config is not None:
            model = from_config(AutoModelForSeq2SeqLM, config, trust_remote_code=False)
        else:
            model = load_model(
                AutoModelForSeq2SeqLM, name, layers=None, may_lack=lambda model, weight: False
            )
        _check(name, model, sizes)
        super().__init__(model, model.config.decoder_start_token_id, sizes)
        self.config = model.config
        if lora:
            lora.add_to(model)

    def shifted(self, written: Tensor) -> tuple[Tensor, Tensor]:
        """Each id is said of those before it, the first of what begins a text."""
        return self.after(written.new_full((len(written), 1), self.begin), written), written

    def rebuild_args(self) -> dict[str, Any]:
        """The configuration, so that a checkpoint needs no other file."""
        return plain_config(self.config)


def _check(name: str, model: Any, sizes: ParallelInput) -> None:
    """Refuse a tokenizer that isn't the model's own.

    Raises:
        ConfigError: it is none.
    """
    own = "{--data.input.encode.tokenizer} " + name
    if not sizes.shared:
        problem = f": {name!r} has one vocabulary for both sides"
        raise ConfigError(problem, field="written", hint="{--data.input.written} null")
    if model.config.decoder_start_token_id is None:
        problem = f": {name!r} doesn't say which id begins what it writes"
        raise ConfigError(problem, field="name", hint="decoder_start_token_id in its config.json")
    if sizes.vocab_size > (known := model.config.vocab_size):
        problem = f": {name!r} knows {known} ids, and the tokenizer has {sizes.vocab_size}"
        raise ConfigError(problem, field="name", hint=own)
    ends = model.config.eos_token_id
    if sizes.end not in (ends if isinstance(ends, list) else [ends]):
        problem = f": {name!r} ends a text with the id {ends}, and the tokenizer with {sizes.end}"
        raise ConfigError(problem, field="name", hint=own)
    longest = max(sizes.max_length, sizes.written_length)
    if (limit := positions_of(model).limit) is not None and longest > limit:
        problem = f"{longest} exceeds the {limit} positions of {name!r}"
        raise ConfigError(problem, field="max_length", hint=f"{{--max_length}} {limit}")
