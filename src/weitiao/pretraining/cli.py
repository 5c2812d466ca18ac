"""Pretraining: from raw text to a language model in a folder that `transformers` loads."""

import json
import shutil
from collections.abc import Collection
from pathlib import Path
from typing import Any

from lightning.pytorch.cli import LightningArgumentParser
from rich.console import Console
from rich.table import Table

from weitiao import distributed
from weitiao.config.commands import CONFIGS, command, near
from weitiao.config.field_paths import field_paths
from weitiao.config.own_code import permitted
from weitiao.errors import ConfigError
from weitiao.inputs.text.contamination_index import ContaminationIndex
from weitiao.inputs.text.pretrained_tokenizer import fast_tokenizer, has_tokenizer
from weitiao.inputs.text.reporting import unknown_ids
from weitiao.inputs.text.trained_tokenizer import TRAINED
from weitiao.io.checkpoint_file import load_checkpoint
from weitiao.objectives.display import said
from weitiao.pretraining.datamodule import LanguageData
from weitiao.pretraining.module import LanguageModel
from weitiao.training.console import show_line
from weitiao.training.run_folder import write_json
from weitiao.training.training_cli import TrainingCLI

SCORES = ("val/loss", "val/perplexity", "val/accuracy")


class PretrainCLI(TrainingCLI):
    """The command line of pretraining."""

    read_before: ContaminationIndex | None = None
    """What a model that is continued has read, if it is known."""

    def __init__(self, arguments: list[str], console: Console) -> None:
        super().__init__(
            LanguageModel,
            LanguageData,
            arguments,
            "pretrain",
            console,
            defaults={"max_epochs": 3, "gradient_clip_val": 1.0},
        )

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """As for any training; its folder has a name of its own."""
        super().add_arguments_to_parser(parser)
        parser.set_defaults({"run.name": "pretrain"})

    def monitored(self) -> str:
        """How well held-out text is predicted."""
        return "val/perplexity"

    def shown_score(self) -> str:
        """How well held-out text is predicted."""
        return "perplexity"

    def lower_is_better(self) -> Collection[str]:
        """Loss and perplexity."""
        return "loss", "perplexity"

    def before_instantiate_classes(self) -> None:
        """Refuse a pretrained model that doesn't go with the rest, before the corpus is prepared.

        Such a model may not know the ids, or lie beside a damaged list of what it has read.
        """
        super().before_instantiate_classes()
        model = self.config.get("model.network.init_args.name")
        if model is not None:
            self.read_before = ContaminationIndex.read(Path(model))
            refuse_other_ids(model, self.config.data.tokenizer.name)

    def check(self, trainer: dict[str, Any]) -> None:
        """Refuse a metric that there isn't."""
        monitor = self.config.run.monitor
        if monitor not in SCORES:
            problem = f": {monitor!r} is none of {', '.join(SCORES)}"
            raise ConfigError(problem, field="run.monitor")

    def seen(self) -> ContaminationIndex:
        """What the model has read in the end, here and, as far as it is known, before."""
        known = ContaminationIndex.read(self.datamodule.prepared[0]), self.read_before
        return ContaminationIndex.of(*(some.numbers for some in known if some is not None))

    def write_down(self) -> None:
        """Leave config, card and audit in the folder, and show them."""
        write_json(self.datamodule.card.plain(), self.folder.card)
        audit = json.loads((self.datamodule.prepared[0] / "audit.json").read_text("utf-8"))
        write_json(audit, self.folder.audit)
        super().write_down()
        self.console.print(_corpus(audit))
        show_line(unknown_ids({"train": audit["unknown_share"]}), self.console)


@field_paths()
@permitted
def run_pretrain(arguments: list[str], console: Console | None = None) -> Path:
    """Pretrain as the command line says; gives the folder of the best model.

    Args:
        arguments: the command line.
        console: shows what a person wants to see; null = standard error.
    """
    console = console or Console(stderr=True, highlight=False)
    console.quiet |= not distributed.first()
    cli = PretrainCLI(arguments, console)
    scores = cli.fit()
    folder = cli.folder
    target = folder.path / "model"
    if distributed.first():
        folder.add_metrics(scores)
        export(folder.best, cli.model, cli.datamodule.tokenizer, cli.seen(), target)
        _show(scores, target, cli.model.card.objective, console)
    return target


def refuse_other_ids(model: str, tokenizer: str) -> None:
    """Stop before a model reads ids that mean something else to it.

    Args:
        model: its name on the model hub, or its folder; nothing is known of one that was saved
            without its tokenizer.
        tokenizer: how the text is to become ids; may know more tokens, such as a mask.

    Raises:
        ConfigError: the ids are not those that the model has learned.
    """
    if tokenizer in TRAINED:
        problem = ": a pretrained model doesn't know the ids of a tokenizer that is trained here"
        hint = "{--data.tokenizer.name}, the model's own"
        raise ConfigError(problem, field="model.network", hint=hint)
    if Path(tokenizer) == Path(model) or not has_tokenizer(model, "model.network.name"):
        return
    damaged = "mend it, or remove it: then nothing is compared"
    own = fast_tokenizer(model, "model.network.name", damaged).get_vocab()
    given = fast_tokenizer(tokenizer, "data.tokenizer.name", "the model's own").get_vocab()
    other = sorted((number, token) for token, number in own.items() if given.get(token) != number)
    if other:
        raise ConfigError(
            f": of the {len(own):,} tokens of the model {model!r}, {len(other):,} have another id"
            f" in {tokenizer!r}, or none, e.g. {other[0][1]!r}",
            field="data.tokenizer.name",
            hint=f"{{--data.tokenizer.name}} {model}",
        )


def export(
    checkpoint: Path, module: LanguageModel, tokenizer: Any, seen: ContaminationIndex, target: Path
) -> None:
    """Write a checkpoint's model and its tokenizer as `transformers` loads them.

    Args:
        seen: what it has read, for ``seen.npy``.
        target: the folder, replaced when it is whole.
    """
    content = load_checkpoint(checkpoint, "LanguageData")
    module.load_state_dict(content["state_dict"])
    part = target.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    module.export(part)
    tokenizer.save_pretrained(part)
    seen.write(part)
    shutil.rmtree(target, ignore_errors=True)
    part.rename(target)


def _corpus(audit: dict[str, Any]) -> Table:
    table = Table("corpus", *(name for name in audit["ids"]), title_justify="left")
    table.add_row("ids", *(f"{count:,}" for count in audit["ids"].values()))
    table.add_row("positions filled", *(f"{share:.1%}" for share in audit["filled"].values()))
    counts = audit["corpus"]
    table.caption = ", ".join(f"{count:,} {name}" for name, count in counts.items())
    return table


def _show(scores: dict[str, float], model: Path, objective: str, console: Console) -> None:
    shown = "  ".join(f"{name} {said(name, scores[name])}" for name in SCORES if name in scores)
    files = [near(CONFIGS / "default.yaml"), near(CONFIGS / "model" / "pretrained.yaml")]
    named = ["--model.backbone.name", str(model), "--data.input.encode.tokenizer", str(model)]
    configs = [word for file in files for word in ("--config", file)]
    steps = [command("train", *configs, *named, "--data.train", "FILE")]
    if objective == "causal":
        steps.append(command("generate", "--model", model, "--prompt", "TEXT"))
    lines = [f"best: {shown}", f"run folder: {model.parent}", "next:"]
    lines += [f"  {step}" for step in steps]
    console.print("\n".join(lines), markup=False, soft_wrap=True)
