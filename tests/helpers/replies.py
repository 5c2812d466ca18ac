"""Tiny causal models, and batches of conversations, as the tests of answers need them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from chat_models import END, PAD, chat_tokenizer

from weitiao.card import DataCard
from weitiao.inputs.chat import ChatInput
from weitiao.targets.whole_text import ReplyTarget

Row = tuple[str, str]
"""A prompt and its answer."""
TEXTS = (
    "你好，今天天气怎么样？很好。",
    "how many apples are there? #### 42",
    "0123456789 three plus four",
)
TOKENIZER = chat_tokenizer([*TEXTS])
PAD_ID, END_ID = (TOKENIZER.token_to_id(token) for token in (PAD, END))
SIZES: dict[str, Any] = {
    "vocab_size": TOKENIZER.get_vocab_size(),
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "max_position_embeddings": 128,
    "initializer_range": 0.1,
    "tie_word_embeddings": True,
    "pad_token_id": PAD_ID,
    "bos_token_id": None,
    "eos_token_id": END_ID,
    "resid_pdrop": 0.0,
    "embd_pdrop": 0.0,
    "attn_pdrop": 0.0,
}


def reply_card(**rows: int) -> DataCard:
    """The card of conversations.

    Args:
        rows: of each split.
    """
    given = ChatInput(TOKENIZER.get_vocab_size(), PAD_ID, 64, ends=(END_ID,))
    return DataCard(given, ReplyTarget(TOKENIZER.to_str()), rows or {"train": 32})


def save_causal(folder: Path, kind: str = "llama", **changes: Any) -> str:
    """A folder of a tiny model with random weights."""
    from transformers import AutoConfig, AutoModelForCausalLM

    torch.manual_seed(0)
    config = AutoConfig.for_model(kind, **SIZES | changes)
    AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    return str(folder)


def conversation(prompt: str, answer: str | None) -> tuple[list[int], list[int]]:
    """The ids of a prompt, and those of its answer with the end."""
    text = f"<|im_start|>user\n{prompt}<|im_end|>\n<|im_start|>assistant\n"
    said = [] if answer is None else [*TOKENIZER.encode(answer).ids, END_ID]
    return TOKENIZER.encode(text).ids, said


def reply_batch(rows: Sequence[Row], first: int = 0) -> dict[str, Any]:
    """Conversations as an input collates them.

    Args:
        first: number of the first row.
    """
    both = [conversation(*row) for row in rows]
    longest = max(len(prompt) + len(answer) for prompt, answer in both)
    ids = torch.full((len(rows), longest), PAD_ID)
    learned = torch.zeros(len(rows), longest, dtype=torch.bool)
    mask = torch.zeros(len(rows), longest, dtype=torch.long)
    for place, (prompt, answer) in enumerate(both):
        whole = len(prompt) + len(answer)
        ids[place, :whole] = torch.tensor(prompt + answer)
        learned[place, len(prompt) : whole] = True
        mask[place, :whole] = 1
    return {
        "inputs": {"input_ids": ids, "attention_mask": mask},
        "learned": learned,
        "prompt": torch.tensor([len(prompt) for prompt, _ in both]),
        "row": torch.arange(first, first + len(rows)),
        "target": [answer for _, answer in rows],
    }


def sums(count: int, first: int = 0) -> list[Row]:
    """Rows of unequal lengths, no two alike."""
    return [
        (
            f"{i} plus {i % 7}? " + "好" * (i % 5),
            f"{i} + {i % 7} = #### {i + i % 7}" + "。" * (i % 3),
        )
        for i in range(first, first + count)
    ]
