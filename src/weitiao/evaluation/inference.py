"""A checkpoint opened for use: model, labels, cleaning, segmenter and tokenizer come from it."""

from collections.abc import Mapping
from dataclasses import dataclass, make_dataclass
from pathlib import Path
from typing import Any, Literal, get_type_hints

import lightning.pytorch as L
from jsonargparse import ArgumentError
from lightning.pytorch.cli import instantiate_module

from weitiao.config import own_code
from weitiao.config.bounds import at_least
from weitiao.config.commands import called
from weitiao.config.earlier_checkpoints import rename_weights
from weitiao.config.hints import names_for
from weitiao.config.parser import Parser
from weitiao.config.presets import merged
from weitiao.config.serialization import plain
from weitiao.data.batch import Batching
from weitiao.data.datamodule import TextDataModule
from weitiao.errors import ConfigError, WeitiaoError
from weitiao.io.checkpoint_file import checkpoint_of, load_checkpoint
from weitiao.io.tables import Files, ReadOptions, expand
from weitiao.models.module import Module
from weitiao.training.callbacks import OwnSignals
from weitiao.training.checks import refuse_other_processes
from weitiao.training.precision import keep_targets
from weitiao.training.progress import Progress
from weitiao.training.trusted import asks_for_remote_code, refuse_foreign_code

OF_VALUES = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError)
"""What building a model from another version's values, or from nonsense, raises."""


_OF_TRAINING = ("on_bad_row", "placeholders")  # a score is of all rows, labels are as they were
_KINDS = get_type_hints(ReadOptions)
_Reading: Any = make_dataclass(
    "_Reading",
    [(name, kind | None, None) for name, kind in _KINDS.items() if name not in _OF_TRAINING],
    frozen=True,
    kw_only=True,
    namespace={"__doc__": ReadOptions.__doc__},
)


@dataclass(frozen=True, kw_only=True)
class NewFile(_Reading):
    """How to read the new file; what is null is as in the training file, but for the database.

    Args:
        text: column of the text.
        pair: column of the second text, of a model of pairs.
        id: column of an identifier.
        batch: budget of a batch.
    """

    text: str | None = None
    pair: str | None = None
    id: str | None = None
    batch: Batching | None = None

    def changes(self) -> dict[str, Any]:
        """The DataModule's arguments that are not the checkpoint's; columns are the input's."""
        given = {k: plain(v) for k, v in vars(self).items() if v is not None}
        columns = {name: given.pop(name) for name in ("text", "pair") if name in given}
        return given | ({"input": {"init_args": columns}} if columns else {})


@dataclass(frozen=True, kw_only=True)
class PredictFile(NewFile):
    """The file to label.

    Args:
        predict: file, files or globs, ``hf:NAME#SPLIT`` or a SQL query; ``-`` = standard input, a
            text a line unless ``format`` says otherwise.
        on_bad_row: stop at a row that can't be read, or write it without a label and with the
            reason as ``error``.
    """

    predict: str | list[str] | None = None
    on_bad_row: Literal["raise", "quarantine"] = "raise"

    def changes(self) -> dict[str, Any]:
        """The DataModule's arguments that are not the checkpoint's."""
        return super().changes() | {"predict": self.predict, "database": self.database}

    def of_a_file(self) -> str | None:
        """The first option that only a file has any use for."""
        usual = PredictFile(batch=self.batch)
        return next((name for name in vars(self) if vars(self)[name] != vars(usual)[name]), None)


@dataclass(frozen=True, kw_only=True)
class LabelledFile(NewFile):
    """The labelled file to measure on.

    Args:
        test: file, files or globs, ``hf:NAME#SPLIT`` or a SQL query; null = the test split of the
            checkpoint's own run.
        label: column of the label.
    """

    test: str | list[str] | None = None
    label: str | None = None

    def __post_init__(self) -> None:
        of_a_file = {**vars(self), "test": None, "batch": None}
        if self.test is None and (given := [n for n, v in of_a_file.items() if v is not None]):
            raise ConfigError("is for another file", field=given[0], hint="{--test} FILE")

    def changes(self) -> dict[str, Any]:
        """The DataModule's arguments that are not the checkpoint's."""
        given = super().changes()
        if (label := given.pop("label", None)) is not None:
            given["target"] = {"init_args": {"label": label}}
        alone = {"train": None, "val": None, "database": self.database}
        return given | (alone if self.test is not None else {})


Precision = Literal["32-true", "16-mixed", "bf16-mixed", "16-true", "bf16-true", "64-true"]


