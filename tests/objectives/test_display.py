"""People see shares in per cent, everywhere with their unit, and no minus before nothing."""

from __future__ import annotations

import pytest

from weitiao.evaluation.significance import mean_and_sd
from weitiao.objectives.display import cell, said, titled


@pytest.mark.parametrize(
    ("metric", "value", "title", "shown", "sentence"),
    [
        ("val/f1_macro", 0.84771, "val/f1_macro, %", "84.77", "84.77 %"),
        ("test/f1_class/loss", 0.5, "test/f1_class/loss, %", "50.00", "50.00 %"),
        ("val/r2", -0.00001, "val/r2, %", "0.00", "0.00 %"),
        ("val/r2", -0.25, "val/r2, %", "-25.00", "-25.00 %"),
        ("val/loss", 0.53214, "val/loss", "0.5321", "0.5321"),
        ("test/mae", 1234.5, "test/mae", "1,234.5000", "1,234.5000"),
        ("test/mse", -1e-9, "test/mse", "0.0000", "0.0000"),
        ("latency_ms", 12.34567, "latency_ms", "12.3457", "12.3457"),
    ],
)
def test_a_score_has_one_form(
    metric: str, value: float, title: str, shown: str, sentence: str
) -> None:
    assert (titled(metric), cell(metric, value), said(metric, value)) == (title, shown, sentence)


def test_a_difference_has_its_sign_and_a_spread_the_unit_of_its_mean() -> None:
    assert (cell("val/f1", 0.012, "+"), cell("val/f1", -1e-7, "+")) == ("+1.20", "+0.00")
    assert mean_and_sd([0.5, 0.6], "test/f1_macro") == "55.00 ± 7.07"
    assert mean_and_sd([0.5, 0.6], "test/mae") == "0.5500 ± 0.0707"
