import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

import pytest
from jsonargparse import ArgumentParser
from torch import optim

from weitiao.config.serialization import plain


@dataclass(frozen=True)
class Inner:
    steps: tuple[str, ...] = ("a", "b")
    rate: float | None = None


@dataclass(frozen=True)
class Outer:
    inner: Inner = Inner()
    on: bool = True


class Wheel:
    def __init__(self, size: int = 1) -> None:
        self.size = size


@pytest.mark.parametrize("value", [None, True, 3, 0.5, "好", [], {}])
def test_plain_values_stay(value):
    assert plain(value) == value


def test_dataclasses_and_tuples_become_what_json_gives_back():
    written = plain(Outer(Inner(rate=0.1)))
    assert written == {"inner": {"steps": ["a", "b"], "rate": 0.1}, "on": True}
    assert json.loads(json.dumps(written)) == written


def test_dictionaries_get_keys_of_strings():
    assert plain({1: (Inner(),)}) == {"1": [{"steps": ["a", "b"], "rate": None}]}


def test_a_class_is_named_with_its_defaults():
    assert plain(Wheel) == {"class_path": f"{__name__}.Wheel", "init_args": {"size": 1}}


def test_a_partial_of_a_class_keeps_its_arguments():
    assert plain(partial(Wheel, size=(1, 2))) == {
        "class_path": f"{__name__}.Wheel",
        "init_args": {"size": [1, 2]},
    }


def test_a_factory_made_by_the_command_line_is_what_was_given():
    parser = ArgumentParser()
    parser.add_argument("--optim", type=Callable[[Iterable], optim.Optimizer])
    parsed = parser.parse_args(["--optim=torch.optim.SGD", "--optim.init_args.lr=0.5"])
    written = plain(parser.instantiate(parsed).optim)
    assert written["class_path"] == "torch.optim.SGD"
    assert written["init_args"]["lr"] == 0.5
    again = parser.instantiate(parser.parse_object({"optim": written})).optim
    assert plain(again) == written


@pytest.mark.parametrize(
    "value", [lambda x: x, {"deep": [lambda x: x]}, partial(lambda size: size, size=1), {1}, len]
)
def test_what_cant_be_written_is_refused(value):
    with pytest.raises(TypeError, match="can't write"):
        plain(value)