@dataclass(frozen=True)
class Hardware:
    """Where the model runs.

    Args:
        accelerator: ``auto``, ``cpu``, ``gpu``, ….
        precision: Lightning's name of the number format.
        devices: number of them, on each machine.
        num_nodes: number of machines.
    """

    accelerator: str = "auto"
    precision: Precision = "32-true"
    devices: int = 1
    num_nodes: int = 1

    def __post_init__(self) -> None:
        at_least(1, devices=self.devices, num_nodes=self.num_nodes)
        refuse_other_processes(self.devices, self.num_nodes)

    def trainer(self, *callbacks: L.Callback, **kwargs: Any) -> L.Trainer:
        """A Trainer that only evaluates."""
        trainer = L.Trainer(
            accelerator=self.accelerator,
            devices=self.devices,
            num_nodes=self.num_nodes,
            precision=self.precision,
            enable_checkpointing=False,
            enable_model_summary=False,
            callbacks=[Progress(), OwnSignals(), *callbacks],
            **kwargs,
        )
        keep_targets(trainer)
        return trainer


def open_checkpoint(
    path: Path, changes: dict[str, Any], *, trust_remote_code: bool
) -> tuple[Module, TextDataModule]:
    """Model and DataModule as the checkpoint describes them, with the DataModule's ``changes``.

    Args:
        changes: arguments of the DataModule that are not the checkpoint's.
        trust_remote_code: whether Python code may run that came with the backbone, if the
            checkpoint asks for it.

    Raises:
        ConfigError: the file is broken, not ours, unsafe, or contradicts itself.
    """
    content = load_checkpoint(path)
    card = content["TextDataModule"].get("card")
    if card is None or card != content["hyper_parameters"].get("card"):
        raise ConfigError(f"{path}: the model's data card is not that of its data")
    refuse_foreign_code(content, path)
    if not trust_remote_code and asks_for_remote_code(content):
        problem = f"{path} asks to run Python code that came with its backbone"
        raise ConfigError(problem, hint="if you trust it: {--trust_remote_code} true")
    try:
        # first, since it imports the user's own input and target, and so what the card names; it
        # refuses a card of any other names before they are called
        options = merged(content["datamodule_hyper_parameters"], changes)
        # Lightning's own way would add what the file says under names that it had before
        options.pop("_instantiator", None)
        data = instantiate_module(TextDataModule, options)
        data.load_state_dict(content["TextDataModule"])
        options = {k: v for k, v in content["hyper_parameters"].items() if k[:1] != "_"}
        module = instantiate_module(Module, options)
        rename_weights(content)
        module.load_state_dict(content["state_dict"])
    except WeitiaoError:
        raise
    except (ArgumentError, RuntimeError, *OF_VALUES) as error:
        reason = " ".join(str(error).split())[:300]
        raise ConfigError(f"{path} doesn't fit this version of weitiao: {reason}") from error
    pair = "pair" in data.preparation.read.columns
    if not pair and module.card.input.pair:
        raise ConfigError("the model was trained on pairs", hint="{--data.pair} COLUMN")
    if pair and not module.card.input.pair:
        raise ConfigError(": the model was trained on single texts", field="data.pair")
    return module.eval(), data


def refuse_overwriting(out: Path | None, files: Files | None) -> None:
    """See to it that no result is written over the file it is made from.

    Raises:
        ConfigError: it would be.
        DataError: one of the files is missing.
    """
    if out and files and out.resolve() in {path.resolve() for path in expand(files)}:
        raise ConfigError(f"the result would overwrite its input {out}", hint="{--out} FILE")


class UseParser(Parser):
    """The parser of verbs that use a checkpoint: says why other options are not there."""

    # a fault of a column means the file's, not a text to label
    _sources: Mapping[str, str] = {"text": "data.text", "pair": "data.pair"}

    def parse_args(self, args: Any = None, *more: Any, **kwargs: Any) -> Any:
        """As `Parser.parse_args`; a run's folder is taken as its best checkpoint."""
        values = super().parse_args(args, *more, **kwargs)
        values.ckpt_path = checkpoint_of(values.ckpt_path)
        return values

    def error(self, message: str, ex: Exception | None = None) -> Any:
        """As `Parser.error`, with the reason for what a checkpoint decides."""
        decided = any(name in message for name in ("--data.", "--model.", "--config"))
        unknown = "nrecognized" in message or "not found" in message
        if decided and unknown and not (self._near(message) or "").startswith("here"):
            message += (
                "\nlabels, cleaning, segmenter, tokenizer and model come from the checkpoint and"
                " can't be changed here"
            )
        super().error(message, ex)


def use_parser(verb: str, file: type[NewFile], run: str = "--ckpt_path") -> UseParser:
    """The parser of a verb, without what it writes, and where it computes.

    Args:
        file: the dataclass of the file it is used on.
        run: the option that names the checkpoint; without dashes it is what the verb is of.
    """
    parser = UseParser(prog=called(verb))
    parser.elsewhere = names_for(verb)
    needed = {"required": True} if run.startswith("-") else {}
    parser.add_argument(run, type=Path, help="Checkpoint to use, or run.", **needed)
    parser.add_argument(
        "--trust_remote_code",
        type=bool,
        default=False,
        help="Run Python code that came with the checkpoint's backbone, if it asks for it.",
    )
    own_code.add_option(parser)
    parser.add_class_arguments(file, "data")
    return parser
