"""YAML without surprises: no key given twice, no name taken for a value, no endless aliases."""

import json
from collections.abc import Iterator
from typing import Any

import yaml

NAMES = ("labels", "keep")
"""Keys whose lists hold names: ``[no, yes]`` is no list of truth values, ``[01, 1:30]`` none of
numbers."""

TOKENS = ("pad_token",)
"""Options whose value may look like a list and is a word: ``[UNK]``."""

_STR = "tag:yaml.org,2002:str"
_DEEPEST, _MOST = 100, 100_000  # levels and values; the whole configuration of a run has some 300


def strict(loader: Any) -> Any:
    """A loader that refuses a key given twice, where YAML's own take the last one without a word.

    What stands in a list under one of `NAMES` is taken as it is typed.
    """

    class Strict(loader):
        def get_single_node(self) -> yaml.Node | None:
            node: yaml.Node | None = super().get_single_node()
            for mapping in _mappings(node):
                _check(mapping)
            return node

    return Strict


def names_as_typed(arguments: list[str]) -> list[str]:
    """The command line, with names in quotes, those of a list, too: ``--…labels '["no"]'``."""
    typed, option = list[str](), ""
    for argument in arguments:
        name, equals, value = argument.partition("=")
        if equals and _holds(name, NAMES):
            argument = f"{name}={_quoted(value)}"
        elif equals and _is_word(name, value):
            argument = "=".join(_one_of(name, value))
        elif _holds(option, NAMES):
            argument = _quoted(argument)
        elif _is_word(option, argument):
            typed[-1], argument = _one_of(option, argument)
        typed.append(argument)
        option = "" if equals else argument
    return typed


def _holds(option: str, names: tuple[str, ...]) -> bool:
    return option.startswith("--") and option.rpartition(".")[2] in names


def _is_word(option: str, value: str) -> bool:
    """Whether a value that YAML would read as something else is to be taken as it is typed."""
    token = _holds(option, TOKENS) and value.startswith("[")
    return token or option == "--data.target.separator" or _is_null(option, value)


def _is_null(option: str, value: str) -> bool:
    """Whether it is null of a part's part, which jsonargparse hands on as the word ``None``."""
    return option.count(".") > 2 and value == "null"


def _one_of(option: str, value: str) -> tuple[str, str]:
    """The option's group, and a mapping of it: alone the value would be read as a list."""
    group, _, name = option.rpartition(".")
    given = None if _is_null(option, value) else value
    return group, json.dumps({name: given}, ensure_ascii=False)


def _quoted(value: str) -> str:
    try:
        names = yaml.load(value, yaml.BaseLoader)
    except yaml.YAMLError:  # the parser tells what is wrong with it
        return value
    plain = isinstance(names, list) and all(isinstance(name, str) for name in names)
    return json.dumps(names, ensure_ascii=False) if plain else value


def _mappings(node: yaml.Node | None) -> Iterator[yaml.MappingNode]:
    """All mappings below a node; aliases make it a graph."""
    waiting, seen = [node] if node else [], set()
    while waiting:
        each = waiting.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        if isinstance(each, yaml.MappingNode):
            yield each
            waiting += [part for pair in each.value for part in pair]
        elif isinstance(each, yaml.SequenceNode):
            waiting += each.value


def _check(mapping: yaml.MappingNode) -> None:
    lines: dict[tuple[str, str], int] = {}
    for key, value in mapping.value:
        if not isinstance(key, yaml.ScalarNode):
            continue
        line, name = key.start_mark.line + 1, (key.tag, key.value)
        if name in lines:
            raise yaml.YAMLError(
                f"{key.value!r} stands twice, in line {lines[name]} and in line {line}:"
                " the first would be lost"
            )
        lines[name] = line
        if key.value in NAMES and isinstance(value, yaml.SequenceNode):
            for each in value.value:
                if isinstance(each, yaml.ScalarNode) and not each.style:  # a plain one
                    each.tag = _STR


def refuse_endless(value: Any) -> None:
    """Refuse a value that can't be walked through, or only in hours.

    Args:
        value: lists, dictionaries and scalars, as a YAML loader gives them.

    Raises:
        ValueError: it holds itself, is nested too deeply, or has too many values.
    """
    sizes: dict[int, int] = {}  # of what was unfolded before, so that each part is seen once

    def unfold(part: Any, depth: int) -> int:
        if not isinstance(part, dict | list):
            return 1
        if depth > _DEEPEST:
            raise ValueError(f"a value holds itself, or is nested more than {_DEEPEST} levels deep")
        if id(part) not in sizes:
            members = part.values() if isinstance(part, dict) else part
            sizes[id(part)] = 1 + sum(unfold(member, depth + 1) for member in members)
        return sizes[id(part)]

    if (size := unfold(value, 0)) > _MOST:
        raise ValueError(
            f"with its aliases unfolded it holds more than {_MOST:,} values ({size:,})"
        )
