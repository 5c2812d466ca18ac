"""The verb ``export``: a trained model as a folder that works without this project."""

import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from rich.console import Console
from rich.table import Table

from weitiao.config.field_paths import field_paths
from weitiao.config.hints import names_for
from weitiao.config.own_code import permitted
from weitiao.data.datamodule import DataModule
from weitiao.errors import ConfigError
from weitiao.evaluation.inference import LabelledFile, UseParser, use_parser
from weitiao.evaluation.opening import open_checkpoint
from weitiao.export.chat_folder import exported_chat, is_chat_kind
from weitiao.export.checked_rows import CheckedRows, Quality, checked_rows, quality
from weitiao.export.graph import write_onnx, write_torch
from weitiao.export.loaded import said_by_runner, said_by_transformers
from weitiao.export.merged import merge_adapters
from weitiao.export.model_card import write_card
from weitiao.export.quantize import Numbers, quantize
from weitiao.export.runner import write_runner
from weitiao.export.sentence_transformers_folder import (
    is_vector_kind,
    said_by_vectors,
    without_negatives,
    write_vectors,
)
from weitiao.export.text_files import write_text_files
from weitiao.export.transformers_folder import (
    is_transformers_kind,
    own_names,
    write_transformers,
)
from weitiao.io.exported import write_exported
from weitiao.models.module import Module
from weitiao.objectives.choices.choosing import Choosing
from weitiao.objectives.replies.translating import Translating
from weitiao.training.run_folder import RunFolder

EXACT = 1e-5
"""How far a probability may be off; of a number, times its scale."""
Format = Literal["auto", "transformers", "sentence_transformers", "torch", "onnx"]


@dataclass(frozen=True)
class Export:
    """What is exported, and how.

    Args:
        to: folder that is made.
        format: see the verb's options.
        quantize: numbers of fewer bits; null = as trained.
        max_loss: points that the first score of the checked rows may lose by that.
    """

    to: Path
    format: Format
    quantize: Numbers | None
    max_loss: float

    def __post_init__(self) -> None:
        if self.quantize and self.format not in ("auto", "onnx"):
            raise ConfigError("goes with format onnx only", field="quantize")
        if self.to.exists() and (self.to.is_file() or any(self.to.iterdir())):
            raise ConfigError(f": {self.to} is there already", field="to", hint="another name")

    def chosen(self, module: Module) -> str:
        """The format, once the model is known."""
        vectors, kind = is_vector_kind(module), type(module.objective).__name__
        if isinstance(module.objective, Choosing):
            problem = f": a {kind} compares several sequences of a row, and a folder reads one"
            hint = "weitiao.load(run), or weitiao serve"
            raise ConfigError(problem, field="format", hint=hint)
        if isinstance(module.objective, Translating):
            problem = ": what writes translations or summaries isn't written as a folder for others"
            hint = "weitiao.load(run), weitiao predict, or weitiao serve"
            raise ConfigError(problem, field="format", hint=hint)
        if vectors and self.quantize:
            problem = ": sentence_transformers has the numbers as they were trained"
            raise ConfigError(problem, field="quantize")
        if vectors and self.format not in ("auto", "sentence_transformers"):
            problem = f": {self.format} is nothing for the vectors of a {kind}"
            raise ConfigError(problem, field="format", hint="{--format} sentence_transformers")
        if not vectors and self.format == "sentence_transformers":
            problem = f": a {kind} has no vector of a text by itself"
            raise ConfigError(problem, field="format")
        if vectors:
            return "sentence_transformers"
        if is_chat_kind(module) and (self.quantize or self.format not in ("auto", "transformers")):
            problem = f": the answers of a {kind} are said by transformers, in 32 bits"
            raise ConfigError(problem, field="format", hint="{--format} transformers")
        if self.format != "auto":
            return self.format
        if self.quantize:
            return "onnx"
        own = is_chat_kind(module) or is_transformers_kind(module)
        return "transformers" if own else "torch"


@field_paths()
@permitted
def run_export(arguments: list[str]) -> Path:
    """Write a checkpoint as a folder, and see to it that the folder says the same.

    Returns:
        The folder.
    """
    parser = export_parser()
    options = parser.instantiate(parser.parse_args(arguments))
    export = Export(options.to, options.format, options.quantize, options.max_loss)
    console = Console(stderr=True, highlight=False)
    module, data = open_checkpoint(
        options.ckpt_path, options.data.changes(), trust_remote_code=options.trust_remote_code
    )
    export.chosen(module)  # refused now, not after the work
    split = "val" if options.data.test is None else "test"
    part = export.to.with_name(f".{export.to.name}.{uuid.uuid4().hex}.part")
    part.mkdir(parents=True)
    try:
        if is_chat_kind(module):
            texts = exported_chat(module, data, _content(module, data), split, part, console)
        else:
            texts = exported_and_shown(module, data, split, export, part, console)
        write_card(module, _run_of(options.ckpt_path), texts, export.to.name, part)
        part.replace(export.to)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    console.print(f"exported: {export.to}", markup=False, soft_wrap=True)
    return export.to


