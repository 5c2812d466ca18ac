"""Writes docs/options.md and what ``--help=all`` shows, taken from the parsers themselves."""

from __future__ import annotations

import dataclasses
import inspect
import json
import os
import sys
import types
import typing
import warnings
from argparse import SUPPRESS, Action
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

from jsonargparse import ArgumentParser, Namespace, capture_parser

from weitiao.cli.help import ALL, SAME
from weitiao.cli.main import VERBS
from weitiao.comparison.cli import compare_parser
from weitiao.comparison.gain import gain_parser
from weitiao.config.own_code import Permission
from weitiao.config.private_interfaces import options_of
from weitiao.downloads.chat_model import run_chat_model
from weitiao.downloads.corpus import run_corpus
from weitiao.downloads.encoder import run_encoder
from weitiao.embedding.cli import embed_parser
from weitiao.evaluation.predict import run_predict
from weitiao.evaluation.testing import run_test
from weitiao.export.cli import export_parser
from weitiao.generation.cli import generate_parser
from weitiao.inputs import Input
from weitiao.models.backbones.base import Backbone
from weitiao.objectives.base import Objective
from weitiao.pretraining.cli import run_pretrain
from weitiao.pretraining.networks import LanguageNetwork
from weitiao.retrieval.cli import retrieve_parser
from weitiao.serving.cli import serve_parser
from weitiao.targets import Target
from weitiao.training.fit import fit
from weitiao.tuning.cli import tune_parser

WIDTH = "80"  # of what `--help=all` shows, in characters
FILE = Path(__file__).with_name("options.md")
FACTORIES = (Backbone, Objective, LanguageNetwork)
LATE = {"card", "backbone"}  # what such a class gets from the run, and no option
CHOSEN = (Input, Target)
HEAD = """\
# All options

Written by `make docs` from the signatures; a test fails when this file is out of date.

Set options in YAML (`--config a.yaml --config b.yaml`; later files win) or on the command line
(`--data.input.clean.emoji drop`). `null` means none. An option that would have no effect is an
error.
`weitiao VERB --help` shows the options that most people need, `--help=all` these here; without the
command, a verb is a script in `src/`: `python src/tune.py`, `python src/train.py fit`. `tune`
passes options it doesn't know to `fit`, `compare` to `train`.
"""
TRAINER = """\
These are Lightning's; its documentation explains them in full. weitiao sets the logger, the
callbacks and the run folder itself.
"""


class Option(NamedTuple):
    """One row of a table.

    Args:
        group: the heading it stands under.
        name: as it is given on the command line.
        kind: its type, or the choices.
        default: the default as YAML writes it.
        meaning: its line of the docstring.
    """

    group: str
    name: str
    kind: str
    default: str
    meaning: str


def parsers() -> dict[str, ArgumentParser]:
    """The parser of each verb."""
    return {
        "train and fit": capture_parser(fit, [], "fit"),
        "test": capture_parser(run_test, []),
        "predict": capture_parser(run_predict, []),
        "export": export_parser(),
        "retrieve": retrieve_parser(),
        "serve": serve_parser(),
        "tune": tune_parser(),
        "pretrain": capture_parser(run_pretrain, []),
        "generate": generate_parser(),
        "compare": compare_parser(),
        "gain": gain_parser(),
        "embed": embed_parser(),
    }


def options() -> dict[str, list[Option]]:
    """The options of each verb, in the order of the signatures."""
    # what several classes have in common stands once
    return {verb: list(dict.fromkeys(_options_of(p))) for verb, p in parsers().items()}


def _options_of(parser: ArgumentParser, group: str | None = None) -> Iterator[Option]:
    for action, kind in options_of(parser):
        if isinstance(action, Permission):
            yield Option(
                "general", action.option_strings[0][2:], "module", "`null`", _meaning(action)
            )
        if action.default == SUPPRESS or action.dest == "config":  # help, or set by a link
            continue
        if not action.option_strings:  # what the verb is of, such as runs
            continue
        name = action.option_strings[0][2:]
        hint = kind or (bool if action.nargs == 0 else str)  # a flag
        default = "required" if action.required else f"`{_value(action.default)}`"
        where = group or name.rpartition(".")[0] or "general"
        yield Option(where, name, _kind(hint), default, _meaning(action))
        for component in _components(hint):
            inner = ArgumentParser()
            late = LATE & set(inspect.signature(component).parameters)
            late = late if issubclass(component, FACTORIES) else set()
            inner.add_class_arguments(component, name, skip=late or None)
            of_class = f"{name}: {component.__name__}"
            for option in _options_of(inner, of_class):
                yield option._replace(group=_part(option, name, component))


