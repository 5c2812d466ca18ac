"""Which recipe fits the data: from rows, classes, lengths, script, and what is at hand."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc
import yaml

from weitiao.card import Task
from weitiao.config.commands import CONFIGS, near
from weitiao.config.parser import Parser
from weitiao.config.renamed_options import renamed_arguments, renamed_values
from weitiao.config.strict_yaml import strict
from weitiao.data.columns import columns_of_the_file
from weitiao.data.datamodule import TextDataModule
from weitiao.downloads import encoder
from weitiao.errors import ConfigError
from weitiao.inputs.text.patterns import HANZI
from weitiao.targets.targets import canonical, occurrences
from weitiao.training.resume import given

FOLDER = CONFIGS / "recipes"
FEW = 60  # rows of the middle class: below, a network from scratch learns next to nothing
MANY = 10  # classes: beyond, a table of n-grams with weights for each is large, and starves


@dataclass(frozen=True)
class Facts:
    """What a recipe is chosen by.

    Args:
        task: what a target is.
        rows: of train.
        classes: number of labels; 0 for a regression.
        per_class: rows of the middle class.
        hanzi: share of texts with hanzi.
        pair: whether rows are pairs.
        encoder: folder of a pretrained encoder that is at hand.
    """

    task: Task
    rows: int
    classes: int
    per_class: float
    hanzi: float
    pair: bool
    encoder: Path | None


def choose(facts: Facts) -> tuple[str, str]:
    """The recipe for data like these, and what speaks for it."""
    few = bool(facts.classes) and facts.per_class < FEW
    counted = f"{facts.rows:,} rows"
    if facts.classes:
        counted += f", {facts.classes} classes with {facts.per_class:g} rows in the middle"
    if facts.encoder is not None:
        return ("pretrained_few" if few else "pretrained"), f"{counted}, {facts.encoder} is there"
    if facts.pair:
        return "pairs", f"{counted}, pairs"
    if few:
        return "few_rows", counted
    if facts.classes > MANY or (facts.task != "classification" and facts.hanzi >= 0.5):
        return "many_classes", f"{counted}, {facts.task}"
    if facts.hanzi < 0.5:
        return "english", f"{counted}, {1 - facts.hanzi:.0%} without hanzi"
    return "reviews", f"{counted}, {facts.hanzi:.0%} with hanzi"


def facts_of(data: TextDataModule, found: Path | None) -> Facts:
    """Read the training rows and count.

    Args:
        data: names the files and how to read them.
        found: folder of a pretrained encoder.

    Raises:
        DataError: a file, row or column is at fault.
    """
    preparation = data.preparation
    task, reader = preparation.task, preparation.read
    with tempfile.TemporaryDirectory(prefix="weitiao-") as folder:
        table = reader.read(
            data.files["train"], Path(folder) / "rows.arrow", Path(folder) / "aside.jsonl", []
        )
        classes, per_class = 0, 0.0
        if task != "regression":
            with columns_of_the_file(reader.columns):
                table = canonical(table, task, preparation.label_separator)
                labels = occurrences(table, task)[0]
            counts = pc.value_counts(labels).field("counts").to_numpy()
            classes, per_class = len(counts), float(np.median(counts)) if len(counts) else 0.0
        hanzi = pc.mean(pc.match_substring_regex(table["text"], HANZI.pattern)).as_py() or 0.0
        return Facts(
            task, table.num_rows, classes, per_class, hanzi, "pair" in table.column_names, found
        )


def with_recipe(arguments: list[str]) -> tuple[list[str], str | None]:
    """The command line with the recipe's options before its own, and a line that says which.

    ``auto`` is chosen where neither a configuration nor a backbone says what the model is. A run
    that goes on keeps the recipe that it began with.

    Args:
        arguments: the command line without the verb; its configurations may name the recipe.

    Raises:
        ConfigError: there is no such recipe.
        DataError: a training file can't be read.
    """
    arguments = renamed_arguments(arguments)
    if given(arguments, "--ckpt_path") is not None:  # all values come from the run's own config
        return arguments, None
    name, why = _asked(arguments), "as asked for"
    began = Path(given(arguments, "--run.folder") or "") / "config.yaml"
    if name == "auto" and began.is_file():
        name = yaml.safe_load(began.read_text("utf-8")).get("recipe") or "none"
        why = "as the run began"
    if name == "auto" and (data := data_of(arguments)) is not None:
        here = encoder.TARGET if (encoder.TARGET / "config.json").is_file() else None
        name, why = choose(facts_of(data, here))
    if name in ("none", "auto"):  # auto without a file: the command itself says what is missing
        return arguments, None
    path = FOLDER / f"{name}.yaml"
    if not path.is_file():
        names = ", ".join(sorted(p.stem for p in FOLDER.glob("*.yaml")))
        raise ConfigError(f"recipe: there is no {name!r}\n  → auto, none, {names}")
    if name.startswith("pretrained") and not _names_encoder(arguments):
        raise ConfigError(
            f"recipe: {name} needs an encoder, and {encoder.TARGET} is not there"
            "\n  → make encoder, or your own: --model.backbone.name FOLDER "
            "--data.input.encode.tokenizer FOLDER"
        )
    chosen = ["--config", near(path), *_fast(name), *arguments, "--recipe", name]
    return chosen, f"recipe: {name} ({why})"


def _names_encoder(arguments: list[str]) -> bool:
    """Whether a pretrained recipe's encoder is there, or the command line has its own."""
    named = any(a.startswith(("--model", "--config")) for a in arguments)
    return named or (encoder.TARGET / "config.json").is_file()


