"""From ids to text while it grows: no torn character, and an end at a stop string."""

import re
from collections.abc import Callable, Sequence
from itertools import takewhile
from typing import NamedTuple

from tokenizers import Tokenizer, decoders

TORN = "\ufffd"
"""What stands for bytes that are no character yet, or never will be."""
_NEAR = 16  # ids of a prompt by which is known how the text joins them
_HANZI = r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]"
_BETWEEN_HANZI = re.compile(rf"(?<={_HANZI}) (?={_HANZI})")


class Said(NamedTuple):
    """A text that is done.

    Args:
        torn: whether its last character lacked bytes, and was left out.
        stopped: whether a stop string stood behind it.
    """

    text: str
    torn: bool
    stopped: bool


class Wording:
    """The text that ids become.

    Args:
        before: the ids of the text that is continued, if one is.
        last: the last character of that text.
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        stop: Sequence[str],
        before: Sequence[int] = (),
        last: str = "",
    ) -> None:
        self._tokenizer, self._stop = tokenizer, [*stop]
        self._before, self._last = list(before[-_NEAR:]), last
        # it puts a space between any two tokens
        self._spaced = isinstance(tokenizer.decoder, decoders.WordPiece)
        # a character has up to 4 bytes, each an id; and a little that decoders take away
        self._window = 4 * max(map(len, stop), default=0) + 4

    def raw(self, ids: Sequence[int]) -> str:
        """All of the text, torn or not."""
        read = self._decode([*self._before, *ids])
        known = self._decode(self._before)
        if not read.startswith(known):  # where the two meet, the decoder moved a space
            read, known = self._decode(ids), ""
        text = read[len(known) :]
        if not self._spaced:
            return text
        return _BETWEEN_HANZI.sub("", self._last + text)[len(self._last) :]

    def stops(self, ids: Sequence[int]) -> bool:
        """Whether a stop string stands in the text."""
        if not self._stop:
            return False
        near = self._decode(ids[-self._window :])
        return any(s in near for s in self._stop) and self._place(self.raw(ids)) is not None

    def done(self, ids: Sequence[int]) -> Said:
        """The text at its end."""
        text = self.raw(ids)
        if (place := self._place(text)) is not None:
            return Said(text[:place], False, True)
        whole = text.rstrip(TORN)
        return Said(whole, len(whole) < len(text), False)

    def so_far(self, ids: Sequence[int]) -> str:
        """As much of a growing text as no further id will change."""
        text = self.raw(ids)
        if (place := self._place(text)) is not None:
            return text[:place]
        text = text.rstrip(TORN)
        text = text.rstrip(" ") if self._spaced else text  # one between hanzi goes
        return text[: len(text) - max(_begun(text, stop) for stop in [*self._stop, ""])]

    def _place(self, text: str) -> int | None:
        return min((p for p in map(text.find, self._stop) if p >= 0), default=None)

    def _decode(self, ids: Sequence[int]) -> str:
        return str(self._tokenizer.decode([*ids], skip_special_tokens=True))


def _begun(text: str, stop: str) -> int:
    """How many of the last characters may be the beginning of a stop string."""
    most = min(len(stop) - 1, len(text))
    return next((n for n in range(most, 0, -1) if text.endswith(stop[:n])), 0)


class Stream:
    """Passes a text on while it grows.

    Args:
        write: takes what is new of it.
    """

    def __init__(self, wording: Wording, write: Callable[[str], None]) -> None:
        self._wording, self._write, self._shown = wording, write, ""

    def hear(self, ids: Sequence[int]) -> bool:
        """Pass on what is sure; says whether a stop string ends the text."""
        self._pass(self._wording.so_far(ids))
        return self._wording.stops(ids)

    def end(self, ids: Sequence[int]) -> Said:
        """Pass on the rest."""
        said = self._wording.done(ids)
        if not said.text.startswith(self._shown):  # what a decoder has changed can't be taken back
            pairs = zip(self._shown, said.text, strict=False)
            same = len([*takewhile(lambda pair: pair[0] == pair[1], pairs)])
            self._shown = said.text[:same]
        self._pass(said.text)
        return said

    def _pass(self, text: str) -> None:
        if text.startswith(self._shown) and len(text) > len(self._shown):
            self._write(text[len(self._shown) :])
            self._shown = text
