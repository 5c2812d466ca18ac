"""The cleaning steps that rewrite texts, applied until nothing changes any more.

An exported model takes this module with it, as it stands.
"""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Literal

from weitiao.inputs.text.patterns import (
    AT,
    EMAIL,
    EMOJI_HINT,
    EMOJI_RUN,
    HANZI,
    HASH,
    INVISIBLE,
    INVISIBLE_HINT,
    MENTION,
    PHONE,
    PHONE_HINT,
    SIGNS,
    TOPIC,
    URL,
    URL_HINT,
    WIDE,
    halve,
    repeats,
    replace,
    strip_html,
)

Rewrite = Callable[[str], str]

MASKED = {
    "url": (URL_HINT, URL),
    "email": (AT, EMAIL),
    "phone": (PHONE_HINT, PHONE),
    "mention": (AT, MENTION),
    "topic": (HASH, TOPIC),
}
"""Steps that put something in the place of what they are named for."""
# Real text settles in two or three; the bound keeps a text made to be nested for ever linear.
_MAX_ROUNDS = 50


@dataclass(frozen=True)
class Rewriting:
    """What the options of `Cleaner` that rewrite say.

    Args:
        steps: what to do, in this order; those that drop texts are passed over.
    """

    steps: Sequence[str]
    unicode_form: Literal["NFC", "NFKC"]
    replacement: str
    emoji: str
    max_repeats: int

    def __call__(self, texts: Sequence[str]) -> tuple[list[str], dict[str, int]]:
        """The rewritten texts, and for each step the number of texts it changed."""
        settled = list(texts)
        named = ((step, self._rewrite_of(step)) for step in self.steps)
        rewrites = {step: rewrite for step, rewrite in named if rewrite is not None}
        changed: dict[str, set[int]] = {step: set() for step in rewrites}
        rows: Sequence[int] = range(len(settled))
        for _ in range(_MAX_ROUNDS):
            moved = set()
            for step, rewrite in rewrites.items():
                before = [settled[row] for row in rows]
                for row, old, new in zip(rows, before, map(rewrite, before), strict=True):
                    if new != old:
                        settled[row] = new
                        changed[step].add(row)
                        moved.add(row)
            if not moved:
                break
            rows = sorted(moved)
        return settled, {step: len(rows) for step, rows in changed.items()}

    def _rewrite_of(self, step: str) -> Rewrite | None:
        if step in MASKED:
            by = f"<{step}>" if self.replacement == "token" else " "
            return replace(*MASKED[step], by)
        match step:
            case "mojibake":
                return _load_ftfy()
            case "html":
                return strip_html
            case "control":
                return replace(INVISIBLE_HINT, INVISIBLE, "")
            case "unicode":
                return partial(unicodedata.normalize, self.unicode_form)
            case "width":
                return partial(WIDE.sub, halve)
            case "simplified":
                return _load_opencc()
            case "emoji":
                return _load_emoji(self.emoji)
            case "repeats":
                return partial(repeats(self.max_repeats).sub, r"\1" * self.max_repeats)
            case "whitespace":
                return lambda text: " ".join(text.split())
        return None


@cache
def _load_ftfy() -> Rewrite:
    import ftfy

    # Not fix_text, which also straightens quotes and folds full-width characters.
    return lambda text: text if text.isascii() else ftfy.fix_encoding(text)


@cache
def _load_opencc() -> Rewrite:
    import opencc

    convert: Rewrite = opencc.OpenCC("t2s").convert
    return convert


@cache
def _load_emoji(mode: str) -> Rewrite:
    import emoji

    emoji.config.load_language("zh")

    def replace(language: str, chars: str, data: dict[str, str]) -> str:
        if chars in SIGNS:
            return chars
        return " " if mode == "drop" else f"[{data[language].strip(':')}]"

    def rewrite(text: str) -> str:
        if EMOJI_HINT.search(text) is None:
            return text
        by = partial(replace, "zh" if HANZI.search(text) else "en")
        return EMOJI_RUN.sub(lambda run: emoji.replace_emoji(run[0], by), text)

    return rewrite