def _fast(name: str) -> list[str]:
    """Options of a pretrained recipe where the processor, or the GPU, computes in bfloat16."""
    import torch

    gpu = torch.cuda.is_available() and torch.cuda.is_bf16_supported()
    able = gpu or (not torch.cuda.is_available() and torch.cpu._is_avx512_bf16_supported())
    return ["--trainer.precision", "bf16-mixed"] if able and name.startswith("pretrained") else []


def _asked(arguments: list[str]) -> str:
    """The recipe that is asked for; the last word counts."""
    naming = ("--config", "--model.backbone", "--model.start", "--model=")
    described = any(a.startswith(naming) or a == "--model" for a in arguments)
    name = "none" if described else "auto"
    for option, value in options_of(arguments):
        if option == "--recipe":
            name = value
        elif option == "--config":
            name = read_config(value).get("recipe") or name
    return name


def data_of(arguments: list[str]) -> TextDataModule | None:
    """The DataModule of a command line; null = no training file is named."""
    kept: list[str] = []
    for option, value in options_of(arguments):
        if option == "--config":
            kept += ["--config", yaml.safe_dump({"data": read_config(value).get("data") or {}})]
        elif option == "--data" or option.startswith("--data."):
            kept += [f"{option}={value}"]
    if not kept:
        return None
    parser = Parser(prog="train.py")
    parser.add_argument("--config", action="config")
    parser.add_class_arguments(TextDataModule, "data")
    config = parser.parse_args(kept)
    return None if config.data.train is None else parser.instantiate(config).data


def options_of(arguments: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The options of a command line with their values, written as one word or two."""
    option = ""
    for argument in arguments:
        if not argument.startswith("--"):
            yield option, argument
            continue
        option, given, value = argument.partition("=")
        if given:
            yield option, value


def read_config(config: str) -> dict[str, Any]:
    """A configuration; empty where it can't be read, which the command itself will tell."""
    try:
        content = yaml.load(Path(config).read_text("utf-8"), strict(yaml.SafeLoader))
    except (OSError, ValueError, yaml.YAMLError):
        return {}
    return renamed_values(content) if isinstance(content, dict) else {}
