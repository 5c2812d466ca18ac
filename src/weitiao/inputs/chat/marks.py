"""What looks like a special token in a message is encoded as plain text.

A template writes special tokens as text, so a message could end its own turn, or begin another.
A mark is put into what looks like one before the template sees the message; the tokenizer finds no
special token there, and its normalizer, which works after they are found, takes the mark out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from tokenizers import Tokenizer, normalizers

from weitiao.inputs.text.special_tokens import read_as_text

MARK = "\ufdd0"  # no character, by Unicode's word: no text may hold it


def special_names(backend: Tokenizer) -> dict[str, int]:
    """The special tokens of a tokenizer → their ids."""
    added = backend.get_added_tokens_decoder()
    return {token.content: index for index, token in added.items() if token.special}


def one_of(names: Sequence[str]) -> re.Pattern[str]:
    """Finds each of these; of two at one place the longer one."""
    longest_first = sorted(names, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first)) or "(?!)")  # (?!): nothing


class Marks:
    """Marks special tokens in messages.

    Args:
        names: of the special tokens.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._found = one_of([name for name in names if len(name) > 1])

    def __call__(self, content: str) -> str:
        """The content with a mark in each of them."""
        return self._found.sub(lambda found: f"{found[0][0]}{MARK}{found[0][1:]}", content)


def reading_marks(backend: Tokenizer) -> Tokenizer:
    """A copy of a tokenizer that reads what is marked as text, and all else as before."""
    copied = read_as_text(Tokenizer.from_str(backend.to_str()))  # also what stands in a vocabulary
    copied.encode_special_tokens = False
    without = normalizers.Replace(MARK, "")
    before = [] if copied.normalizer is None else [copied.normalizer]
    copied.normalizer = normalizers.Sequence([without, *before])
    return copied
