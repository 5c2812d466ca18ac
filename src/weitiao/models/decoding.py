"""Generation id by id: several rows side by side, each as if it were alone."""

import inspect
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import compress
from typing import Any

import torch
from torch import Tensor

from weitiao.errors import ConfigError

Heard = Callable[[list[int]], bool]
"""Is told the ids of a row, the newest last; says whether it is to end there."""


@dataclass
class Row:
    """A prompt that is continued.

    Args:
        prompt: its ids, at least one.
        length: most ids that are added.
        number: of the row, by which chance tells it from others.
        heard: null = nobody listens.
        chance: where what is drawn comes from.
        ids: what was added, without the id that ended it.
        ended: whether the model ended it, or who listens.
    """

    prompt: list[int]
    length: int
    number: int = 0
    heard: Heard | None = None
    chance: torch.Generator | None = None
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
        return not self.done

    @property
    def done(self) -> bool:
        """Whether nothing more is added."""
        return self.ended or len(self.ids) >= self.length


Choose = Callable[[Tensor, Sequence[Row]], Tensor]
"""Which ids come next: logits ``(B, V)`` and the rows they belong to → ``(B,)``."""


def likeliest(logits: Tensor, rows: Sequence[Row]) -> Tensor:
    """The ids that are likeliest to come next."""
    return logits.argmax(-1)


def go_on(model: Any, rows: Sequence[Row], choose: Choose, ends: Collection[int]) -> None:
    """Go on with rows until each has ended or is as long as it may be; see `steps`."""
    for _ in steps(model, rows, choose, ends):
        pass


@torch.inference_mode()
def steps(model: Any, rows: Sequence[Row], choose: Choose, ends: Collection[int]) -> Iterator[None]:
    """Go on with rows until each is done, an id of each at a time; in between, others may compute.

    Keys and values of what was read are kept; a row that is done leaves the batch. Mixed precision
    is left off: for each id of a few rows it would cast all weights anew, which takes longer than
    what it saves.

    Args:
        model: causal, of `transformers`.
        ends: ids that end a row.
    """
    from transformers import DynamicCache

    if not (left := [row for row in rows if row.length > 0]):
        return
    cache: Any = DynamicCache(config=model.config)
    ids, mask = (part.to(model.device) for part in _padded([row.prompt for row in left]))
    places = (mask.cumsum(1) - 1).clamp(min=0)
    counts = "position_ids" in _arguments(model)  # Bloom finds out by the mask
    while left:
        with torch.autocast(model.device.type, enabled=False):
            logits = model(
                input_ids=ids,
                attention_mask=mask,
                past_key_values=cache,
                use_cache=True,
                logits_to_keep=1,
                **({"position_ids": places} if counts else {}),
            ).logits[:, -1]
        chosen = choose(logits.float(), left)
        going = [r.add(i, ends) for r, i in zip(left, chosen.tolist(), strict=True)]
        if not all(going):
            kept = torch.tensor(going, device=mask.device).nonzero().squeeze(1)
            left = [*compress(left, going)]
            if left:
                cache.batch_select_indices(kept)
            chosen, mask, places = chosen[kept], mask[kept], places[kept]
        ids = chosen[:, None]
        mask = torch.cat([mask, mask.new_ones(len(mask), 1)], 1)
        places = places[:, -1:] + 1
        yield


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
    needed = {"attention_mask", "past_key_values", "logits_to_keep"}
    if lacking := needed - _arguments(model):
        problem = f": a {type(model).__name__} knows no {', '.join(sorted(lacking))}"
        raise ConfigError(problem, field="model", hint="a GPT-2, Llama, Qwen or Gemma kind")


def _arguments(model: Any) -> set[str]:
    return {*inspect.signature(model.forward).parameters}


def _padded(prompts: Sequence[list[int]]) -> tuple[Tensor, Tensor]:
    """Ids ``(B, T)`` with padding on the left, and 1 where there is none ``(B, T)``."""
    longest = max(map(len, prompts))
    ids = torch.tensor([[row[0]] * (longest - len(row)) + row for row in prompts])
    mask = torch.tensor([[0] * (longest - len(row)) + [1] * len(row) for row in prompts])
    return ids, mask
