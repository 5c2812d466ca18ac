"""Which text encoding is a file in?

A byte order mark decides, then strict UTF-8, then a score among the legacy encodings in which
Chinese and western texts come. A general detector chooses among some ninety encodings and is at
sea where a mostly English file holds a few foreign bytes (measured in
``tests/io/tables/test_encoding.py``); four candidates and one question, "does this read as common
characters?", do better.
"""

import codecs
import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from weitiao.errors import ConfigError, DataError
from weitiao.io.tables.cells import undecodable
from weitiao.io.tables.unpack import open_bytes, packed_as

ANOTHER = "the file mixes encodings, or is in another one: {--encoding} NAME"
"""The way out where bytes aren't text in the encoding of their file."""
_BOMS = {  # the longer first: the mark of UTF-32-LE begins with that of UTF-16-LE
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_WIDE = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
_CHUNK = 1 << 20
_BOUND = 64 << 20  # bytes of a file that are looked at
_SAMPLE = 1 << 20  # bytes of lines with foreign characters that are scored
_IN_WORD = re.compile(rb"(?<=[a-z])[\x80-\xff](?=[a-z])|(?<![\x80-\xff])[\x80-\xff](?=[a-z]{2})")
_AT_LETTER = re.compile(rb"[A-Za-z][\x80-\xff]|[\x80-\xff][A-Za-z]")
# Least score, and least lead over the runner-up: the right candidate scores above 0.95 unless the
# file mixes encodings, GB18030 read as Big5 about 0.5 and the other way round 0.3.
_SURE, _MARGIN = 0.6, 0.1
_BINARY = {  # first bytes → the way out
    b"PAR1": "it is Parquet: {--format} parquet",
    b"ARROW1": "it is Arrow: {--format} arrow",
    b"\xd0\xcf\x11\xe0": "it is a workbook of Excel before 2007: save it as .xlsx",
    b"SQLite format 3": "it is a SQLite database, which is read by a query: see docs/data.md",
}
_CONTROLS = bytes({*range(0x20), 0x7F} - {*b"\t\n\v\f\r\x1b\x01"})  # \x01 separates cells in Hive
# NULs and other controls that a text may hold: this share of it, or if it is short so many
_RARE, _FEW, _OFTEN = 0.02, 2, 0.1


def resolve(path: Path, encoding: str = "auto") -> str:
    """The Python codec in which `path` is to be read.

    Args:
        path: a text file, plain or compressed.
        encoding: "auto" to find it out, or the name of a codec, which is used as named.

    Raises:
        ConfigError: no codec has this name.
        DataError: the file is binary, its encoding can't be told, or it says itself that it is in
            UTF-16 or UTF-32 where another one is named.
    """
    if encoding == "auto":
        return detect(path)
    try:
        codec = codecs.lookup(encoding).name
        bytes(4).decode(codec, "ignore")
    except LookupError as error:  # unknown, or one from bytes to bytes such as base64
        raise ConfigError(
            f": Python knows no text encoding {encoding!r}",
            field="encoding",
            hint="examples: utf-8, gb18030, big5, utf-16, cp1252; or auto",
        ) from error
    if not codec.startswith(("utf-16", "utf-32")):
        with open_bytes(path) as file:
            head = file.read(_CHUNK)
        if (marked := _marked(head)) in ("utf-16", "utf-32"):
            raise DataError(
                f"this is a file in {marked.upper()}, as its first bytes say, not in {encoding}",
                file=path,
                hint="{--encoding} auto",
            )
        if _is_binary(head):
            raise _binary(path)
    return encoding


def detect(path: Path) -> str:
    """Find the encoding of a text file from at most its first 64 MiB.

    Returns:
        A Python codec name: ``utf-8``, ``utf-8-sig``, ``utf-16``, ``utf-16-le``, ``utf-16-be``,
        ``utf-32`` (or ``-le``, ``-be``), ``gb18030`` (it includes GBK and GB2312), ``big5``
        (or ``cp950``, ``big5hkscs``, where it takes their extensions) or ``cp1252`` (it
        includes what is printable of latin-1).

    Raises:
        DataError: the file is binary, or no candidate is well ahead of the others.
    """
    with open_bytes(path) as file:
        if marked := _marked(file.peek(4)):
            return marked
        decoder = codecs.getincrementaldecoder("utf-8")()
        strict, seen = True, 0
        while seen < _BOUND and (chunk := file.read(_CHUNK)):
            if _is_binary(chunk):
                return _wide(path)
            seen += len(chunk)
            if strict:
                try:
                    decoder.decode(chunk, final=len(chunk) < _CHUNK)
                except UnicodeDecodeError:
                    strict = False
    return "utf-8" if strict else _legacy(path)


def detect_words(path: Path) -> str:
    """As `detect`, for a file of a few words, which may be well-formed UTF-8 by chance.

    女装 in GB18030 is Ůװ in UTF-8. So it is GB18030 where that reads as common hanzi, and UTF-8 as
    mostly uncommon letters of several scripts.
    """
    codec = detect(path)
    sample = _foreign_lines(path) if codec == "utf-8" else b""
    foreign = _foreign(sample.decode("utf-8", "replace"))
    scripts = {unicodedata.name(char, "").partition(" ")[0] for char in foreign if char.isalpha()}
    if len(scripts) < 2 or _common_share(foreign) >= _SURE or _AT_LETTER.search(sample):
        return codec
    return "gb18030" if score(sample)["gb18030"] > 1 - _MARGIN else codec


def _marked(head: bytes) -> str | None:
    """The codec that a byte order mark tells."""
    return next((name for mark, name in _BOMS.items() if head.startswith(mark)), None)


def _wide(path: Path) -> str:
    """UTF-16 or UTF-32 without a mark: the reading that gives text; binary if none does."""
    with open_bytes(path) as file:
        sample = file.read(_CHUNK)
    scores = {name: _common_share(sample.decode(name, "replace")) for name in _WIDE}
    best = max(scores, key=lambda name: scores[name])
    if scores[best] < _SURE:
        raise _binary(path)
    return best


def _legacy(path: Path) -> str:
    scores = score(_foreign_lines(path))
    best, second = sorted(scores, key=lambda name: scores[name], reverse=True)[:2]
    if scores[best] < _SURE or scores[best] - scores[second] < _MARGIN:
        ranking = ", ".join(f"{name} {scores[name]:.2f}" for name in scores)
        raise DataError(
            f"the encoding can't be told (share of characters that make sense: {ranking})",
            file=path,
            hint=f"name it: {{--encoding}} {best} (or {second}); if the file mixes encodings, "
            "the rows of the other one are bad rows",
        )
    return best


def _foreign_lines(path: Path) -> bytes:
    """The first MiB of those lines that aren't plain ASCII: only they tell encodings apart."""
    lines: list[bytes] = []
    size = seen = 0
    with open_bytes(path) as file:
        while size < _SAMPLE and seen < _BOUND and (line := file.readline(_CHUNK)):
            seen += len(line)
            if not line.isascii():
                lines.append(line)
                size += len(line)
    return b"".join(lines)


def score(sample: bytes) -> dict[str, float]:
    """How well bytes read as text under each candidate, up to 1.

    UTF-8: the share of foreign characters that are well-formed. GB18030 and Big5: the share
    that are common Chinese characters, less those that end in the middle of a western word
    (``entrée``, whose ``ée`` is a hanzi to both). Western: the share of foreign bytes that
    stand alone between ASCII ones, as accents and typographic marks do.
    """
    utf8 = _foreign(sample.decode("utf-8", "replace"))
    runs = re.findall(rb"[\x80-\xff]+", sample)
    scores = {
        "utf-8": 1 - utf8.count("\ufffd") / len(utf8),
        "cp1252": sum(len(run) == 1 for run in runs) / sum(map(len, runs)),
    }
    in_words = len(_IN_WORD.findall(sample))
    for name in ("gb18030", _big5_variant(sample)):
        foreign = _foreign(sample.decode(name, "replace"))
        scores[name] = _common_share(foreign) - in_words / len(foreign)
    return scores


def is_really_utf8(text: str, codec: str) -> bool:
    """Whether text that a legacy codec decoded without complaint is a row of UTF-8 after all.

    So 你好 turns up as 浣犲ソ in a GBK file to which UTF-8 rows were appended. Of 514,636 distinct
    words, titles and reviews none in GBK is mistaken, and 2 % of those of UTF-8 are missed.
    """
    if text.isascii():
        return False
    try:
        other = text.encode(codec).decode("utf-8")
    except UnicodeError:
        return False
    # A hanzi of two bytes may look like one western character: "脳" like "×". That proves nothing.
    telling = len(other) < len(text) or max(other) >= "\u0800"
    return telling and _common_share(_foreign(other)) > _common_share(_foreign(text))


def garbled(values: Sequence[Any], places: Iterable[int], encoding: str) -> dict[int, str]:
    """By place, the cells that stand in another encoding than their file, and what is wrong.

    Args:
        places: of those that may hold bytes that the encoding can't decode.
        encoding: of the file; empty where its format says so itself.
    """
    found = {i: f"these bytes are not {encoding}" for i in places if undecodable(values[i])}
    if encoding and not encoding.lower().startswith("utf"):
        for i, value in enumerate(values):
            if isinstance(value, str) and is_really_utf8(value, encoding):
                found[i] = f"these bytes are UTF-8, not {encoding}"
    return found


def _foreign(text: str) -> str:
    return "".join(c for c in text if c > "\x7f")


def _big5_variant(sample: bytes) -> str:
    """Big5, Microsoft's or Hong Kong's: the first that reads most. They differ in symbols."""
    return min(
        ("big5", "cp950", "big5hkscs"),
        key=lambda name: sample.decode(name, "replace").count("\ufffd"),
    )


def _common_share(text: str) -> float:
    common = _common_characters()
    return sum(c in common for c in text) / max(1, len(text))


@cache
def _common_characters() -> frozenset[str]:
    """ASCII, Chinese punctuation, full-width forms, pinyin vowels, and the common hanzi.

    Common are the first levels of GB 2312 (3,755 simplified, B0A1–D7F9) and of Big5 (5,401
    traditional, A440–C67E): both standards put the frequent characters there.
    """
    simplified = bytes(b for row in range(0xB0, 0xD8) for c in range(0xA1, 0xFF) for b in (row, c))
    trails = [*range(0x40, 0x7F), *range(0xA1, 0xFF)]
    traditional = bytes(b for row in range(0xA4, 0xC7) for c in trails for b in (row, c))
    end = traditional.index(b"\xc6\x7e") + 2
    marks = "“”‘’—…·×℃　、。〈〉《》「」『』【】〔〕～" + "".join(map(chr, range(0xFF01, 0xFF5F)))
    pinyin = bytes(b for c in range(0xA1, 0xBB) for b in (0xA8, c)).decode("gb2312")
    ascii_text = "\t\n\r" + "".join(map(chr, range(0x20, 0x7F)))
    hanzi = simplified.decode("gb2312", "ignore") + traditional[:end].decode("big5", "ignore")
    return frozenset(hanzi + marks + pinyin + ascii_text)


def _is_binary(sample: bytes) -> bool:
    """Whether bytes are no text, or text of more than a byte for each ASCII character.

    A few NUL bytes stand in many a text that a program or a disk has damaged. Of UTF-16 each
    separator and line end has one, of packed and of compiled data every tenth byte is a control.
    """
    if b"\0" not in sample:
        return False
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    return controls > max(_RARE * len(sample), min(_FEW, _OFTEN * len(sample)))


def _binary(path: Path) -> DataError:
    """The error that tells a binary file, and the way out."""
    with open_bytes(path) as file:
        head = file.peek(16)[:16]
    hint = next(
        (hint for first, hint in _BINARY.items() if head.startswith(first)),
        "give a text file, or name what it is: {--format} parquet or arrow",
    )
    if packed := packed_as(head):
        hint = f"it is packed: let its name end in {packed}"
    problem = "this is a binary file (it holds NUL bytes and is not UTF-16 or UTF-32)"
    return DataError(problem, file=path, hint=hint)
