"""A search space says what is wrong with it before the first trial."""

from __future__ import annotations

import json
from pathlib import Path

import optuna
import pytest
import yaml
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.samplers import RandomSampler
from search_spaces import space

from weitiao.errors import ConfigError
from weitiao.tuning.space import Dimension, grid, normalised, parse_space, read_space, size, suggest
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
