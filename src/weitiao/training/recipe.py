"""Which recipe fits the data: from rows, classes, lengths, script, and what is at hand."""

import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc
import yaml

from weitiao.config.commands import called, near
from weitiao.config.earlier_names import renamed_values
from weitiao.config.parser import Parser, flat
from weitiao.config.presets import preset, values_of
from weitiao.config.strict_yaml import strict
from weitiao.data.datamodule import DataModule
from weitiao.downloads import chat_model, encoder
from weitiao.errors import ConfigError
from weitiao.inputs.text import Text
from weitiao.inputs.text.patterns import HANZI
from weitiao.io.tables.cells import Cells
from weitiao.targets import Feedback, OneClass, Positives, Preferred, Reference, columns_of_the_file
from weitiao.training.recipe_fit import without_unfit
from weitiao.training.resume import given

FEW = 60  # rows of the middle class: below, a network from scratch learns next to nothing
NAMING = ("--config", "--model.backbone", "--model.start", "--model=")
"""Options that say what the model is; ``--model`` does, too."""
MANY = 10  # classes: beyond, a table of n-grams with weights for each is large, and starves


OF_CELLS = {"spans": "tags", "answers": "answers", "choice": "choice", "reply": "chat"}
"""Recipes of tasks by what their label cells hold."""
OF_CHATS = ("chat", "preferences")
"""Recipes that start from a model that chats."""


@dataclass(frozen=True)
class Facts:
    """What a recipe is chosen by.

    Args:
        target: class of the target.
        rows: of train.
        classes: number of labels; 0 of numbers.
        per_class: rows of the middle class.
        hanzi: share of texts with hanzi.
        pair: whether rows are pairs.
        cells: what a label cell holds.
        encoder: folder of a pretrained encoder that is at hand.
        apart: whether the texts of a pair are read apart.
    """

    target: str
    rows: int
    classes: int
    per_class: float
    hanzi: float
    pair: bool
    cells: Cells
    encoder: Path | None
    apart: bool = False


def choose(facts: Facts) -> tuple[str, str]:
    """The recipe for data like these, and what speaks for it."""
    few = bool(facts.classes) and facts.per_class < FEW
    counted = f"{facts.rows:,} rows"
    if facts.classes:
        what = ("types", "spans") if facts.cells == "spans" else ("classes", "rows")
        counted += f", {facts.classes} {what[0]} with {facts.per_class:g} {what[1]} in the middle"
    if facts.target in (Preferred.__name__, Feedback.__name__):
        return "preferences", counted
    if facts.cells == "reply":  # an encoder has nothing to say
        return OF_CELLS["reply"], counted
    if facts.target == Reference.__name__:
        return "translation", counted
    if (own := _of_task(facts)) is not None:
        there = "" if facts.encoder is None else f", {facts.encoder} is there"
        return (f"pretrained_{own}" if there else own), counted + there
    if facts.encoder is not None:
        return ("pretrained_few" if few else "pretrained"), f"{counted}, {facts.encoder} is there"
    if facts.pair:
        return "pairs", f"{counted}, pairs"
    if few:
        return "few_rows", counted
    if facts.classes > MANY or (facts.target != OneClass.__name__ and facts.hanzi >= 0.5):
        return "many_classes", f"{counted}, {facts.target}"
    if facts.hanzi < 0.5:
        return "english", f"{counted}, {1 - facts.hanzi:.0%} without hanzi"
    return "reviews", f"{counted}, {facts.hanzi:.0%} with hanzi"


def _of_task(facts: Facts) -> str | None:
    """The recipe of a task that has one of its own."""
    if facts.cells in OF_CELLS:
        return OF_CELLS[facts.cells]
    if facts.apart:
        return "retrieval" if facts.target == Positives.__name__ else "likeness"
    return None


def facts_of(data: DataModule, found: Path | None) -> Facts:
    """Read the training rows and count.

    Args:
        data: names the files and how to read them.
        found: folder of a pretrained encoder.

    Raises:
        DataError: a file, row or column is at fault.
    """
    target, reader = data.preparation.target, data.preparation.read
    with tempfile.TemporaryDirectory(prefix="weitiao-") as folder:
        table = reader.read(
            data.files["train"], Path(folder) / "rows.arrow", Path(folder) / "aside.jsonl", []
        )
        with columns_of_the_file(reader.columns):
            counts = [*target.described(target.canonical(table))["classes"].values()]
        per_class = float(np.median(counts)) if counts else 0.0
        hanzi = pc.mean(pc.match_substring_regex(table["text"], HANZI.pattern)).as_py() or 0.0
        kind, pair = type(target).__name__, "pair" in table.column_names
        seen = (table.num_rows, len(counts), per_class, hanzi, pair)
        apart = isinstance(data.input, Text) and data.input.encode.pairs == "apart"
        return Facts(kind, *seen, target.cells, found, apart)


