"""Id after id: several rows go on side by side, each as if it were alone."""

import hashlib
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import compress
from typing import Any

import torch
from torch import Tensor

from weitiao.errors import ConfigError
from weitiao.generation.options import Generation

Heard = Callable[[list[int]], bool]
"""Is told the ids of a row, the newest last; says whether it is to end there."""


@dataclass
class Row:
    """A prompt that is gone on with.

    Args:
        prompt: its ids, at least one.
        length: most ids that are added.
        number: of the row, by which chance tells it from others.
        heard: null = nobody listens.
        ids: what was added, without the id that ended it.
        ended: whether the model ended it, or who listens.
    """

    prompt: list[int]
    length: int
    number: int = 0
    heard: Heard | None = None
    ids: list[int] = field(default_factory=list)
    ended: bool = False

    def add(self, index: int, ends: Collection[int]) -> bool:
        """Take the next id; says whether the row goes on."""
        if index in ends:
            self.ended = True
            return False
        self.ids.append(index)
        if self.heard is not None and self.heard(self.ids):
            self.ended = True
        return not self.ended and len(self.ids) < self.length


class Choice:
    """Which id comes next.

    A row has a source of chance of its own, so what it says depends on the seed and its number
    alone, whatever stands beside it. Drawn is by noise that is added to the logits (Gumbel 1954;
    Maddison et al. 2014): where a sum in another order moves the seventh digit of a logit, as in a
    batch of another size, the largest of them hardly ever changes.
    """

    def __init__(self, options: Generation) -> None:
        from transformers import TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

        self.seed, self.drawn, self.warpers = options.seed, options.drawn, list[Any]()
        if options.temperature not in (0, 1):
            self.warpers.append(TemperatureLogitsWarper(options.temperature))
        if options.top_k is not None:
            self.warpers.append(TopKLogitsWarper(options.top_k))
        if options.top_p < 1:
            self.warpers.append(TopPLogitsWarper(options.top_p))

    def source(self, row: Row) -> torch.Generator:
        """Where a row has its chance from."""
        key = hashlib.blake2b(f"{self.seed} {row.number}".encode(), digest_size=8).digest()
        return torch.Generator().manual_seed(int.from_bytes(key, "big", signed=True))

    def __call__(self, logits: Tensor, sources: Sequence[torch.Generator]) -> Tensor:
        """The next ids, ``(B, V)`` → ``(B,)``.

        Args:
            sources: one for each row.
        """
        if not self.drawn:
            return logits.argmax(-1)
        for warper in self.warpers:
            logits = warper(None, logits)
        noise = torch.stack(
            [torch.empty(logits.shape[1]).exponential_(generator=s) for s in sources]
        )
        return (logits - noise.clamp_(min=torch.finfo(noise.dtype).tiny).log_()).argmax(-1)


@torch.inference_mode()
def go_on(model: Any, rows: Sequence[Row], choice: Choice, ends: Collection[int]) -> None:
    """Go on with rows until each has ended or is as long as it may be.

    Keys and values of what was read are kept; a row that is done leaves the batch.

    Args:
        model: causal, of `transformers`.
        ends: ids that end a row.
    """
    from transformers import DynamicCache

    cache: Any = DynamicCache(config=model.config)
    ids, mask = _padded([row.prompt for row in rows])
    places = (mask.cumsum(1) - 1).clamp(min=0)
    left, sources = list(rows), [choice.source(row) for row in rows]
    while left:
        logits = model(
            input_ids=ids,
            attention_mask=mask,
            position_ids=places,
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=1,
        ).logits[:, -1]
        chosen = choice(logits.float(), sources)
        going = [r.add(i, ends) for r, i in zip(left, chosen.tolist(), strict=True)]
        if not all(going):
            kept = torch.tensor(going).nonzero().squeeze(1)
            left, sources = [*compress(left, going)], [*compress(sources, going)]
            if left:
                cache.batch_select_indices(kept)
            chosen, mask, places = chosen[kept], mask[kept], places[kept]
        ids = chosen[:, None]
        mask = torch.cat([mask, mask.new_ones(len(mask), 1)], 1)
        places = places[:, -1:] + 1


def in_batches(rows: Iterable[Row], size: int) -> Iterable[list[Row]]:
    """Rows of like length together, so that little is padding."""
    ordered = sorted(rows, key=lambda row: len(row.prompt))
    for begin in range(0, len(ordered), size):
        yield ordered[begin : begin + size]


def refuse_other_kinds(model: Any) -> None:
    """Refuse a model that doesn't keep what it has read as keys and values.

    Raises:
        ConfigError: it is one.
    """
    import inspect

    needed = {"attention_mask", "position_ids", "past_key_values", "logits_to_keep"}
    if lacking := needed - inspect.signature(model.forward).parameters.keys():
        problem = f": a {type(model).__name__} knows no {', '.join(sorted(lacking))}"
        raise ConfigError(problem, field="model", hint="a GPT-2, Llama, Qwen or Gemma kind")


def _padded(prompts: Sequence[list[int]]) -> tuple[Tensor, Tensor]:
    """Ids ``(B, T)`` with padding on the left, and 1 where there is none ``(B, T)``."""
    longest = max(map(len, prompts))
    ids = torch.tensor([[row[0]] * (longest - len(row)) + row for row in prompts])
    mask = torch.tensor([[0] * (longest - len(row)) + [1] * len(row) for row in prompts])
    return ids, mask
