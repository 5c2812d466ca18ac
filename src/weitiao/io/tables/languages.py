"""Which languages of a file are the columns that are wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def columns_of_languages(
    wanted: Mapping[str, str], languages: Sequence[str], first: str | None
) -> dict[str, str]:
    """What is read as each column, as far as it is clear.

    A column that isn't named is the language that nothing else takes: of several, the text is
    ``first``, and the other one follows it, where there are two.

    Args:
        wanted: role → column; one that is called as its role isn't named.
        languages: of the file, in its order.
        first: the one that is usually read; null = nobody says.
    """
    found = {
        column: name
        for column in wanted.values()
        if (name := language_of(column, languages)) is not None
    }
    open_roles = [role for role, column in wanted.items() if role == column not in found]
    rest = sorted({*languages} - {*found.values()}, key=lambda name: (name != first, name))
    clear = len(rest) == len(open_roles) and (len(rest) == 1 or first in rest)
    if clear or (first in rest and open_roles[:1] == ["text"]):
        found |= zip(open_roles if clear else ["text"], rest, strict=False)
    return found


def language_of(wanted: str, languages: Sequence[str]) -> str | None:
    """The language of this code, or the only one that specifies it: ``zh`` finds ``zh_CN``."""
    code = wanted.lower().replace("_", "-")
    known = {name.lower().replace("_", "-"): name for name in languages}
    if code in known:
        return known[code]
    nearer = [name for each, name in known.items() if code and each.startswith(f"{code}-")]
    return nearer[0] if len(nearer) == 1 else None
