"""What the parser says of a value of another kind, as a person would put it."""

import re

_WORDS = {"int": "a whole number", "float": "a number", "bool": "true or false", "str": "a text"}
_KIND = r"<class '(?:int|float|bool|str|NoneType)'>|typing\.Literal\[[^\]]*\]"


def refused_value(message: str) -> str | None:
    """The option, what it takes, and the value.

    Args:
        message: as jsonargparse words it, the innermost option's value first.

    Returns:
        null where the option takes other than numbers, texts and names.
    """
    got = re.search(r"(?:Got|Given) value: (.*?)(?:\. Got value: .*)?$", message, re.M)
    told = message[: got.start()] if got else ""
    *keys, kinds = re.split(r'Parser key "([\w.]+)":', told)
    listed = re.search(r"Subtypes: \[(.*)\]$|Expected an? (.+)$", kinds, re.M)
    types = (listed[1] or listed[2]).strip(". ") if listed else ""
    if not got or not types or re.sub(_KIND, "", types).strip(", "):
        return None
    return f"{'.'.join(keys[1::2])} must be {_in_words(types)}, got {got[1]}"


def _in_words(types: str) -> str:
    names = [name for kind in re.findall(r"Literal\[(.*?)\]", types) for name in kind.split(", ")]
    choices = dict.fromkeys(name.strip("'") for name in names)
    words = [_WORDS[kind] for kind in re.findall(r"class '(\w+)'", types) if kind in _WORDS]
    if "a number" in words:
        words = [word for word in words if word != _WORDS["int"]]
    words += [f"one of {', '.join(choices)}"] if choices else []
    return " or ".join([*words, *(["null"] if "NoneType" in types else [])])
