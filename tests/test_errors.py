"""Faults name arguments, and a command names its options in their place."""

from __future__ import annotations

import pickle

from weitiao.errors import ConfigError, DataError

OPTIONS = {"rate": "model.optim.rate", "sheet": "data.sheet"}


def test_an_argument_at_fault_is_told_as_it_is_called_here() -> None:
    fault = ConfigError("must be above 0, got 0", field="rate", hint="{--rate} 0.1")
    assert str(fault) == "rate must be above 0, got 0\n  → rate 0.1"
    fault.place(OPTIONS.get)
    assert fault.field == "model.optim.rate"
    assert str(fault) == "model.optim.rate must be above 0, got 0\n  → --model.optim.rate 0.1"


def test_a_sentence_stands_behind_the_argument_and_an_unknown_argument_stays() -> None:
    fault = ConfigError(": there is no such model", field="name")
    fault.place(OPTIONS.get)
    assert str(fault) == "name: there is no such model"


def test_ways_out_that_a_command_lacks_are_left_out() -> None:
    fault = ConfigError("bad", hint="{--aside} true; a larger {--rate}, or {--none}; or mend it")
    fault.place(OPTIONS.get, dashes="")
    assert str(fault) == "bad\n  → or mend it"


def test_a_fault_in_a_file_keeps_its_place_and_what_stands_there() -> None:
    place = {"file": "rate.csv", "row": 2, "column": "sheet", "value": "{sheet}; {--}"}
    fault = DataError("bad", **place, hint="{--sheet} 'a; b'")
    fault.place(OPTIONS.get)
    told = "rate.csv, row 2, column 'sheet': bad (value: '{sheet}; {--}')"
    assert str(fault) == f"{told}\n  → --data.sheet 'a; b'"


def test_a_fault_comes_whole_out_of_another_process() -> None:
    for fault in (
        DataError("bad", file="a.csv", hint="{--sheet} b"),
        ConfigError("bad", field="rate"),
    ):
        assert str(pickle.loads(pickle.dumps(fault))) == str(fault)