def with_presets(arguments: list[str]) -> tuple[list[str], str | None]:
    """The command line with the options of its task and its recipe before its own, and a line that
    says which recipe it is.

    ``auto`` is chosen where neither a configuration nor a backbone says what the model is. A run
    that goes on keeps the recipe that it began with.

    Args:
        arguments: the command line without the verb, in today's names; its configurations may name
            both.

    Raises:
        ConfigError: there is no such task, or no such recipe.
        DataError: a training file can't be read.
    """
    if given(arguments, "--ckpt_path") is not None:  # all values come from the run's own config
        return arguments, None
    # first of all, since another class of the objective would forget what a recipe says of it
    task = named("task", arguments)
    first = ["--config", near(preset("task", task))] if task else []
    described = any(a.startswith(NAMING) or a == "--model" for a in arguments)
    name, why = named("recipe", arguments) or ("none" if described else "auto"), "as asked for"
    began = Path(given(arguments, "--run.folder") or "") / "config.yaml"
    if name == "auto" and began.is_file():
        name = yaml.safe_load(began.read_text("utf-8")).get("recipe") or "none"
        why = "as the run began"
    if name == "auto" and (data := data_of([*first, *arguments])) is not None:
        if (own := data.input.recipe) is not None:
            name, why = own, "its input has one"
        else:
            name, why = choose(facts_of(data, encoder.at_hand()))
    if name in ("none", "auto"):  # auto without a file: the command itself says what is missing
        return [*first, *arguments], None
    path = preset("recipe", name, "auto", "none")
    _refuse_missing_model(name, arguments)
    values, less = (near(path), "") if task is None else _fitting(name, task, path)
    chosen = [*first, "--config", values, *_fast(name), *arguments, "--recipe", name]
    return chosen, f"recipe: {name} ({why}){less}"


def _fitting(name: str, task: str, path: Path) -> tuple[str, str]:
    """What of a recipe a task takes, as a configuration, and what it doesn't, in words."""
    fitting, unfit = without_unfit(values_of("recipe", name), values_of("task", task))
    own = fitting.pop("task", task) == task
    if own and not unfit:
        return near(path), ""
    if not own:  # it is called after what it learns
        fitting["run"]["name"] = task
    left_out = f", without {', '.join(unfit)}, which {task} doesn't take" if unfit else ""
    return yaml.safe_dump(fitting, allow_unicode=True), left_out


def _refuse_missing_model(name: str, arguments: list[str]) -> None:
    """Refuse a recipe whose pretrained model isn't there, where the command line has no other.

    Raises:
        ConfigError: it is so.
    """
    chat = name in OF_CHATS
    if not chat and not name.startswith("pretrained"):
        return
    source = chat_model if chat else encoder
    if source.at_hand() or any(a.startswith(("--model", "--config")) for a in arguments):
        return
    what, make = ("a chat model", "make chat-model") if chat else ("an encoder", "make encoder")
    tokenizer = "{--data.input.tokenizer}" if chat else "{--data.input.encode.tokenizer}"
    raise ConfigError(
        f": {name} needs {what}, and {source.TARGET} is not there",
        field="recipe",
        hint=f"{make}; your own: {{--model.backbone.name}} FOLDER {tokenizer} FOLDER",
    )


def _fast(name: str) -> list[str]:
    """Options of a pretrained recipe where the processor, or the GPU, computes in bfloat16."""
    import torch

    gpu = torch.cuda.is_available() and torch.cuda.is_bf16_supported()
    able = gpu or (not torch.cuda.is_available() and torch.cpu._is_avx512_bf16_supported())
    large = name in OF_CHATS or name.startswith("pretrained")
    return ["--trainer.precision", "bf16-mixed"] if able and large else []


def named(key: str, arguments: list[str]) -> str | None:
    """What is asked for by an option, or in a configuration; the last word counts; null = nothing.

    Args:
        key: dotted, such as ``task`` or ``model.start``.
    """
    name, (*above, last) = None, key.split(".")
    for option, value in options_of(arguments):
        if option == f"--{key}":
            name = value
        elif option == "--config":
            held = read_config(value)
            for part in above:
                held = held.get(part) or {}
            name = held.get(last) or name
    return name


def data_of(arguments: list[str]) -> DataModule | None:
    """The DataModule of a command line; null = no training file is named."""
    kept: list[str] = []
    for option, value in options_of(arguments):
        if option == "--config":
            kept += ["--config", yaml.safe_dump({"data": read_config(value).get("data") or {}})]
        elif option == "--data" or option.startswith("--data."):
            kept += [f"{option}={value}"]
    if not kept:
        return None
    parser = Parser(prog=called("fit"))
    parser.add_argument("--config", action="config")
    parser.add_class_arguments(DataModule, "data")
    parser.add_argument("--task", type=str | None)  # for hints: an option that faults may name
    config = parser.parse_args(kept)
    return None if config.data.train is None else parser.instantiate(config).data


def options_of(arguments: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The options of a command line with their values, written as one word or two; a further word,
    as of a pattern that a shell expanded, belongs to none."""
    option = ""
    for argument in arguments:
        if not argument.startswith("--"):
            yield option, argument
            option = ""
            continue
        option, given, value = argument.partition("=")
        if given:
            yield option, value


def replaced(arguments: Iterable[str]) -> Iterator[str]:
    """A warning for each option whose value a configuration that is named after it replaces."""
    before: dict[str, str] = {}
    for option, value in options_of(arguments):
        values = flat(read_config(value)) if option == "--config" else {}
        for name, other in values.items():
            if before.get(name, str(other)) != str(other):
                slot = f"{{--{name}}}"
                yield (
                    f"! {value} replaces {slot} {before[name]}, since it is named later: {other}"
                    f"\n  → --config {value} before {slot}"
                )
        before[option.removeprefix("--")] = value


def read_config(config: str) -> dict[str, Any]:
    """A configuration; empty where it can't be read, which the command itself will tell."""
    try:
        content = yaml.load(Path(config).read_text("utf-8"), strict(yaml.SafeLoader))
    except (OSError, ValueError, yaml.YAMLError):
        return {}
    return renamed_values(content) if isinstance(content, dict) else {}
