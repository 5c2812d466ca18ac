"""What an encoder was trained to find before each text, such as E5's ``query: ``."""

from collections.abc import Sequence

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


def fixed(sequence_ids: Sequence[int | None], count: int) -> list[int | None]:
    """The same with ``None`` for the first ``count`` positions of each text: they are not cut."""
    begins = [sequence_ids.index(text) for text in {0, 1} & {*sequence_ids}]
    places = {begin + i for begin in begins for i in range(count)}
    return [None if i in places else text for i, text in enumerate(sequence_ids)]
