"""Errors of jsonargparse about a wrong command line, in plain words and with the way out."""

import difflib
import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from pydoc import locate
from typing import Any, get_args, get_type_hints

from weitiao.config.hints import ELSEWHERE
from weitiao.config.own_code import how_to_allow
from weitiao.config.refused_values import refused_value

_Explained = tuple[str, str | None]
_Row = tuple[str, Callable[[re.Match[str], Mapping[str, str]], _Explained | None]]

GROUP = "is a group of options"
"""Stands after the key of a group that was given a value."""
_KEY = r'Parser key "([\w.]+)"'
_IN = rf"{_KEY}.*?"  # the outermost key, which is group 1 of what follows
_DEEP, _PATH = r"(?P<group>\w+)\.(?P<option>\w+)[\w.]*", r"(?P<path>[\w.]+)"
_PRETRAINED = "--model.backbone Pretrained --model.backbone.name"


def explained(message: str, names: Mapping[str, str] = ELSEWHERE) -> tuple[str, str | None]:
    """A message of jsonargparse as a person would put it, and the way out.

    Args:
        message: as jsonargparse words it.
        names: what is tried in place of an option, with the option that is meant.

    Returns:
        the message as it was and no way out, where there is nothing to add.
    """
    for pattern, explain in _ROWS:
        found = re.search(pattern, message, re.DOTALL)
        if found and (said := explain(found, names)):
            return said
    return message, None


def _whole_key(found: re.Match[str]) -> str:
    """The keys of all parts that the message names up to what was found, outermost first."""
    return ".".join(re.findall(_KEY, found.string[: found.end()]))


def _null(found: re.Match[str], names: Mapping[str, str]) -> _Explained:
    return f"{_whole_key(found)} needs a value, not null", None


def _foreign(found: re.Match[str], names: Mapping[str, str]) -> _Explained:
    problem = f"{found[1]}: {found[2]} is no code of weitiao, and runs if you allow it only"
    return problem, how_to_allow(found[2])


def _no_checkpoint(found: re.Match[str], names: Mapping[str, str]) -> _Explained:
    return "--ckpt_path is missing", "--ckpt_path logs/latest"


def _null_in_a_list(found: re.Match[str], names: Mapping[str, str]) -> _Explained:
    key = _whole_key(found)
    return f"{key} is a list: {key}.{found[2]} takes no null", f"leave it out, or --{key} '[…]'"


def _of_another_kind(found: re.Match[str], names: Mapping[str, str]) -> _Explained | None:
    return refused_value(found.string)


def _beside_class_path(found: re.Match[str], names: Mapping[str, str]) -> _Explained:
    return f"{found[1]}: options stand beside class_path", "they belong under init_args"


def _surplus(found: re.Match[str], names: Mapping[str, str]) -> _Explained:
    return _of_another_class(found[1], option=found[2], path=found[3])


def _below_an_option(found: re.Match[str], names: Mapping[str, str]) -> _Explained | None:
    """Of a group that the class has, something that the group lacks."""
    group, option = found["group"], found["option"]
    kind: Any = locate(found["path"])
    wanted = get_type_hints(kind.__init__).get(group)
    own = next(filter(is_dataclass, get_args(wanted) or [wanted]), None)
    if own is None:
        return None
    its = [field.name for field in fields(own)]
    near = difflib.get_close_matches(option, its, n=1)
    key = f"{found[1]}.{group}"
    problem = f"{key}.{option}: there is no such option; {group} has {', '.join(its)}"
    return problem, f"did you mean --{key}.{near[0]}?" if near else None


def _in_group(found: re.Match[str], names: Mapping[str, str]) -> _Explained:
    kind = found[4].rpartition(".")[2]
    return f"{found[1]}.{found[2]}: that of {kind} has no option {found[3]}", None


def _inside(found: re.Match[str], names: Mapping[str, str]) -> _Explained:
    return _of_another_class(found[1], option=found[3], path=found[2])


def _missing(found: re.Match[str], names: Mapping[str, str]) -> _Explained:
    what = f"module {found[2]}" if found[3] is None else f"{found[3]} in {found[2]}"
    return f"{found[1]}: there is no {what}", "install it, or mend the name"


def _no_backbone(found: re.Match[str], names: Mapping[str, str]) -> _Explained:
    way_out = f"a model by name or folder: {_PRETRAINED} {found[1]}"
    return f"model.backbone: {found[1]} is no class", way_out


