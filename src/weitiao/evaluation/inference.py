"""Shared by the verbs that use a checkpoint: their options, and where they compute."""

from collections.abc import Mapping
from dataclasses import dataclass, make_dataclass
from pathlib import Path
from typing import Any, Literal, get_type_hints

from weitiao.config import own_code
from weitiao.config.bounds import at_least
from weitiao.config.commands import called
from weitiao.config.hints import names_for
from weitiao.config.parser import Parser
from weitiao.config.serialization import plain
from weitiao.data.batch import Batching
from weitiao.distributed import refuse_other_processes
from weitiao.errors import ConfigError
from weitiao.io.checkpoint_file import checkpoint_of
from weitiao.io.choices.answers import FirstOption
from weitiao.io.dialogues.messages import Role
from weitiao.io.tables import Files, ReadOptions, expand

# a score is of all rows, labels are as they were; roles are added where a task may be chat
_OF_TRAINING = (
    *("on_bad_row", "placeholders", "broken_tags", "misplaced_answers", "first_option"),
    "roles",
)
_KINDS = get_type_hints(ReadOptions)
_Reading: Any = make_dataclass(
    "_Reading",
    [(name, kind | None, None) for name, kind in _KINDS.items() if name not in _OF_TRAINING],
    frozen=True,
    kw_only=True,
    namespace={"__doc__": ReadOptions.__doc__},
)


@dataclass(frozen=True, kw_only=True)
class TextFile(_Reading):
    """How to read a file of texts; what is null is as in the training file, but for the database.

    Args:
        text: column of the text.
        id: column of an identifier; '' = number of the row, where the file has none.
        batch: budget of a batch.
    """

    text: str | None = None
    id: str | None = None
    batch: Batching | None = None


@dataclass(frozen=True, kw_only=True)
class NewFile(TextFile):
    """How to read the new file; what is null is as in the training file, but for the database.

    Args:
        text: column of the text.
        pair: column of the second text, of a model of pairs.
        id: column of an identifier; '' = number of the row, where the file has none.
        batch: budget of a batch.
        roles: who speaks in conversations: a name of the file → system, user, assistant or tool.
    """

    pair: str | None = None
    roles: dict[str, Role] | None = None

    def changes(self) -> dict[str, Any]:
        """The DataModule's arguments that are not the checkpoint's; columns are the input's."""
        given = {k: plain(v) for k, v in vars(self).items() if v is not None}
        columns = {n: given.pop(n) for n in ("text", "pair", "negatives") if n in given}
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
        negatives: column, or columns, of texts that don't belong to the first one, of a model of
            texts that do; ``[]`` = the file has none.
        first_option: number of the first of a row's options, where answers are numbers.
    """

    test: str | list[str] | None = None
    label: str | None = None
    negatives: str | list[str] | None = None
    first_option: FirstOption | None = None

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


def refuse_overwriting(out: Path | None, files: Files | None) -> None:
    """See to it that no result is written over the file it is made from.

    Raises:
        ConfigError: it would be.
        DataError: one of the files is missing.
    """
    if out and files and out.resolve() in {path.resolve() for path in expand(files, folders=True)}:
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


def add_permissions(parser: Parser) -> None:
    """Give a verb that opens checkpoints the options that let theirs run code."""
    parser.add_argument(
        "--trust_remote_code",
        type=bool,
        default=False,
        help="Run Python code that came with the checkpoint's backbone, if it asks for it.",
    )
    own_code.add_option(parser)


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
    add_permissions(parser)
    parser.add_class_arguments(file, "data")
    return parser