def export_parser() -> UseParser:
    """The parser of the verb."""
    parser = use_parser("export", LabelledFile, run="ckpt_path")
    others = [name for name, option in names_for("test").items() if option == "out"]
    parser.elsewhere = names_for("test") | dict.fromkeys((*others, "out", "file"), "to")
    parser.add_argument("--to", type=Path, required=True, help="Folder that is made.")
    parser.add_argument(
        "--format",
        type=Format,
        default="auto",
        help="transformers: loaded by its Auto classes; sentence_transformers: a model of vectors,"
        " loaded by that; torch, onnx: a graph with a runner; auto = transformers where the"
        " backbone is one of its models and labels are of whole rows, else torch; onnx with"
        " --quantize.",
    )
    parser.add_argument(
        "--quantize",
        type=Numbers | None,
        default=None,
        help="int8: weights of matrices in 8 bits; fp16: all numbers in 16; null = as trained.",
    )
    parser.add_argument(
        "--max_loss",
        "--max-loss",
        type=float,
        default=0.5,
        help="Points that the first score of the checked rows may lose by --quantize.",
    )
    return parser


def exported_and_shown(
    module: Module,
    data: DataModule,
    split: str,
    export: Export,
    folder: Path,
    console: Console,
) -> list[str]:
    """Write the folder, and show how well it does beside the model; gives the checked texts.

    Raises:
        ConfigError: it says something else than the model.
    """
    with console.status(f"asking the model of {split}"):
        rows = checked_rows(module, data, split, cleaned=is_vector_kind(module))
        rows = without_negatives(rows, module)
        before = quality(rows.predictions, rows, module.objective)
    with console.status("exporting"):
        after = exported(module, data, rows, export, folder)
    show(before, after, module, f"{split}, {len(rows.texts):,} rows")
    refuse_loss(before, after, export, module)
    return rows.texts


def _content(module: Module, data: DataModule) -> dict[str, Any]:
    """What a checkpoint holds besides weights."""
    return {
        "hyper_parameters": dict(module.hparams),
        "datamodule_hyper_parameters": dict(data.hparams),
        "DataModule": data.state_dict(),
    }


def exported(
    module: Module, data: DataModule, rows: CheckedRows, export: Export, folder: Path
) -> Quality:
    """Write the folder; gives how well it does, as its users load it."""
    content = _content(module, data)
    merge_adapters(module)
    if (kind := export.chosen(module)) == "sentence_transformers":
        names = write_vectors(module, data, folder)
        write_exported(content | {"state_dict": module.state_dict()}, folder, names, {})
        return quality(said_by_vectors(folder, module, rows), rows, module.objective)
    encoder = write_text_files(data, folder)
    names = {}
    more: dict[str, Any] = {}
    if kind == "transformers":
        stock = write_transformers(module, encoder, folder)
        names, more = (stock.theirs, stock.more) if stock else (own_names(module), {})
    if kind != "onnx":  # which is there to be small, and runs only
        write_exported(content | {"state_dict": module.state_dict()}, folder, names, more)
    if kind == "transformers":
        said = said_by_transformers(folder, rows, own=stock is None)
        return quality(said, rows, module.objective)
    write_runner(module, folder)
    if kind == "torch":
        write_torch(module, rows.inputs, folder / "model.pt2")
    else:
        write_onnx(module, rows.inputs, folder / "model.onnx")
        quantize(folder / "model.onnx", export.quantize)
    return quality(said_by_runner(folder, rows), rows, module.objective)


def _run_of(checkpoint: Path) -> RunFolder | None:
    """The run of a checkpoint that lies in one."""
    try:
        return RunFolder.of_checkpoint(checkpoint)
    except ConfigError:
        return None


def show(before: Quality, after: Quality, module: Module, title: str) -> None:
    """Print how well the model does before and after."""
    table = Table(title=title, title_justify="left")
    table.add_column("")
    for name in ("model", "exported"):
        table.add_column(name, justify="right")
    titles = dict(module.objective.shown)
    first = module.objective.first
    table.add_row(
        f"{titles.get(first, first)}, %", *(f"{100 * x.score:.2f}" for x in (before, after))
    )
    if before.calibration is not None and after.calibration is not None:
        errors = (before.calibration, after.calibration)
        table.add_row("calibration error, %", *(f"{100 * error:.2f}" for error in errors))
    table.add_row("same decision, %", "", f"{100 * after.same:.2f}")
    table.add_row("largest difference", "", f"{after.apart:.1e}")
    Console().print(table)


def refuse_loss(before: Quality, after: Quality, export: Export, module: Module) -> None:
    """Stop where the folder says something else than the model.

    Raises:
        ConfigError: it does, by more than rounding or, of fewer bits, by more than ``max_loss``.
    """
    if export.quantize:
        if 100 * (before.score - after.score) > export.max_loss:
            lost = 100 * (before.score - after.score)
            problem = f"{export.quantize} loses {lost:.2f} points of {module.objective.first}"
            hint = f"{{--max_loss}} {lost + 0.01:.2f}; {{--quantize}} fp16"
            raise ConfigError(problem, hint=hint)
        return
    if not after.apart <= EXACT * getattr(module.objective, "scale", 1.0):
        raise ConfigError(
            f"the folder's predictions differ by up to {after.apart:.1e}: it was not kept",
            hint="tell the project, with the model's configuration",
        )
