"""A part names its own arguments; each command tells them as its options."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from weitiao.config.field_paths import field_paths, with_options
from weitiao.config.parser import Parser
from weitiao.embedding.cli import run_embed
from weitiao.errors import ConfigError, WeitiaoError
from weitiao.evaluation.testing import run_test
from weitiao.pretraining.cli import run_pretrain
from weitiao.training.fit import fit
from weitiao.tuning.cli import run_tune


@dataclass(frozen=True)
class Part:
    """A part that finds its fault late."""

    size: int = 1
    colour: str = "red"

    def work(self, other: object = None) -> None:
        """Fail, perhaps within another part."""
        raise ConfigError("is at fault", field="size", hint="{--colour} blue, or {--weight} 0")


@dataclass(frozen=True)
class Whole:
    """Two parts of a kind, and what they lack."""

    left: Part = Part()
    right: Part | None = None
    weight: int = 0


@pytest.mark.parametrize(
    ("side", "told"),
    [
        ("left", "whole.left.size is at fault\n  → --whole.left.colour blue, or --whole.weight 0"),
        (
            "right",
            "whole.right.size is at fault\n  → --whole.right.colour blue, or --whole.weight 0",
        ),
    ],
)
def test_of_two_parts_of_a_kind_the_one_at_fault_is_named(side: str, told: str) -> None:
    @field_paths()
    def run() -> None:
        parser = Parser(prog="x")
        parser.add_class_arguments(Whole, "whole")
        values = parser.parse_args(["--whole.right.size=2"])
        getattr(parser.instantiate(values).whole, side).work()

    with pytest.raises(ConfigError) as fault:
        run()
    assert str(fault.value) == told


ALL_CHARACTERS = ["--data.tokenizer.name=characters", "--data.tokenizer.min_count=1"]
COMMANDS: dict[str, tuple[Callable[[], object], list[str]]] = {
    "fit": (
        lambda: fit(["--data.train=a.csv", "--data.input.segment.workers=0"]),
        ["data.input.segment.workers must be at least 1, got 0"],
    ),
    "fit, a value that may be null": (
        lambda: fit(["--data.train=a.csv", "--data.input.augment.steps=[]"]),
        ["data.input.augment.steps is empty", "→ --data.input.augment null"],
    ),
    "fit, a step of a list": (
        lambda: fit(["--data.train=a.csv", "--data.input.augment.steps=[{method: delete, p: 2}]"]),
        ["data.input.augment.steps.p of delete must lie in (0, 1], got 2"],
    ),
    "fit, a file": (
        lambda: fit(["--data.train=a.csv", "--data.input.text=content"]),
        ["a.csv", "--data.input.text NAME", "--data.header false"],
    ),
    "fit, as keys": (
        lambda: fit({"data.train": "a.csv", "data.separator": "ab"}),
        ["data.separator must be one character", "→ data.separator ';'"],
    ),
    "fit, as keys, before anything is parsed": (
        lambda: fit({"data.train": "a.csv", "recipe": "pretrained"}),
        ["recipe: pretrained needs an encoder", "your own: model.backbone.name FOLDER"],
    ),
    "fit, two that don't go together": (
        lambda: fit(["--ckpt_path=a.ckpt", "--run.folder=a"]),
        ["ckpt_path lies in a run's folder", "→ leave --run.folder out"],
    ),
    "test": (
        lambda: run_test(["--ckpt_path=a.ckpt", "--data.text=content"]),
        ["data.text is for another file", "→ --data.test FILE"],
    ),
    "tune": (
        lambda: run_tune(["--seeds=4"]),
        ["seeds has no effect without confirm", "→ --confirm 3"],
    ),
    "pretrain": (
        lambda: run_pretrain(["--data.corpus.files=a.csv", "--data.segment.workers=0"]),
        ["data.segment.workers must be at least 1, got 0"],
    ),
    "pretrain, a file": (
        lambda: run_pretrain(["--data.corpus.files=a.csv", "--data.corpus.text=content"]),
        ["a.csv", "--data.corpus.text NAME"],
    ),
    "pretrain, a part that may be null": (
        lambda: run_pretrain(
            ["--data.corpus.files=a.csv", "--data.without.files=a.csv", *ALL_CHARACTERS]
        ),
        ["data.without keeps all 2 documents", "→ more text, or fewer --data.without.files"],
    ),
    "embed": (
        lambda: run_embed(["--files=a.csv", "--segment.workers=0"]),
        ["segment.workers must be at least 1, got 0"],
    ),
    "embed, a file": (
        lambda: run_embed(["--files=a.csv", "--corpus.text=content"]),
        ["a.csv", "--corpus.text NAME"],
    ),
    "embed, no file": (lambda: run_embed(["--files="]), ["→ --files FILE"]),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_tells_its_own_options(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_text("text,label\n好,1\n坏,0\n", "utf-8")
    run, words = COMMANDS[command]
    with pytest.raises(WeitiaoError) as fault:
        run()
    message = str(fault.value)
    assert all(part in message for part in words), message
    assert "{--" not in message
    assert "header" not in message or command.startswith("fit")  # a corpus has no such option


def test_where_nothing_is_parsed_an_argument_has_its_own_name() -> None:
    assert with_options({"a": ["bad; {--size} 1", 1]}) == {"a": ["bad; --size 1", 1]}


def test_notes_name_keys_where_options_were_given_as_keys() -> None:
    with field_paths(dashes=""):
        assert (
            with_options("train longer: {--trainer.max_epochs} 4")
            == "train longer: trainer.max_epochs 4"
        )
