"""A search space says what is wrong with it before the first trial."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import optuna
import pytest
import yaml
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.samplers import RandomSampler

from weitiao.errors import ConfigError
from weitiao.training.recipe import with_presets
from weitiao.tuning.fitting import around_start, point_of, space_for, without_absent
from weitiao.tuning.space import (
    Dimension,
    Space,
    ends_of,
    grid,
    normalised,
    parse_space,
    read_space,
    size,
    suggest,
)
from weitiao.tuning.start import Start

BACKBONES = """
model.backbone:
  choices:
    TextCNN:
      model.backbone.filters: {choices: [8, 16, 32]}
      model.optim.lr: {low: 1.0e-3, high: 1.0e-2, log: true}
    Bag: {model.optim.lr: {low: 1.0e-2, high: 1.0e-1, log: true}}
    Recurrent:
model.objective.pooling: {choices: [mean, max]}
"""


def space(text: str) -> Space:
    return parse_space(yaml.safe_load(text), "space.yaml")


def test_ranges_and_choices_are_read() -> None:
    found = space(
        "model.optim.lr: {low: 1.0e-4, high: 1.0e-2, log: true}\n"
        "trainer.max_epochs: {low: 2, high: 6, step: 2}\n"
        "model.objective.pooling: {choices: [mean, max]}\n"
    )
    assert found == {
        "model.optim.lr": Dimension(FloatDistribution(1e-4, 1e-2, log=True)),
        "trainer.max_epochs": Dimension(IntDistribution(2, 6, step=2)),
        "model.objective.pooling": Dimension(CategoricalDistribution(["mean", "max"])),
    }


@pytest.mark.parametrize("kind", ["in_batch", "cosent", "triplet", "cosine"])
def test_a_temperature_is_searched_where_the_loss_has_one(kind: str) -> None:
    key = "model.objective.loss.temperature"
    names = {"kind": kind, "temperature": 0.05}
    config = {f"model.objective.init_args.loss.{name}": value for name, value in names.items()}
    kept, left_out = without_absent({key: {"around": 2}}, config)
    assert (key in kept) == (key not in left_out) == (kind in ("in_batch", "cosent"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("model.optim.lr: 3", "give {low"),
        ("model.optim.lr: {low: 2.0, high: 1.0}", "2.0 … 1.0 is empty"),
        ("model.optim.lr: {low: 1e-3, high: 1.0}", "1.0e-3, not 1e-3"),
        (
            "a: {low: 0, high: 1.0, log: true}",
            "can't start at 0\n  → low: 1.0e-5, or leave out log",
        ),
        ("a: {low: 0, high: 9, log: true}", "can't start at 0\n  → low: 1, or leave out log: true"),
        ("a: {low: -2.0, high: 0.0, log: true}", "can't start at -2\n  → leave out log: true"),
        ("model.optim.lr: {low: 0.0, high: 1.0, step: x}", "model.optim.lr"),
        ("data.batch.size: {low: 8, high: 64, step: 1.5}", "between whole numbers is one, not 1.5"),
        ("data.batch.size: {low: 8, high: 64, step: 0}", "data.batch.size"),
        ("model.optim.lr: {low: 0.0, high: .nan}", "not at nan"),
        ("model.optim.lr: {low: 0.0, high: .inf}", "not at inf"),
        ("a: {lo: 0.1, high: 1.0}", "'lo' is none of low, high, log, step\n  → did you mean low?"),
        ("a: {low: 0.1, high: 1.0, 3: 4}", "'3' is none of low, high, log, step$"),
        ("a: {choice: [1, 2]}", "did you mean choices?"),
        ("a: {choices: {1: }, low: 1}", "choices stands alone, without low"),
        ("a: {low: 0.1}", "low and high, high is missing"),
        ("model.objective.pooling: {choices: []}", "not empty"),
        ("model.objective.pooling: {choices: [mean, mean]}", "twice"),
        ("model.objective.pooling: {choices: {mean: 3}}", "mean: give a space"),
        ("a: {choices: {x: {b: {low: 2, high: 1}}}}", "a: x: b: the range"),
        ("a: {choices: {x: {b: {low: 1, high: 2}}}}\nb: {low: 1, high: 2}", "b is searched twice"),
        ("a: {choices: {x: {a: {low: 1, high: 2}}}}", "something else"),
        ("a: {choices: [null, {c: 1}]}\na.b: {low: 1, high: 2}", "put it into branches"),
        ("a: {choices: [2024-01-01]}", "quotes"),
        ("a: {low: 1.0, high: 2.0, log: 'false'}", "log is true or false"),
        (
            "a: {choices: {x: {b: {low: 1.0, high: 2.0, log: true}},"
            " y: {b: {low: 1.0, high: 2.0}}}}",
            "b stands for something else",
        ),
        (
            "a: {choices: {x: {b: {choices: [1, 2]}}, y: {b: {choices: [1, 3]}}}}",
            "b stands for something else",
        ),
    ],
)
def test_a_faulty_space_is_refused(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said.replace("{", r"\{")):
        space(text)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "names no key"),
        (b"a: [", "no YAML"),
        (b"a: 2024-13-45", "month"),
        (b"a: &x [*x]", "holds itself"),
    ],
)
def test_a_faulty_file_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "space.yaml").write_bytes(content)
    with pytest.raises(ConfigError, match=said):
        read_space(tmp_path / "space.yaml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("model.optim.learning: {low: 0.1, high: 1.0}", "model.optim.learning"),
        ("model.optim: {low: 0.1, high: 1.0}", "model.optim"),
        ("model.objective.pooling: {choices: [mean, median]}", "median"),
        ("trainer.max_epochs: {low: 1.5, high: 2.5}", "trainer.max_epochs"),
        (BACKBONES.replace("filters", "layers"), "model.backbone.layers"),
        (BACKBONES.replace("TextCNN", "TextRNN"), "TextRNN"),
        ("data.input.clean.steps: {choices: [[html], [htlm]]}", "htlm"),
        ("data.encoding: {choices: [null, utf-8]}", "data.encoding needs a value, not null"),
        ("run.monitor: {choices: [val/f1_macro, val/loss]}", "would not compare"),
        ("run.threads: {choices: [1, 2]}", "would not compare"),
    ],
)
def test_keys_are_checked_against_the_signatures(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Start.read([]).check(space(text))


@pytest.mark.slow
def test_cleaning_augmentation_backbone_head_loss_and_optimiser_can_be_searched() -> None:
    text = """
        data.input.clean.steps: {choices: [[html, empty], [empty]]}
        data.input.augment: {choices: [null, {steps: [{method: swap}], copies: 2}]}
        data.input.encode.tokenizer:
          choices:
            characters:
            words: {data.input.segment.method: {choices: [jieba, rjieba]}}
        model.objective.head.kind: {choices: [linear, mlp]}
        model.objective.loss.kind: {choices: [cross_entropy, focal]}
        model.optim.optimizer: {choices: [adamw, sgd]}
        config: {choices: [configs/default.yaml]}
    """
    Start.read([]).check(space(BACKBONES + text.replace("\n        ", "\n")))


def test_a_point_holds_what_its_choices_bring_along() -> None:
    study = optuna.create_study(sampler=RandomSampler(0))
    points = [suggest(study.ask(), space(BACKBONES)) for _ in range(40)]
    keys = {point["model.backbone"]: set(point) for point in points}
    both = {"model.backbone", "model.objective.pooling"}
    assert keys == {
        "TextCNN": both | {"model.backbone.filters", "model.optim.lr"},
        "Bag": both | {"model.optim.lr"},
        "Recurrent": both,
    }
    names = list(points[0])
    assert names.index("model.backbone") == 0  # a class is named before its own values
    for point in points:
        if point["model.backbone"] != "Recurrent":
            low = 1e-3 if point["model.backbone"] == "TextCNN" else 1e-2
            assert low <= point["model.optim.lr"] <= 10 * low


def test_a_grid_goes_through_all_branches() -> None:
    text = "a: {choices: {x: {b: {low: 1, high: 3}}, null: }}\nc: {low: 0.1, high: 0.3, step: 0.2}"
    points = grid(space(text))
    assert size(space(text)) == len(points) == 8
    assert points[0] == {"a": "x", "b": 1, "c": 0.1}
    assert points[-1] == {"a": None, "c": pytest.approx(0.3)}
    assert len({repr(point) for point in points}) == 8


def test_a_grid_needs_finite_values() -> None:
    endless = space("a: {choices: {x: {b: {low: 0.1, high: 1.0}}, y: }}")
    assert size(endless) is None
    with pytest.raises(ConfigError, match="b: a grid needs"):
        grid(endless)


def test_a_space_is_the_same_after_it_was_stored() -> None:
    text = "a: {choices: {1: {b: {low: 1, high: 2}}, null: , true: {c: {choices: [x]}}}}"
    content = normalised(yaml.safe_load(text.replace("true", "yes it is")), "space.yaml")
    stored = json.loads(json.dumps(content))
    assert stored == content
    assert size(parse_space(stored, "a study")) == 4


def test_a_huge_range_is_counted_without_a_list() -> None:
    assert size(space("a: {low: 0, high: 4294967295}")) == 2**32


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
