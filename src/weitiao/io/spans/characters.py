"""Tokens in a text: their places, how they are joined, what is seen as one character."""

import re
from collections.abc import Sequence
from unicodedata import category

# hanzi, kana, their punctuation and full-width forms, beside which no space is written
_CLOSE = re.compile(
    "[\u2e80-\u2fdf\u3000-\u30ff\u3100-\u312f\u31a0-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\ufe10-\ufe1f\ufe30-\ufe4f\uff00-\uff9f\uffe0-\uffef\U00020000-\U0003ffff]"
)
# What belongs to the character before it: joiners, skin tones, tags of flags, jamo within a
# syllable; and all marks (categories M), variation selectors among them.
_JOINS = re.compile("[\u200c\u200d\u1160-\u11ff\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")
_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]")  # half of one
_PICTURES = ("So", "Sm")
_JOINER = "\u200d"


def joined(tokens: Sequence[str]) -> tuple[str, list[int]]:
    """The text that tokens make, and where each begins in it.

    A space stands between two tokens, unless one of the two characters that meet is a hanzi, a
    kana, their punctuation, or white space; and unless each token is one character and one of them
    such a one: then they are those of a Chinese or Japanese text, digits and letters among them.

    Args:
        tokens: none is empty.
    """
    apart = not (all(map(_is_one, tokens)) and any(map(_CLOSE.match, tokens)))
    parts: list[str] = []
    starts, length, last = [], 0, " "
    for token in tokens:
        if apart and not (_is_close(last) or _is_close(token[0])):
            parts.append(" ")
            length += 1
        starts.append(length)
        parts.append(token)
        length += len(token)
        last = token[-1]
    return "".join(parts), starts


def _is_one(token: str) -> bool:
    return len(token) == 1 or all(splits_cluster(token, at) for at in range(1, len(token)))


def _is_close(character: str) -> bool:
    return character.isspace() or _CLOSE.match(character) is not None


def located(tokens: Sequence[str], text: str) -> list[int]:
    """Where each token begins in a text that consists of them and white space.

    Raises:
        ValueError: it doesn't; says where.
    """
    starts, at = [], 0
    for number, token in enumerate(tokens, 1):
        while not text.startswith(token, at):
            if not text[at : at + 1].isspace():
                there = repr(text[at : at + 20]) if at < len(text) else "nothing more"
                raise ValueError(f"token {number}, {token!r}, should follow in the text: {there}")
            at += 1
        starts.append(at)
        at += len(token)
    if rest := text[at:].strip():
        raise ValueError(f"the text goes on behind the last token: {rest[:20]!r}")
    return starts


def splits_cluster(text: str, at: int) -> bool:
    """Whether a place lies inside what is seen as one character.

    That is a letter with its marks, an emoji with its modifiers, or several that are joined, a
    flag, a syllable of jamo: a grapheme cluster of UAX #29, as far as texts hold them.

    Args:
        at: number of code points before the place.
    """
    if not 0 < at < len(text) or text[at].isascii():
        return False
    before, behind = text[at - 1], text[at]
    if before.isspace():
        return False
    if category(behind)[0] == "M" or _JOINS.match(behind):
        return True
    if before == _JOINER:
        return category(behind) in _PICTURES
    halves = at
    while halves and _FLAG.match(text, halves - 1):
        halves -= 1
    return _FLAG.match(behind) is not None and (at - halves) % 2 == 1


def from_utf16(text: str, offset: int) -> int | None:
    """The number of code points before an offset in UTF-16 units; null = inside a surrogate pair
    or past the end."""
    units = text.encode("utf-16-le", "surrogatepass")
    if not 0 <= 2 * offset <= len(units):
        return None
    try:
        return len(units[: 2 * offset].decode("utf-16-le"))
    except UnicodeDecodeError:
        return None
