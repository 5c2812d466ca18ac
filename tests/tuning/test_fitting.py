"""A space fits the model that is searched from: keys it lacks, ranges around the start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from search_spaces import space

from weitiao.errors import ConfigError
from weitiao.training.recipe import with_presets
from weitiao.tuning.fitting import around_start, point_of, space_for, without_absent
from weitiao.tuning.space import ends_of, normalised, parse_space, read_space
from weitiao.tuning.start import Start


@pytest.mark.parametrize("kind", ["in_batch", "cosent", "triplet", "cosine"])
def test_a_temperature_is_searched_where_the_loss_has_one(kind: str) -> None:
    key = "model.objective.loss.temperature"
    names = {"kind": kind, "temperature": 0.05}
    config = {f"model.objective.init_args.loss.{name}": value for name, value in names.items()}
    kept, left_out = without_absent({key: {"around": 2}}, config)
    assert (key in kept) == (key not in left_out) == (kind in ("in_batch", "cosent"))


ROOT = Path(__file__).parents[2]
NAMED = ("--model.backbone.name=x", "--data.input.encode.tokenizer=x")
OF_OTHER_TASKS = ("model.objective.lr", "model.objective.loss.temperature")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "file", "lacking"),
    [
        (["--recipe=reviews"], "default", ""),
        (["--config=model/bag.yaml"], "default", "wide"),
        (["--config=model/lstm.yaml"], "default", "wide"),
        (["--config=model/transformer.yaml"], "default", "wide"),
        (["--recipe=reviews", "--trainer.max_epochs=-1"], "default", "trainer.max_epochs"),
        (["--config=model/pretrained.yaml", *NAMED], "pretrained", "wide"),
        (["--config=model/decoder.yaml", *NAMED], "pretrained", "wide"),
        (["--task=chat", *NAMED[:1], "--recipe=none"], "pretrained", "objective"),
        (
            ["--config=model/pretrained.yaml", "--config=model/wide_beside.yaml", *NAMED],
            "pretrained",
            "",
        ),
    ],
)
def test_the_space_fits_the_model_and_holds_where_it_starts(
    options: list[str], file: str, lacking: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT / "configs")
    start = Start.read(with_presets(["--config=default.yaml", *options])[0])
    path, _ = space_for(start.config)
    assert path.stem == file
    content, left_out = without_absent(read_space(path), start.config)
    left_out = [key for key in left_out if key not in OF_OTHER_TASKS]
    assert all(lacking in key for key in left_out)
    assert bool(left_out) == bool(lacking)
    found = parse_space(around_start(content, start.config, path), path)
    start.check(found, path)
    assert point_of(start.config, found) is not None
    assert ends_of(found["model.optim.lr"])[1] < 4 * start.config["model.optim.lr"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "model.objective.wide.lr: {low: 0.1, high: 0.2}",
            "is not in the model: model.objective.wide is null",
        ),
        ("data.input.augment.times: {choices: [1, 2]}", "data.input.augment is null"),
        ("model.backbone.filters: {choices: [64]}", "model.backbone is a Transformer"),
        ("model.optim.lrate: {choices: [1]}", "model.optim.lrate is not in the model"),
        ("model.optim.lrr: {choices: [1]}", "has no such key\n  → did you mean model.optim.lr\\?"),
        ("model.backbone.filters: {choices: [64]}", "take it out, or search it with the choice"),
        (
            "model.objective.wide:\n"
            "  choices: {null: {model.objective.wide.lr: {low: 0.1, high: 0.2}}}",
            "model.objective.wide is null",
        ),
        ("model.optim.lr: {around: 1}", "around is a number above 1"),
        ("model.optim.lr: {around: [2]}", "around is a number above 1"),
        ("run.name: {around: 2}", "no number to search around"),
        ("data.group: {around: 2}", "has None"),
        ("model.optim.lr: {around: 2, log: true}", "around stands alone, without log"),
    ],
)
def test_keys_that_the_model_lacks_are_refused_with_the_way_out(text: str, said: str) -> None:
    start = Start.read(["--model.backbone=Transformer"])
    content = normalised(yaml.safe_load(text), "my.yaml")
    with pytest.raises(ConfigError, match=said) as error:
        start.check(
            parse_space(around_start(content, start.config, "my.yaml"), "my.yaml"), "my.yaml"
        )
    assert str(error.value).startswith("my.yaml: ")


CONFIG = {
    "a": 2,
    "b": 0.3,
    "c.class_path": "x.y.Net",
    "c.init_args.width": 4,
    "d": ["p", "q"],
    "e": None,
    "f": True,
}


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("a: {low: 1, high: 3}", {"a": 2}),
        ("a: {low: 1, high: 9, step: 3}", None),
        ("a: {low: 3, high: 4}", None),
        ("b: {low: 0.1, high: 0.5, step: 0.1}", {"b": pytest.approx(0.3)}),
        ("b: {low: 0.0, high: 0.5, step: 0.25}", None),
        ("a: {low: 0.5, high: 2.5}", {"a": 2.0}),
        ("d: {choices: [[p], [p, q]]}", {"d": '["p", "q"]'}),
        ("e: {choices: [1, null]}", {"e": None}),
        ("f: {choices: [1, true]}", {"f": True}),
        ("f: {low: 0, high: 1}", None),
        ("a: {choices: [true, 2]}", {"a": 2}),
        ("c: {choices: {Net: {c.width: {low: 2, high: 8}}, x: }}", {"c": "Net", "c.width": 4}),
        ("c: {choices: {Net: {c.width: {low: 5, high: 8}}, x: }}", None),
        ("config: {choices: [a.yaml]}", None),
    ],
)
def test_a_configuration_is_a_point_of_the_space_or_lies_outside(text: str, point: Any) -> None:
    assert point_of(CONFIG, space(text)) == point
