"""The loss against its formula, class weights against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.utils.class_weight import compute_class_weight

from weitiao.errors import ConfigError
from weitiao.models.losses import Loss

COUNTS = [30, 5, 65]
TARGETS = torch.tensor([0, 1, 2, 2, 0, 1, 2])
LOGITS = torch.randn(7, 3, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("weights", ["none", "balanced"])
def test_loss_equals_the_formula(smoothing: float, weights: str) -> None:
    w = np.array([100 / (3 * n) for n in COUNTS]) if weights == "balanced" else np.ones(3)
    log_p = (LOGITS - LOGITS.logsumexp(-1, keepdim=True)).numpy()
    rows = [
        -(1 - smoothing) * w[t] * log_p[i, t] - smoothing / 3 * (w * log_p[i]).sum()
        for i, t in enumerate(TARGETS)
    ]
    expected = sum(rows) / sum(w[t] for t in TARGETS)
    loss = Loss(label_smoothing=smoothing, class_weights=weights).build(COUNTS)  # type: ignore[arg-type]
    assert float(loss(LOGITS, TARGETS)) == pytest.approx(expected, rel=1e-5)


def test_balanced_weights_equal_scikit_learns() -> None:
    labels = np.repeat(np.arange(3), COUNTS)
    expected = compute_class_weight("balanced", classes=np.arange(3), y=labels)
    weight = Loss(class_weights="balanced").build(COUNTS).weight
    np.testing.assert_allclose(weight, expected, rtol=1e-6)


def test_balanced_weights_of_a_class_without_rows_are_refused() -> None:
    with pytest.raises(ConfigError, match="no row in train"):
        Loss(class_weights="balanced").build([3, 0])
