"""The base of models that read a text and write another one."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import torch
from torch import Tensor

from weitiao.card import NOTHING, DataCard
from weitiao.errors import ConfigError
from weitiao.inputs.parallel.card import ParallelInput
from weitiao.models.backbones.attention import quicken
from weitiao.models.backbones.base import Backbone


def sides_of(card: DataCard) -> ParallelInput:
    """The input of a model that reads and writes.

    Raises:
        ConfigError: it is of another kind.
    """
    if not isinstance(card.input, ParallelInput):
        problem = ": it reads texts and writes others, and the data have no others"
        raise ConfigError(problem, field="backbone", hint="{--task} translation")
    return card.input


class EncoderDecoder(Backbone):
    """A model of `transformers` that reads a text and writes another one.

    Args:
        model: one that generates.
        begin: id that the decoder reads first.
        sizes: of both sides.
    """

    @abstractmethod  # a backbone that can be named takes the card
    def __init__(self, model: Any, begin: int, sizes: ParallelInput) -> None:
        from transformers import GenerationConfig

        super().__init__()
        quicken(model)
        model.generation_config = GenerationConfig()  # a checkpoint wouldn't know a folder's own
        self.model = model.train()  # from_pretrained hands it over without dropout
        self.width = int(model.config.hidden_size)
        self.begin, self.end, self.pad_id = begin, sizes.end, sizes.written_pad
        self.longest = sizes.written_length

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor | None = None
    ) -> Tensor:
        """Vectors of what is read, ``(B, T, H)``."""
        found = self.model.get_encoder()(input_ids=input_ids, attention_mask=attention_mask)
        vectors: Tensor = found.last_hidden_state
        return vectors

    @abstractmethod
    def shifted(self, written: Tensor) -> tuple[Tensor, Tensor]:
        """What the decoder reads, and what it is to say of each position.

        Args:
            written: ``(B, U)`` ids with those of their ends, `NOTHING` behind them.

        Returns:
            ``(B, W)`` twice: ids without a gap; ids, and `NOTHING` where none is asked for.
        """

    def logits(
        self, input_ids: Tensor, attention_mask: Tensor, written: Tensor
    ) -> tuple[Tensor, Tensor]:
        """What is said of each next id, where those before it are the right ones.

        Args:
            input_ids: ``(B, T)`` ids that are read.
            attention_mask: ``(B, T)``, 0 at padding.
            written: as of `shifted`.

        Returns:
            Logits ``(B, W, V)``; the right ids ``(B, W)``, `NOTHING` where there is none.
        """
        read, asked = self.shifted(written)
        found = self.model(
            input_ids=input_ids,
            attention_mask=attention_mask,
            decoder_input_ids=read,
            use_cache=False,
        )
        return found.logits, asked

    def after(self, begin: Tensor, asked: Tensor) -> Tensor:
        """The ids one place later, behind those that begin, without a gap."""
        before = torch.cat([begin, asked[:, :-1]], 1)
        return before.where(before != NOTHING, self.pad_id)

    @torch.no_grad()
    def generate(
        self,
        input_ids: Tensor,
        attention_mask: Tensor,
        *,
        beams: int = 1,
        length_penalty: float = 1.0,
        no_repeat: int = 0,
        first: int | None = None,
    ) -> list[list[int]]:
        """Write of each row what is likeliest; rows do without each other.

        Args:
            input_ids: ``(B, T)``.
            attention_mask: ``(B, T)``, 0 at padding.
            beams: how many hypotheses are kept (Graves 2012); 1 = the likeliest id.
            length_penalty: the sum of logarithms is divided by the length to this power.
            no_repeat: no n-gram of so many ids comes twice; 0 = any may.
            first: id that each begins with.

        Returns:
            The ids of each row, and the one that ends it, if it ended before there was no room.
        """
        from transformers import GenerationConfig

        options: dict[str, Any] = {}
        if beams > 1:
            # a loop that no training has smoothed is sure of each id: waiting for it, it would win
            options = {"length_penalty": length_penalty, "early_stopping": True}
        config = GenerationConfig(
            max_new_tokens=self.longest - 1,  # a position is that of the id that begins
            num_beams=beams,
            do_sample=False,
            no_repeat_ngram_size=no_repeat,
            forced_bos_token_id=first,
            decoder_start_token_id=self.begin,
            bos_token_id=self.begin,
            eos_token_id=self.end,
            pad_token_id=self.pad_id,
            **options,
        )
        found = self.model.generate(
            input_ids, attention_mask=attention_mask, generation_config=config
        )
        return [_until(row, self.end) for row in found[:, 1:].tolist()]


def _until(ids: list[int], end: int) -> list[int]:
    """The ids up to the one that ends them."""
    return ids[: ids.index(end) + 1] if end in ids else ids
