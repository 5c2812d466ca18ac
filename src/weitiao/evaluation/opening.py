"""A checkpoint opened for use: model, labels, cleaning, segmenter and tokenizer come from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from jsonargparse import ArgumentError, ArgumentParser

from weitiao.config.earlier_checkpoints import rename_weights
from weitiao.config.presets import merged
from weitiao.config.serialization import import_path
from weitiao.data.new_rows import NewRows
from weitiao.errors import ConfigError, WeitiaoError
from weitiao.evaluation.model import Model, without_weights
from weitiao.io.checkpoint_file import load_checkpoint
from weitiao.io.tables import ReadOptions
from weitiao.models.backbones.causal import Causal
from weitiao.training.trusted import asks_for_remote_code, refuse_foreign_code

if TYPE_CHECKING:
    from weitiao.data.datamodule import DataModule
    from weitiao.models.module import Module

OF_VALUES = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError)
"""What building a model from another version's values, or from nonsense, raises."""
T = TypeVar("T")


def open_model(
    path: Path, changes: Mapping[str, Any], *, trust_remote_code: bool, mapped: bool = False
) -> tuple[Model, NewRows]:
    """A model for rows without labels, as the checkpoint describes it; without Lightning.

    Args:
        changes: arguments of the DataModule that are not the checkpoint's.
        trust_remote_code: whether Python code may run that came with the backbone, if the
            checkpoint asks for it.
        mapped: for a moment's use: weights stay in the file, which must not change.

    Raises:
        ConfigError: the file is broken, not ours, unsafe, or contradicts itself.
    """
    content = _read(path, trust_remote_code, mapped=mapped)
    with _telling(path):
        # first, since it imports the user's own input and target, and so what the card names
        data = merged(content["datamodule_hyper_parameters"], dict(changes))
        reading = [name for name in ReadOptions.__dataclass_fields__ if name in data]
        rows = _built(NewRows, {n: data[n] for n in (*_names(NewRows), *reading) if n in data})
        rows.load(content["DataModule"])
        options = content["hyper_parameters"]
        given = {name: options[name] for name in _names(Model) if name in options}
        with nullcontext() if _own_code(given) else without_weights():
            model = _built(Model, given)
        rename_weights(content)
        model.load(content["state_dict"])
    _check_pair("pair" in rows.input.columns, model.card.input.pair)
    return model.eval(), rows


def open_checkpoint(
    path: Path, changes: dict[str, Any], *, trust_remote_code: bool
) -> tuple[Module, DataModule]:
    """Model and DataModule for a Trainer, as the checkpoint describes them; see `open_model`.

    Raises:
        ConfigError: the file is broken, not ours, unsafe, or contradicts itself.
    """
    from weitiao.data.datamodule import DataModule
    from weitiao.models.module import Module

    content = _read(path, trust_remote_code)
    with _telling(path):
        # first, since it imports the user's own input and target, and so what the card names; it
        # refuses a card of any other names before they are called
        options = merged(content["datamodule_hyper_parameters"], changes)
        # Lightning's own way would add what the file says under names that it had before
        options.pop("_instantiator", None)
        data = _built(DataModule, options)
        data.load_state_dict(content["DataModule"])
        options = {k: v for k, v in content["hyper_parameters"].items() if k[:1] != "_"}
        module = _built(Module, options)
        rename_weights(content)
        module.load_state_dict(content["state_dict"])
    _check_pair("pair" in data.input.columns, module.card.input.pair)
    return module.eval(), data


def _read(path: Path, trust_remote_code: bool, *, mapped: bool = False) -> dict[str, Any]:
    content = load_checkpoint(path, without=("optimizer_states",), mapped=mapped)
    card = content["DataModule"].get("card")
    if card is None or card != content["hyper_parameters"].get("card"):
        raise ConfigError(f"{path}: the model's data card is not that of its data")
    refuse_foreign_code(content, path)
    if not trust_remote_code and asks_for_remote_code(content):
        problem = f"{path} asks to run Python code that came with its backbone"
        raise ConfigError(problem, hint="if you trust it: {--trust_remote_code} true")
    backbone = content["hyper_parameters"]["backbone"]
    arguments = backbone.get("init_args") or {}
    if backbone.get("class_path") == import_path(Causal) and "bits" in arguments:
        arguments["bits"] = None  # of its training: weights are written as floats
    return content


def _built(kind: type[T], values: Mapping[str, Any]) -> T:
    """What plain values make, types checked, as the command line does."""
    parser = ArgumentParser(exit_on_error=False)
    parser.add_class_arguments(kind, "part", fail_untyped=False)
    built: T = parser.instantiate(parser.parse_object({"part": dict(values)})).part
    return built


def _own_code(given: Mapping[str, Any]) -> bool:
    """Whether a part isn't ours, so that it may look at its weights while it is made."""
    paths = [given[name].get("class_path", "") for name in ("backbone", "objective")]
    ours = all(path.startswith("weitiao.") for path in paths)
    return not ours or asks_for_remote_code({"hyper_parameters": given})


def _names(kind: type) -> list[str]:
    return [name for name in signature(kind).parameters if name != "read"]


@contextmanager
def _telling(path: Path) -> Iterator[None]:
    try:
        yield
    except WeitiaoError:
        raise
    except (ArgumentError, RuntimeError, *OF_VALUES) as error:
        reason = " ".join(str(error).split())[:300]
        raise ConfigError(f"{path} doesn't fit this version of weitiao: {reason}") from error


def _check_pair(given: bool, trained: bool) -> None:
    if not given and trained:
        raise ConfigError("the model was trained on pairs", hint="{--data.pair} COLUMN")
    if given and not trained:
        raise ConfigError(": the model was trained on single texts", field="data.pair")
