"""Errors of jsonargparse about a value of the wrong type, in plain words."""

import re

_WORDS = {"int": "a whole number", "float": "a number", "bool": "true or false", "str": "a text"}
_KIND = r"<class '(?:int|float|bool|str|NoneType)'>|typing\.Literal\[[^\]]*\]"
_MAPPING = r"dict\[str, (int|float|bool|str|typing\.Literal\[[^\]]*\])\]"


def refused_value(message: str) -> tuple[str, str | None] | None:
    """The option, what it takes, and the value; and a way out, where a form is to be known.

    Args:
        message: as jsonargparse words it, the innermost option's value first.

    Returns:
        null where the option takes other than numbers, texts, names and mappings to such.
    """
    if mapping := re.search(rf"Subtypes: \[{_MAPPING}(, <class 'NoneType'>)?\]$", message, re.M):
        return _refused_mapping(message, mapping)
    got = re.search(r"(?:Got|Given) value: (.*?)(?:\. Got value: .*)?$", message, re.M)
    told = message[: got.start()] if got else ""
    keys, kinds = _keys_in(told)
    listed = re.search(r"Subtypes: \[(.*)\]$|Expected an? (.+)$", kinds, re.M)
    types = (listed[1] or listed[2]).strip(". ") if listed else ""
    if not got or not types or re.sub(_KIND, "", types).strip(", "):
        return None
    return f"{keys} must be {_in_words(types)}, got {got[1]}", None


def _refused_mapping(message: str, mapping: re.Match[str]) -> tuple[str, str | None]:
    kind = mapping[1] if "Literal" in mapping[1] else f"class '{mapping[1]}'"
    key, _ = _keys_in(message[: mapping.start()])
    words, null = _in_words(kind), ", or be null" if mapping[2] else ""
    first = words.removeprefix("one of ").partition(",")[0] if "Literal" in kind else "VALUE"
    got = message.rpartition("Given value: ")[2]
    return f"{key} must map each name to {words}{null}; got {got}", f"--{key} '{{NAME: {first}}}'"


def _keys_in(told: str) -> tuple[str, str]:
    """The option that a message names, and what stands behind its name."""
    *keys, rest = re.split(r'Parser key "([\w.]+)":', told)
    return ".".join(keys[1::2]), rest


def _in_words(types: str) -> str:
    names = [name for kind in re.findall(r"Literal\[(.*?)\]", types) for name in kind.split(", ")]
    choices = dict.fromkeys(name.strip("'") for name in names)
    words = [_WORDS[kind] for kind in re.findall(r"class '(\w+)'", types) if kind in _WORDS]
    if "a number" in words:
        words = [word for word in words if word != _WORDS["int"]]
    words += [f"one of {', '.join(choices)}"] if choices else []
    return " or ".join([*words, *(["null"] if "NoneType" in types else [])])
