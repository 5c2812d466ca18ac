"""Null is a value of the options that name it, and of no other, wherever it stands."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from weitiao.config.arguments import as_arguments
from weitiao.config.parser import flat
from weitiao.errors import ConfigError, UsageError
from weitiao.tuning.space import parse_space
from weitiao.tuning.start import Start

ENCODER = {"model.backbone": "Pretrained", "model.backbone.name": "x"}
NEEDED: dict[str, dict[str, Any]] = {
    "data.batch": {},
    "data.batch.workers": {},
    "data.cache": {},
    "data.input": {},
    "data.input.text": {},
    "data.input.clean.steps": {},
    "data.input.encode.prefix": {},
    "data.input.encode.tokenizer": {},
    "data.input.segment": {},
    "data.input.segment.language": {},
    "data.sampling": {},
    "data.split.val": {},
    "data.target.label": {},
    "model.backbone": {},
    "model.backbone.dropout": {},
    "model.backbone.layers": {},
    "model.backbone.name": ENCODER,
    "model.backbone.lora.rank": ENCODER,
    "model.objective.head": {},
    "model.objective.head.kind": {},
    "model.objective.pooling": {},
    "model.optim.lr": {},
    "run.name": {},
    "seed_everything": {},
    "trainer.overfit_batches": {},
}
"""Options that need a value, with what else is given."""
MAY_BE_NULL: dict[str, dict[str, Any]] = {
    "data.id": {"data.id": "number"},
    "data.input.augment": {},
    "data.input.clean.max_chars": {"data.input.clean.max_chars": 9},
    "data.input.encode.vectors": {"data.input.encode.vectors": "a.vec"},
    "data.input.pair": {"data.input.pair": "second"},
    "data.input.segment.user_dict": {"data.input.segment.user_dict": "words.txt"},
    "model.backbone.feedforward": {"model.backbone.feedforward": 9},
    "model.backbone.layers": ENCODER | {"model.backbone.layers": 2},
    "model.backbone.lora": ENCODER | {"model.backbone.lora": {"rank": 4}},
    "model.objective.decision.at_most": {
        "model.objective": "MultiLabel",
        "model.objective.decision.at_most": 2,
    },
    "model.objective.wide": {"model.objective.wide": {"orders": 2}},
}
"""Options that may be null, with the value that it takes the place of."""


def start(given: dict[str, Any]) -> Start:
    """What a search starts from."""
    return _start(*as_arguments({"data.train": "my.csv", "recipe": "none"} | given))


@cache
def _start(*arguments: str) -> Start:
    return Start.read([*arguments])


@pytest.mark.parametrize("option", NEEDED)
def test_what_needs_a_value_is_told(option: str, tmp_path: Path) -> None:
    begin = start(NEEDED[option])
    content: Any = None
    for name in reversed(option.split(".")):
        content = {name: content}
    file = tmp_path / "null.yaml"
    file.write_text(yaml.safe_dump(content), "utf-8")
    for more in (f"--{option}=null", f"--config={file}"):
        with pytest.raises(UsageError) as fault:
            begin.parser.parse_args([*begin.arguments, more])
        assert f"{option} needs a value, not null" in str(fault.value).splitlines()[0]
    space = parse_space({option: {"choices": [None]}}, "space.yaml")
    with pytest.raises(ConfigError, match=rf"space\.yaml: (with )?{option}"):
        begin.check(space, "space.yaml")


@pytest.mark.parametrize("option", MAY_BE_NULL)
def test_what_may_be_null_is_null(option: str) -> None:
    begin = start(MAY_BE_NULL[option])
    begin.check(parse_space({option: {"choices": [None]}}, "space.yaml"), "space.yaml")
    parsed = flat(begin.parser.parse_args([*begin.arguments, f"--{option}=null"]))
    assert {k.replace(".init_args", ""): v for k, v in parsed.items()}[option] is None


def test_of_another_class_an_option_is_none_be_it_null() -> None:
    with pytest.raises(UsageError, match=r"model\.backbone\.lora: Transformer has no such option"):
        start({"model.backbone.lora": None})
    with pytest.raises(UsageError, match=r"model\.backbone\.lora: Transformer has no such option"):
        start({"model.backbone.lora.rank": None})
