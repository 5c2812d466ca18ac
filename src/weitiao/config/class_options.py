"""What jsonargparse does with the options of a class when another class takes its place."""

from __future__ import annotations

from dataclasses import is_dataclass
from pydoc import locate
from typing import Any

import jsonargparse._typehints
from jsonargparse import Namespace

_discard_unknown = jsonargparse._typehints.discard_init_args_on_class_path_change


def _discard_all_of_another_class(action: Any, before: Any, value: Any) -> None:
    """Forget ``init_args`` when ``class_path`` changes.

    jsonargparse keeps those that both classes name alike, defaults too, so that TextCNN would be
    trained with the dropout of the Transformer that stands as the default. Of a part of the data,
    a dataclass, these are right: a label's column is the same, whatever is made of it.
    """
    if not (before and before.get("init_args")) or before["class_path"] == value["class_path"]:
        return
    if is_dataclass(locate(value["class_path"])):
        _discard_unknown(action, before, value)
    else:
        before["init_args"] = Namespace()


def use() -> None:
    """Let it forget them, wherever it parses; tests of stacked configs see whether that takes.

    There is no public switch for it.
    """
    jsonargparse._typehints.discard_init_args_on_class_path_change = _discard_all_of_another_class
