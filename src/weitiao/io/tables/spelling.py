"""One spelling for each label, group and id, and placeholders for missing ones."""

import re
from unicodedata import normalize

# marks of order and direction, zero-width spaces, soft hyphens, byte order marks, controls
_INVISIBLE = re.compile(
    "[\0-\x08\x0e-\x1b\x7f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]"
)
# these two shape what stands beside them, in emoji and in the scripts of Persian and Hindi
_JOINERS = "\u200c\u200d"


def tidy(name: str) -> str:
    """A name as it is seen: without invisible characters, and composed (Unicode's form NFC)."""
    if name.isascii() and name.isprintable():
        return name.strip()
    seen = normalize("NFC", _INVISIBLE.sub("", name)).strip()
    return seen.strip(_JOINERS).strip()


_WRITTEN_FOR_NONE = r"""
nan -nan <na> na n/a n.a. nat null (null) <null> [null] none (none) <none> nil void undefined
missing blank empty \n - -- --- — – _ ? ?? . ... 1.#ind -1.#ind 1.#qnan -1.#qnan
#n/a #n/a! #na #null! #name? #value! #ref! #div/0! #num! #空值! 缺失 缺失值 空 空值 (空) 空白 暂无
"""
PLACEHOLDERS = frozenset(_WRITTEN_FOR_NONE.split())
"""What programs and people write where there is no value, in small letters of usual width."""


def is_placeholder(name: str) -> bool:
    """Whether a name is what programs and people write where there is no value."""
    return "".join(normalize("NFKC", name).casefold().split()) in PLACEHOLDERS
