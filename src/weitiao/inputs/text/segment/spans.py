"""Words from character offsets, where a segmenter gives tokens of many texts at once.

The words are slices of the text, never what a tokenizer calls them: CoreNLP writes "(" as "-LRB-",
stanza drops spaces, and both would leave nothing to point back at the text with.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from weitiao.errors import ConfigError

Span = tuple[int, int]
"""Begin and end of a token, in code points."""

# As one line a text can't fall apart, and needs no escapes on its way. One character for one: the
# offsets stay.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_RUNS = re.compile(r"\s+|\S+")


def batches(texts: Iterable[str], characters: int) -> Iterator[list[str]]:
    """The texts in order, as many at once as have that many characters, or a longer one alone."""
    batch: list[str] = []
    room = characters
    for text in texts:
        if batch and len(text) > room:
            yield batch
            batch, room = [], characters
        batch.append(text)
        room -= len(text) + 1
    if batch:
        yield batch


def cut_together(
    texts: Sequence[str], separator: str, tokenize: Callable[[str], Iterable[Span]]
) -> list[list[str]]:
    """The words of each text, from the tokens of all of them joined.

    Args:
        texts: white space around them, and texts of nothing else, aren't shown to `tokenize`.
        separator: stands between texts; no token may reach over it.
        tokenize: tokens of the joined texts, in order. What it leaves out becomes words as well.

    Raises:
        ConfigError: a token reaches from one text into the next.
    """
    lines = [_CONTROL.sub(" ", text).strip() for text in texts]
    joined = separator.join(filter(None, lines))
    tokens = list(tokenize(joined)) if joined else []
    words, start, first = [], 0, 0
    for text, line in zip(texts, lines, strict=True):
        if not line:
            words.append(_RUNS.findall(text))
            continue
        end, last = start + len(line), first
        while last < len(tokens) and tokens[last][0] < end:
            last += 1
        over = [t for t in tokens[first:last] if t[0] < start or t[1] > end]
        if over:
            found = joined[slice(*over[0])]
            raise ConfigError(f": a token from one text into the next: {found!r}", field="method")
        shift = len(text) - len(_CONTROL.sub(" ", text).lstrip()) - start
        words.append(_slices(text, [(b + shift, e + shift) for b, e in tokens[first:last]]))
        start, first = end + len(separator), last
    return words


def _slices(text: str, tokens: list[Span]) -> list[str]:
    """The text in pieces: its tokens, and the runs of white space or else between them."""
    words, done = [], 0
    for begin, end in tokens:
        words += _RUNS.findall(text, done, begin)
        if word := text[max(begin, done) : end]:  # tokens may share characters: "du" as "de le"
            words.append(word)
        done = max(done, end)
    return words + _RUNS.findall(text, done)


def in_code_points(text: str) -> Callable[[int], int]:
    """Turns an offset in UTF-16 code units, as Java counts, into one in code points."""
    if text.isascii() or max(text) <= "\uffff":
        return lambda offset: offset
    place = [i for i, char in enumerate(text) for _ in range(1 + (char > "\uffff"))]
    place.append(len(text))
    return place.__getitem__
