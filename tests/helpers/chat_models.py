"""A tiny causal model with a tokenizer and a chat template, as `transformers` saves one."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

PAD, BEGIN, END = SPECIALS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
CHATML = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
SIZES: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "max_position_embeddings": 512,
    "tie_word_embeddings": True,  # as most small ones
    "initializer_range": 0.1,
}


def chat_tokenizer(texts: Iterable[str], size: int = 400) -> Tokenizer:
    """A byte-level BPE of these texts: nothing is unknown to it, and hanzi may be torn."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=[*SPECIALS],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def write_chat_tokenizer(
    folder: Path, *, texts: Iterable[str], template: str | None = CHATML, **changes: Any
) -> Path:
    """The tokenizer alone.

    Args:
        template: its chat template; null = it has none.
        changes: what else `PreTrainedTokenizerFast` is given.
    """
    from transformers import PreTrainedTokenizerFast

    named = {"pad_token": PAD, "eos_token": END, **changes}
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=chat_tokenizer(texts), **named)
    tokenizer.chat_template = template
    tokenizer.save_pretrained(folder)
    return folder


def write_chat_model(
    folder: Path,
    *,
    texts: Iterable[str],
    kind: str = "llama",
    template: str | None = CHATML,
    **changes: Any,
) -> Path:
    """A folder with the tokenizer, its template, a config, a generation config and random weights.

    Args:
        texts: what the vocabulary is made of.
        kind: its ``model_type``.
        template: its chat template; null = it has none.
        changes: values of its configuration.
    """
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

    write_chat_tokenizer(folder, texts=texts, template=template)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    ids = {"eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id}
    values = {**SIZES, "vocab_size": len(tokenizer), "bos_token_id": None, **ids, **changes}
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(AutoConfig.for_model(kind, **values))
    model.generation_config.update(**ids)
    model.save_pretrained(folder)
    return folder