def _part(option: Option, name: str, component: type) -> str:
    """The heading of an option of a class: of a part that several objectives have, the part's."""
    part = option.name.removeprefix(f"{name}.").split(".")[0]
    kind = typing.get_type_hints(component.__init__).get(part) if "." in option.name else None
    if not (issubclass(component, Objective) and dataclasses.is_dataclass(kind)):
        return option.group
    return f"{name}.{part}: {getattr(kind, '__name__', '')}"


def _components(hint: Any) -> list[type]:
    """The classes whose own options a value of this type takes."""
    parts = typing.get_args(hint)
    if hint in CHOSEN:
        return _concrete(hint)
    if parts and parts[-1] in FACTORIES:
        return _concrete(parts[-1])
    return [p for p in typing.get_args(hint) if isinstance(p, type) and dataclasses.is_dataclass(p)]


def _concrete(kind: type) -> list[type]:
    found = {sub for kin in kind.__subclasses__() for sub in (kin, *_concrete(kin))}
    ours = [sub for sub in found if sub.__module__.startswith("weitiao.")]  # not what FSDP makes
    usable = [sub for sub in ours if not inspect.isabstract(sub)]
    return sorted(usable, key=lambda sub: sub.__name__)  # Python's order is that of imports


def _kind(hint: Any) -> str:
    """A type as a reader of YAML would say it."""
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if origin is Literal:
        return ", ".join(f"`{part}`" for part in parts)
    if origin in (typing.Union, types.UnionType):
        # in an order of our own: typing's depends on who wrote the same union first
        return " or ".join(
            sorted(set(map(_kind, parts)), key=lambda kind: (kind == "`null`", kind))
        )
    if origin in (list, tuple):
        return f"list of {_kind(parts[0])}"
    if hint is type(None):
        return "`null`"
    if dict in (origin, hint):
        return "mapping"
    if classes := _components(hint):
        return ", ".join(f"`{leaf.__name__}`" for leaf in classes)
    return "class" if origin else getattr(hint, "__name__", str(hint))


def _value(value: Any) -> str:
    if isinstance(value, dict | Namespace) and "class_path" in value:
        return value["class_path"].rpartition(".")[2]
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    return str(value) if isinstance(value, str | Path) else json.dumps(value)


def _meaning(action: Action) -> str:
    text = " ".join((action.help or "").split()).partition(" Default: ")[0]
    return text.replace("``", "`").replace("|", "\\|")


def markdown() -> str:
    """The whole file."""
    parts = [HEAD]
    for verb, rows in options().items():
        parts.append(f"\n## {verb}\n")
        # the Trainer's, which come first, stand best at the end
        for group in sorted(dict.fromkeys(row.group for row in rows), key="trainer".__eq__):
            parts.append(f"\n### {group}\n\n" + (TRAINER + "\n" if group == "trainer" else ""))
            parts.append("| option | type | default | meaning |\n|---|---|---|---|\n")
            parts += [
                f"| `--{row.name}` | {row.kind} | {row.default} | {row.meaning} |\n"
                for row in rows
                if row.group == group
            ]
    return "".join(parts)


def helps() -> dict[str, str]:
    """What ``--help=all`` shows of each verb, which stands as ``{prog}``."""
    of_verbs = parsers()
    of_verbs["fit"] = of_verbs.pop("train and fit")
    of_verbs |= {"corpus": capture_parser(run_corpus, [])}
    of_verbs |= {"encoder": capture_parser(run_encoder, [])}
    of_verbs |= {"chat-model": capture_parser(run_chat_model, [])}
    before, os.environ["COLUMNS"] = os.environ.get("COLUMNS"), WIDTH
    try:
        return {verb: _help(of_verbs[verb]) for verb in VERBS if verb not in SAME}
    finally:
        del os.environ["COLUMNS"]
        if before is not None:
            os.environ["COLUMNS"] = before


def _help(parser: ArgumentParser) -> str:
    before, parser.prog = parser.prog, "{prog}"
    text = parser.format_help().replace(f" {before} ", " {prog} ")
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    FILE.write_text(markdown(), "utf-8")
    ALL.mkdir(exist_ok=True)
    for verb, text in helps().items():
        (ALL / f"{verb}.txt").write_text(text, "utf-8")
