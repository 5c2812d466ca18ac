"""A text file as characters, on which every format of text stands."""

import codecs
import io

from weitiao.io.tables.source import Source
from weitiao.io.tables.unpack import open_bytes

_HEAD = 1 << 20  # characters that are looked at before reading begins


def _mark_undecodable(error: UnicodeError) -> tuple[str, int]:
    """The codec error handler "mark": like surrogateescape, but for every codec and byte.

    No codec takes a newline for part of a faulty character, so the lines stay whole.
    """
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(chr(0xDC00 + b) for b in error.object[error.start : error.end]), error.end


MARK = "weitiao.mark"
"""Error handler of codecs that leaves each undecodable byte as a lone surrogate (U+DC00 + byte)."""
codecs.register_error(MARK, _mark_undecodable)


def open_text(source: Source, newline: str = "", *, by_line: bool = False) -> io.TextIOWrapper:
    r"""The characters of a file; undecodable bytes are marked.

    Args:
        newline: what ends a line, ``\n`` or ``\r``; of ``""`` it makes no difference.
        by_line: whether whole lines will be held in memory.
    """
    data = open_bytes(source.path, by_line=by_line)
    return io.TextIOWrapper(data, source.encoding, MARK, newline=newline)


def head_of(source: Source) -> str:
    """The first characters, without a byte order mark."""
    with open_text(source) as file:
        return file.read(_HEAD).removeprefix("\ufeff")


def without_nuls(source: Source, text: str) -> str:
    """The text without NUL characters, which no text means to hold; they are counted."""
    if "\0" not in text:
        return text
    source.notes.counts["NUL bytes removed"] += text.count("\0")
    return text.replace("\0", "")
