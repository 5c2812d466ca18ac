"""Runs of earlier versions go on: what these didn't know of is as it is by default."""

from __future__ import annotations

from copy import deepcopy
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cards import target_card

from weitiao.card import DataCard, TokenInput
from weitiao.config.serialization import plain
from weitiao.data.batch import Batching
from weitiao.data.datamodule import DataModule
from weitiao.errors import ConfigError
from weitiao.inputs.text import Text
from weitiao.io.tables import ReadOptions
from weitiao.linear import Linear
from weitiao.models.backbones.bag import Bag
from weitiao.models.module import Module
from weitiao.training.resume import refuse_other_values

CARD = DataCard(TokenInput(9, 0, 8), target_card(labels=["a", "b"], counts=[3, 4]))


@pytest.fixture(scope="module")
def model() -> Module:
    return Module(CARD, Bag)


@pytest.fixture
def data(tmp_path: Path) -> Any:
    """Makes the data of a run, of which nothing is read."""
    reading = vars(ReadOptions())  # the command line gives them all
    options = {"train": "my.csv", "cache": str(tmp_path), "input": Text(linear=Linear())}
    return partial(DataModule, **options, **reading)


def earlier(model: Module, data: DataModule) -> dict[str, Any]:
    """A checkpoint from before there were rows with options, and batches of evaluation."""
    of_model, of_data = (deepcopy(plain(dict(part.hparams))) for part in (model, data))
    del of_model["card"]["input"]["options"], of_model["optim"]["warmup"]
    del of_data["first_option"], of_data["on_bad_row"], of_data["sampling"]
    del of_data["batch"]["eval_times"]
    del of_data["input"]["init_args"]["encode"]["truncation"]
    del of_data["input"]["init_args"]["linear"]["weights"]  # null by default, all of it
    return {"hyper_parameters": of_model, "datamodule_hyper_parameters": of_data}


def test_what_an_earlier_version_did_not_know_is_as_by_default(model: Module, data: Any) -> None:
    refuse_other_values(earlier(model, data()), model, data())


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"on_bad_row": "quarantine"}, "data.on_bad_row: raise → quarantine"),
        ({"seed": 5}, "data.seed: 0 → 5"),
        ({"batch": Batching(eval_times=2)}, "data.batch.eval_times: 1 → 2"),
        ({"batch": Batching(size=8)}, "data.batch.size: 64 → 8"),
    ],
)
def test_another_value_is_refused_all_the_same(
    model: Module, data: Any, changed: dict[str, Any], told: str
) -> None:
    with pytest.raises(ConfigError, match=rf"other values:\n  {told}\n  →"):
        refuse_other_values(earlier(model, data()), model, data(**changed))
