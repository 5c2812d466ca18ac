"""A pretrained tokenizer by name or folder."""

from __future__ import annotations

import os
from typing import Any

from tokenizers import Tokenizer

from weitiao.errors import ConfigError
from weitiao.hub import only_local

_VOCABULARIES = (
    *("tokenizer.json", "vocab.txt", "vocab.json"),
    *("tokenizer.model", "spiece.model", "sentencepiece.bpe.model"),
)


def load_tokenizer(name: str, pad_token: str | None) -> tuple[Tokenizer, int, int | None]:
    """The Rust tokenizer of that name or folder, and its ids of padding and of the unknown.

    Args:
        name: name on the model hub, or folder.
        pad_token: token that fills a batch; null = the tokenizer names one.

    Raises:
        ConfigError: it can't be loaded or isn't a fast one; it has no padding token and is given
            none, or has one and is given another, or the one given isn't in its vocabulary.
    """
    instead = "one of characters, wordpiece, words trains a tokenizer on your training split"
    tokenizer = fast_tokenizer(name, "data.encode.tokenizer", instead)
    pad_id = _pad_id(tokenizer, name, pad_token)
    return tokenizer.backend_tokenizer, pad_id, tokenizer.unk_token_id


def fast_tokenizer(name: str, option: str, instead: str) -> Any:
    """The fast tokenizer of `transformers` of that name or folder.

    Args:
        name: name on the model hub, or folder.
        option: names it on the command line.
        instead: what to do where there is none.

    Raises:
        ConfigError: it can't be loaded or isn't a fast one.
    """
    from transformers import AutoTokenizer

    local = only_local(name)
    try:
        tokenizer = AutoTokenizer.from_pretrained(
            name, trust_remote_code=False, local_files_only=local
        )
    except Exception as error:  # a broken tokenizer.json raises Exception itself
        where = "the folder has no tokenizer" if os.path.isdir(name) else "no such folder or name"
        raise ConfigError(
            f"{option}: can't load {name!r} ({where}, or the model hub is away)"
            f"\n  {str(error).splitlines()[0]}"
            f"\n  → {instead}"
        ) from error
    if not tokenizer.is_fast:
        raise ConfigError(f"{option}: {name!r} has no fast (Rust) tokenizer")
    return tokenizer


def has_tokenizer(name: str) -> bool:
    """Whether a model comes with a tokenizer; `transformers` makes one up where it doesn't.

    Args:
        name: name on the model hub, or folder.

    Raises:
        ConfigError: there is no such model.
    """
    from transformers.utils import has_file

    local = only_local(name)
    return any(has_file(name, file, local_files_only=local) for file in _VOCABULARIES)


def _pad_id(tokenizer: Any, name: str, pad_token: str | None) -> int:
    own = tokenizer.pad_token
    if own is not None and pad_token is not None:
        raise ConfigError(f"data.encode.pad_token has no effect: {name!r} is padded with {own!r}")
    if own is not None:
        return tokenizer.pad_token_id
    some = tokenizer.eos_token or tokenizer.unk_token or tokenizer.convert_ids_to_tokens(0)
    if pad_token is None:
        raise ConfigError(
            f"data.encode.tokenizer: {name!r} has no padding token"
            f"\n  → --data.encode.pad_token {some!r}; padding is masked, so any token will do"
        )
    pad_id = tokenizer.backend_tokenizer.token_to_id(pad_token)
    if pad_id is None:
        raise ConfigError(
            f"data.encode.pad_token: {pad_token!r} is not in the vocabulary of {name!r}"
            f"\n  → {some!r} is"
        )
    return pad_id
