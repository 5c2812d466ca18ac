"""What TensorBoard reads from a run is what the run's files say."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from hparams import hparams_tab
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util import tensor_util

EVERYTHING = {"scalars": 0, "images": 0, "tensors": 0}


@pytest.fixture(scope="module")
def board(run_of: Path) -> EventAccumulator:
    return EventAccumulator(str(run_of / "tensorboard"), EVERYTHING).Reload()


@pytest.fixture(scope="module")
def metrics(run_of: Path) -> dict[str, float]:
    return json.loads((run_of / "metrics.json").read_text("utf-8"))


def test_every_row_of_the_csv_is_a_scalar_of_the_board(
    board: EventAccumulator, run_of: Path
) -> None:
    with (run_of / "metrics.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    expected: dict[str, dict[int, float]] = {}
    for row in rows:
        expected.setdefault(row["metric"], {})[int(row["step"])] = float(row["value"])
    assert {"train/loss", "val/f1_macro", "speed/tokens_per_s", "speed/padded_share"} <= set(
        expected
    )
    for name, values in expected.items():
        shown = {event.step: event.value for event in board.Scalars(name)}
        assert shown == pytest.approx(values, rel=1e-6), name


def test_the_learning_rate_rises_and_falls_to_its_end(board: EventAccumulator) -> None:
    name = next(tag for tag in board.Tags()["scalars"] if tag.startswith("lr-"))
    rates = [event.value for event in board.Scalars(name)]
    assert max(rates) > rates[0]
    assert rates[-1] < max(rates) / 2


def test_speed_and_padding_are_possible_values(board: EventAccumulator) -> None:
    assert all(event.value > 0 for event in board.Scalars("speed/tokens_per_s"))
    assert all(0 <= event.value < 1 for event in board.Scalars("speed/padded_share"))


def test_test_scores_are_those_of_the_file(
    board: EventAccumulator, metrics: dict[str, float]
) -> None:
    tested = {name: value for name, value in metrics.items() if name.startswith("test/")}
    assert len(tested) > 10
    for name, value in tested.items():
        assert board.Scalars(name)[-1].value == pytest.approx(value, rel=1e-6)
    assert board.Scalars("best/f1_macro")[-1].value == pytest.approx(metrics["val/f1_macro"])


def test_confusion_matrices_are_pictures(board: EventAccumulator) -> None:
    for split in ("val", "test"):
        images = board.Images(f"{split}/confusion")
        assert images[-1].encoded_image_string.startswith(b"\x89PNG")
        assert images[-1].width >= 300


def test_the_worst_mistakes_show_mistaken_texts(board: EventAccumulator, run_of: Path) -> None:
    with (run_of / "predictions.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    event = board.Tensors("test/worst_mistakes/text_summary")[-1]
    shown = tensor_util.make_ndarray(event.tensor_proto).item().decode("utf-8")
    wrong = [row for row in rows if row["label"] != row["true"]]
    assert wrong
    assert all(row["text"] in shown for row in wrong[:20])
    assert not [row for row in rows if row["label"] == row["true"] and row["text"] in shown]


def test_hparams_show_values_beside_validation_and_test(
    run_of: Path, metrics: dict[str, float]
) -> None:
    (run,) = hparams_tab(run_of, "model.optim.lr", "data.train")
    values = {v.name.tag: v.value for v in run.metric_values}
    assert values.keys() == {"best/f1_macro", "test/f1_macro"}
    assert values["best/f1_macro"] == pytest.approx(metrics["val/f1_macro"])
    assert values["test/f1_macro"] == pytest.approx(metrics["test/f1_macro"])
    assert run.hparams["model.optim.lr"].number_value == 0.01
    assert run.hparams["data.train"].string_value == "my.csv"
