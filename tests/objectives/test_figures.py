"""The picture of a confusion matrix: every count, hanzi, and bounds where classes are many."""

from __future__ import annotations

import io
import tracemalloc

import numpy as np
import pytest
from evaluated_rows import LABELS

from weitiao.objectives.figures import confusion_figure


def test_the_confusion_matrix_shows_every_count(recwarn: pytest.WarningsRecorder) -> None:
    counts = np.array([[5, 1, 0], [2, 1234, 7], [0, 0, 0]])
    true, found = (
        np.repeat(place, counts.ravel()) for place in np.indices(counts.shape).reshape(2, -1)
    )
    figure = confusion_figure(found, true, LABELS)
    figure.savefig(io.BytesIO(), format="png")  # draws: a missing glyph would warn
    axes = figure.axes[0]
    assert [t.get_text() for t in axes.texts] == [f"{c:,}" for c in counts.ravel()]
    names = [t.get_text() for t in axes.get_yticklabels()]
    assert [name.split()[0] for name in names] == ["0", "1", "2"]
    assert not recwarn.list


def test_hanzi_are_drawn_in_a_font_that_has_them(monkeypatch: pytest.MonkeyPatch) -> None:
    # pretends that the one font at hand is a Chinese one: it must be named to the labels
    monkeypatch.setattr("weitiao.objectives.figures.CJK_FONTS", ("DejaVu Serif",))
    label = (
        confusion_figure(np.arange(2), np.arange(2), ["好评", "差评"]).axes[0].get_yticklabels()[0]
    )
    assert label.get_text() == "0 好评"
    assert label.get_fontfamily()[0] == "DejaVu Serif"


@pytest.mark.slow
def test_the_picture_of_many_classes_is_bounded_and_shows_the_most_confused() -> None:
    classes, draw = 3000, np.random.default_rng(0)
    true = np.repeat(np.arange(classes), 20)
    found = np.where(draw.random(len(true)) < 0.01, draw.integers(classes, size=len(true)), true)
    found[true == 2345] = 17  # confused most
    labels = [f"第{c}类 $a_{c}^" + "长" * 500 for c in range(classes)]
    tracemalloc.start()
    figure = confusion_figure(found, true, labels)
    figure.savefig(io.BytesIO(), format="png")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100e6
    assert max(figure.get_size_inches()) <= 12
    axes = figure.axes[0]
    shown = [int(name.get_text().split()[0]) for name in axes.get_yticklabels()]
    assert shown == sorted(shown)
    assert {17, 2345} <= set(shown)
    assert len(shown) == 20
    row, column = shown.index(2345), shown.index(17)
    assert axes.texts[row * 20 + column].get_text() == "20"
    assert axes.images[0].get_array()[row, column] == 1.0
