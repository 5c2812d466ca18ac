"""What the parser makes of values before any class sees them."""

from __future__ import annotations

import lightning.pytorch as L
import pytest

from weitiao.training.training_parser import TrainingParser


class FloatFirst(L.Trainer):
    """A Trainer whose unions begin with float, as Lightning's do after some imports."""


def _init(self, limit_test_batches=None) -> None:
    """Takes one option."""


_init.__annotations__ = {"limit_test_batches": float | int | None}
FloatFirst.__init__ = _init


@pytest.mark.parametrize(
    ("given", "expected"), [("1", 1), ("1.0", 1.0), ("0.5", 0.5), ("null", None)]
)
def test_a_whole_number_of_batches_is_no_share(given: str, expected: float | None):
    parser = TrainingParser()
    parser.add_lightning_class_args(FloatFirst, "trainer")
    found = parser.parse_args([f"--trainer.limit_test_batches={given}"]).trainer.limit_test_batches
    assert found == expected
    assert type(found) is type(expected)
