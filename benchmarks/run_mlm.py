"""What transformers' `run_mlm.py` does to texts before its Trainer sees them.

After `examples/pytorch/language-modeling/run_mlm.py` of huggingface/transformers.
"""

from __future__ import annotations

from collections import deque
from itertools import chain
from typing import Any

from torch import Tensor
from transformers import DataCollatorForLanguageModeling

Row = dict[str, list[int]]


def grouped(texts: list[str], tokenizer: Any, length: int) -> list[Row]:
    """All texts strung together and cut into rows of ``length``; what is left over is dropped."""
    encoded = tokenizer(texts, return_special_tokens_mask=True)
    whole = {name: list(chain.from_iterable(lists)) for name, lists in encoded.items()}
    ends = range(length, len(whole["input_ids"]) + 1, length)
    return [{name: ids[end - length : end] for name, ids in whole.items()} for end in ends]


def by_line(texts: list[str], tokenizer: Any, length: int) -> list[Row]:
    """A row per text, cut after ``length`` ids: the script's ``--line_by_line``."""
    encoded = tokenizer(texts, truncation=True, max_length=length, return_special_tokens_mask=True)
    rows = zip(*encoded.values(), strict=True)
    return [dict(zip(encoded, row, strict=True)) for row in rows]


class Collator:
    """The script's collator, which keeps in ``text_ids`` how many its batches hold.

    Args:
        tokenizer: knows the ids that pad and mask.
    """

    def __init__(self, tokenizer: Any) -> None:
        self.collate = DataCollatorForLanguageModeling(tokenizer, mlm_probability=0.15)
        self.text_ids: deque[int] = deque()

    def __call__(self, rows: list[Row]) -> dict[str, Tensor]:
        """Pad to the longest row, and mask."""
        self.text_ids.append(sum(row["special_tokens_mask"].count(0) for row in rows))
        return self.collate(rows)
