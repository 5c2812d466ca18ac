"""Runs of earlier versions go on: what these didn't know of is as it is by default."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from cards import target_card

from weitiao.card import DataCard, TokenInput
from weitiao.config.serialization import plain
from weitiao.errors import ConfigError
from weitiao.io.tables import ReadOptions
from weitiao.training.resume import refuse_other_values

NOW: dict[str, Any] = {
    "model": {
        "card": DataCard(TokenInput(9, 0, 8), target_card(labels=["a", "b"], counts=[3, 4])).plain()
    },
    "data": {"seed": 0, **plain(vars(ReadOptions()))},
}


def earlier() -> dict[str, Any]:
    """A checkpoint from before there were rows with options."""
    then = deepcopy(NOW)
    del then["model"]["card"]["input"]["options"], then["data"]["first_option"]
    return {"hyper_parameters": then["model"], "datamodule_hyper_parameters": then["data"]}


def test_what_an_earlier_version_did_not_know_is_as_by_default() -> None:
    refuse_other_values(earlier(), NOW)


@pytest.mark.parametrize(("name", "value"), [("first_option", 1), ("seed", 5)])
def test_another_value_is_refused_all_the_same(name: str, value: object) -> None:
    now = NOW | {"data": NOW["data"] | {name: value}}
    with pytest.raises(ConfigError, match=rf"data.{name}: \w+ → {value}"):
        refuse_other_values(earlier(), now)
