"""The prefix that an encoder expects before each text, such as E5's ``query: ``."""

from tokenizers import Tokenizer

from weitiao.errors import ConfigError


def prefix_length(prefix: str, backend: Tokenizer, unk_id: int | None) -> int:
    """How many ids stand before those of each text.

    Raises:
        ConfigError: the vocabulary lacks a part of the prefix.
    """
    ids = backend.encode(prefix.rstrip(), add_special_tokens=False).ids  # a space joins the text
    if unk_id in ids:
        raise ConfigError(
            f": the tokenizer doesn't know {prefix!r}",
            field="prefix",
            hint="the prefix that the model was trained with, or none",
        )
    return len(ids)
