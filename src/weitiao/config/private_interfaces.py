"""Private interfaces of Lightning, jsonargparse and torch; nothing else uses any.

`tests/config/test_private_interfaces.py` names the versions that it was tried with.
"""

from __future__ import annotations

from argparse import Action
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import is_dataclass
from pydoc import locate
from typing import TYPE_CHECKING, Any

from jsonargparse import (
    ArgumentParser,
    Namespace,
    _common,
    _loaders_dumpers,
    _subcommands,
    _typehints,
    set_parsing_settings,
)

if TYPE_CHECKING:
    import lightning.pytorch as L

BUILT_BY_PARSER = {"_instantiator": "lightning.pytorch.cli.instantiate_module"}
"""A hyper-parameter with which Lightning builds a module from plain values through the command
line's own parser, types checked."""


class OpenParser(ArgumentParser):
    """A parser that tells its options and lets configurations be rewritten."""

    @property
    def options(self) -> list[str]:
        """All options, with their dashes."""
        return [*self._option_string_actions]

    @property
    def texts(self) -> list[str]:
        """The keys of options that are texts and nothing else."""
        return [a.dest for a in self._actions if getattr(a, "_typehint", None) is str]

    @property
    def parts(self) -> list[str]:
        """The keys of groups of options."""
        plain = (a.dest for a in self._actions if not hasattr(a, "_typehint"))
        return [key for key in plain if any(o.startswith(f"--{key}.") for o in self.options)]

    def classes_of(self, option: str) -> list[str]:
        """The names of the classes that an option takes."""
        kind: Any = getattr(_subcommands.find_action(self, option), "_typehint", None)
        paths = _typehints.get_all_subclass_paths(kind)
        return [path.rpartition(".")[2] for path in paths]

    def rewritten(self, values: dict[str, Any]) -> dict[str, Any]:
        """A configuration, between reading and checking. There is no public place for it."""
        return values

    def order_groups(self, last: str) -> None:
        """Let groups in the help name the part whose options they hold; one stands last."""
        for group in self._action_groups:
            part, *others = [action.dest for action in group._group_actions] or [""]
            start = f"{part}: "
            if any(other.startswith(f"{part}.") for other in others):
                group.title = start + (group.title or "").removeprefix(start)
        groups: Any = self._action_groups  # a list that is typed as a sequence
        groups.sort(key=lambda group: (group.title or "").startswith(f"{last}: "))

    def _apply_actions(self, cfg: Any, parent_key: str = "", *more: Any, **kwargs: Any) -> Any:
        if isinstance(cfg, dict) and not parent_key:
            cfg = self.rewritten(cfg)
        return super()._apply_actions(cfg, parent_key, *more, **kwargs)


def options_of(parser: ArgumentParser) -> Iterator[tuple[Action, Any]]:
    """The options of any parser in order, each with the type of its values; null = untyped."""
    yield from ((action, getattr(action, "_typehint", None)) for action in parser._actions)


def yaml_loader() -> type:
    """The class by which jsonargparse loads YAML."""
    return _loaders_dumpers.get_yaml_default_loader()


def load_yaml_by(loader: type) -> None:
    """Load options and files by this class. `set_loader` would not do: options go past it."""
    # typed by the class of its first value; any loader of PyYAML's does
    _loaders_dumpers.yaml_default_loader = loader  # type: ignore[assignment]


_discard_unknown = _typehints.discard_init_args_on_class_path_change


def _discard_all_of_another_class(action: Any, before: Any, value: Any) -> None:
    """Forget ``init_args`` when ``class_path`` changes.

    jsonargparse keeps those that both classes name alike, defaults too, so that TextCNN would be
    trained with the dropout of the Transformer that stands as the default. Of a part of the data,
    a dataclass, these are right: a label's column is the same, whatever is made of it.
    """
    if not (before and before.get("init_args")) or before["class_path"] == value["class_path"]:
        return
    # the other may not be imported yet; only of a part that may be null, none stands before
    if before["class_path"] is None or is_dataclass(locate(before["class_path"])):
        _discard_unknown(action, before, value)
    else:
        before["init_args"] = Namespace()


# there is no public switch for it
_typehints.discard_init_args_on_class_path_change = _discard_all_of_another_class


@contextmanager
def importable(modules: Sequence[str]) -> Iterator[None]:
    """Let class paths name these modules within the block, and no others.

    What a block around this one allows stays allowed.
    """
    names = ("import_path_verdicts", "import_paths_enforced")
    before = {name: _common.parsing_settings[name] for name in names}
    set_parsing_settings(import_path_denylist=["*"], import_path_allowlist=[*modules])
    try:
        yield
    finally:
        _common.parsing_settings.update(before)  # no public function takes a permission back


def validates_after_this_batch(trainer: L.Trainer) -> bool:
    """Whether a validation follows the batch that has just ended, or the epoch's end does."""
    loop = trainer.fit_loop.epoch_loop
    return trainer.is_last_batch or loop._should_check_val_fx(None)  # it looks at last ones only


def logs_after_this_batch(trainer: L.Trainer) -> bool:
    """Whether Lightning logs when this batch has ended."""
    batches = trainer.fit_loop.epoch_loop._batches_that_stepped + 1
    return batches % trainer.log_every_n_steps == 0


@contextmanager
def loops_in_graphs() -> Iterator[None]:
    """Let `torch.export` write a recurrent network as a loop; else it unrolls one length."""
    from torch.export import _patches

    lstm = _patches.register_lstm_while_loop_decomposition()
    with lstm, _patches.register_gru_while_loop_decomposition():
        yield
