"""What a run shows first: what was given and chosen, in few lines, and where the rest stands."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console
from tiny_models import loader, module_of, random_batches, tiny_card, tiny_trainer

from weitiao.models.backbones.textcnn import TextCNN
from weitiao.training import progress
from weitiao.training.console import show_values
from weitiao.training.progress import Progress

TEXTCNN = "weitiao.models.backbones.textcnn.TextCNN"


def shown(values: dict[str, object], defaults: dict[str, object]) -> list[str]:
    console = Console(width=80)
    with console.capture() as capture:
        show_values(values, defaults, Path("logs/x/config.yaml"), console)
    return [line.rstrip() for line in capture.get().splitlines()[1:]]


def test_values_that_are_the_defaults_are_left_to_the_file() -> None:
    defaults = {"trainer.max_epochs": 10, "data.train": None, "model.optim.lr": 1e-3}
    assert "".join(shown(dict(defaults), defaults)) == "all values: logs/x/config.yaml"
    given = defaults | {"data.train": "my.csv", "recipe": "reviews", "config": ["a.yaml"]}
    first, second, last = shown(given, defaults)
    assert first.split() == ["data", "train=my.csv"]
    assert second.split() == ["recipe=reviews"]
    assert last == "all values: logs/x/config.yaml"


def test_of_another_class_its_own_defaults_count() -> None:
    defaults = {"model.backbone.class_path": "weitiao.models.backbones.bag.Bag"}
    kept = {"kernels": [2, 3, 4], "dropout": 0.4}
    values = {f"model.backbone.init_args.{name}": value for name, value in kept.items()}
    line, _ = shown({"model.backbone.class_path": TEXTCNN} | values, defaults)
    assert line.split() == ["model", "backbone=TextCNN", "backbone.dropout=0.4"]


def test_a_long_list_is_cut() -> None:
    line, _ = shown({"data.target.labels": [str(i) for i in range(99)]}, {})
    assert line.split("=")[1] == "[0, 1, 2, 3, 4, 5, …]"


def test_a_score_that_is_the_accuracy_is_shown_once() -> None:
    assert [*Progress("accuracy").shown] == ["loss", "accuracy"]
    assert [*Progress("f1_macro").shown] == ["loss", "accuracy", "f1_macro"]


def test_where_there_is_no_bar_lines_tell_how_long_it_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def lines(pause: float, count: int) -> list[str]:
        monkeypatch.setattr(progress, "PAUSE", pause)
        monkeypatch.setattr(progress, "LINES", count)
        options = {"enable_progress_bar": True, "max_epochs": 2}
        trainer = tiny_trainer(tmp_path, Progress(), **options)
        trainer.fit(module_of(tiny_card(), TextCNN), loader(random_batches([4, 4, 4])))
        return [line for line in capsys.readouterr().err.splitlines() if "left" in line]

    assert lines(60, 20) == []
    every = lines(0, 10**9)
    assert len(every) == 6
    assert every[0].startswith("epoch 0, step 1 of 6: 0:00:")
    assert every[-1] == "epoch 1, step 6 of 6: 0:00:00 left"
