"""Faults are told again under other names, and stay what they are."""

from __future__ import annotations

import pytest

from weitiao.errors import ConfigError, DataError, MissingExtra, retold


def ours(told: str) -> str:
    return told.replace("data.part", "ours")


def test_only_the_advice_of_a_fault_in_a_file_is_told_by_other_names() -> None:
    place = {"file": "data.part.csv", "row": 2, "column": "data.part", "value": "data.part"}
    with pytest.raises(DataError) as error, retold(ours):
        raise DataError("bad", **place, hint="see --data.part.size")
    assert vars(error.value) == {"problem": "bad", **place, "hint": "see --ours.size"}
    assert str(error.value).endswith("→ see --ours.size")


@pytest.mark.parametrize(
    "fault", [ConfigError("data.part.size is 0"), MissingExtra("a", "b", "data.part.size")], ids=str
)
def test_other_faults_are_told_by_other_names(fault: Exception) -> None:
    with pytest.raises(type(fault), match=r"^ours\.size") as error, retold(ours):
        raise fault
    assert "data.part" not in str(error.value)


def test_faults_of_ours_are_left_alone() -> None:
    with pytest.raises(KeyError, match=r"data\.part"), retold(ours):
        raise KeyError("data.part")