def _no_class(found: re.Match[str], names: Mapping[str, str]) -> _Explained:
    return f"{_whole_key(found)}: {found[2]} is no class", None


def _file_of_rows(found: re.Match[str], names: Mapping[str, str]) -> _Explained:
    takes = names.get("file", "data.train")
    return f"data: {found[1]} is no YAML of options", f"a file of rows: --{takes} {found[1]}"


def _group(found: re.Match[str], names: Mapping[str, str]) -> _Explained:
    if found[2] == "null":
        return _null(found, names)
    return f"{_whole_key(found)} {GROUP}: {found[2]} is none", None


def _nested(found: re.Match[str], names: Mapping[str, str]) -> _Explained:
    return f"{found[1]}.{found[2]}: {found[3]}", None


def _no_list_of_labels(found: re.Match[str], names: Mapping[str, str]) -> _Explained:
    return "data.target.labels is a list of names", "--data.target.labels '[bad, good, \"so, so\"]'"


_ROWS: tuple[_Row, ...] = (
    (_IN + r"(?:Expected|Not a valid)[^\n]+Got value: None\b", _null),
    (_IN + r"Given value: None\Z", _null),
    (_IN + r"Importing '([\w.]+)' is not allowed", _foreign),
    (r'Parser key "ckpt_path".*not NoneType\Z', _no_checkpoint),
    (_IN + r"Not of type \w+: [^\n]+not NoneType\Z", _null),
    (_IN + r"Expected a <class 'list'>\. Got value: \{'(\w+)': 'None'", _null_in_a_list),
    (_IN + r"(?:Got|Given) value: ", _of_another_kind),
    (_IN + rf"nrecognized arguments: --{_DEEP}.*class_path='{_PATH}'", _below_an_option),
    (_IN + rf"given class_path '{_PATH}':\s+unrecognized arguments: --{_DEEP}", _below_an_option),
    (_IN + rf"Option '{_DEEP}' is not acc.*class_path='{_PATH}'", _below_an_option),
    (_IN + r"nrecognized arguments: --(\w+).*class_path='([\w.]+)'", _surplus),
    (_IN + r"Option 'class_path[\w.]*' is not acc.*class_path='[\w.]+'", _beside_class_path),
    (_IN + r"Option '(\w+)[\w.]*' is not acc.*class_path='([\w.]+)'", _surplus),
    (_IN + r"(?:No module named|module) '([\w.]+)'(?: has no attribute '(\w+)')?", _missing),
    (_IN + r"Group '(\w+)' does not accept option '(\w+)'.*class_path='([\w.]+)'", _in_group),
    (_IN + r"class_path '([\w.]+)':\s+Option '(\w+)' is not accepted", _inside),
    (r'\AParser key "model\.backbone":(?:(?!Parser).)*dot import path string: (\S+)', _no_backbone),
    (r'Parser key "model": Unable to load config "(.+?)"', _no_backbone),
    (_IN + r"dot import path string: (\S+)", _no_class),
    (r'Parser key "data": Unable to load config "(.+?)"', _file_of_rows),
    (_IN + r"(?=Unable to load config '(.+)'\n\s+- Parser key)", _group),
    (_IN + rf"callable class: {_KEY}:\s+(.+?)\.? Got value: Name", _nested),
    (r'Parser key "data\.target".*"labels":', _no_list_of_labels),
)
"""A pattern, and what is said where a message has it; the first one that has something to say."""


def _of_another_class(key: str, *, option: str, path: str) -> _Explained:
    kind = locate(path)
    assert isinstance(kind, type)
    its = ", ".join(_options(kind))
    problem = f"{key}.{option}: {kind.__name__} has no such option; it has {its or 'none'}"
    bases = [b for b in kind.__mro__[1:] if b.__module__.startswith("weitiao.")]
    having = [x for b in bases[-1:] for x in _below(b) if option in _options(x)]
    names = sorted(other.__name__ for other in having)
    if names:
        return problem, f"an option of {', '.join(names)}: --{key} {names[0]}"
    near = difflib.get_close_matches(option, _options(kind), n=1)
    return problem, f"did you mean --{key}.{near[0]}?" if near else None


def _options(kind: type) -> list[str]:
    return [name for name in inspect.signature(kind).parameters if name not in ("card", "backbone")]


def _below(kind: type) -> Iterator[type]:
    sub: type
    for sub in kind.__subclasses__():
        yield sub
        yield from _below(sub)
