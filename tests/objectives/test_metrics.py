"""Scores of many labels, of numbers and of scales against scikit-learn and SciPy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn import metrics as sk
from tiny_models import tiny_card
from torch import nn

from weitiao.card import Task
from weitiao.objectives.metrics import FIRST, build_metrics, measure, metric_names, ranks
from weitiao.objectives.thresholding import Decision

LABELS = [f"label {c}" for c in range(4)]


def test_scores_of_many_labels_are_those_of_scikit_learn() -> None:
    draw = np.random.default_rng(0)
    targets = draw.random((200, 4)) < [0.5, 0.2, 0.0, 0.3]  # the third never occurs
    targets[:10] = False
    found = np.clip(0.6 * targets + 0.6 * draw.random((200, 4)), 0, 1)
    found[:5] = 0.0  # no label, and none expected
    given = found >= 0.5
    card = tiny_card(4, task="multilabel")
    decide = Decision("half").build(card)
    scores = build_metrics(card, decide)
    for part in (slice(7), slice(7, 150), slice(150, 200)):
        scores.update(torch.tensor(found[part]), torch.tensor(targets[part]).to(torch.uint8))
    got = {name: float(value) for name, value in scores.compute().items()}
    expected = {
        f"{name}_{average}": score(targets, given, average=average, zero_division=0)
        for average in ("macro", "micro", "weighted")
        for name, score in (
            ("f1", sk.f1_score),
            ("precision", sk.precision_score),
            ("recall", sk.recall_score),
        )
    }
    occurring = [0, 1, 3]
    # torchmetrics leaves a label that neither occurs nor is given out of the macro mean
    per_label = sk.f1_score(targets, given, average=None, zero_division=0)
    expected |= {
        "f1_samples": sk.f1_score(targets, given, average="samples", zero_division=1),
        "exact_match": sk.accuracy_score(targets, given),
        "hamming": sk.hamming_loss(targets, given),
        "auroc": np.mean([sk.roc_auc_score(targets[:, c], found[:, c]) for c in occurring]),
        "average_precision": np.mean(
            [sk.average_precision_score(targets[:, c], found[:, c]) for c in occurring]
        ),
        **{f"f1_class/{x}": f1 for x, f1 in zip(LABELS, per_label, strict=True)},
    }
    assert got == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("ties", [False, True])
def test_scores_of_a_regression_are_those_of_scipy(ties: bool) -> None:
    draw = np.random.default_rng(1)
    true = 1000 + draw.normal(size=500)  # far from 0, where float32 loses digits
    found = true + 0.5 * draw.normal(size=500)
    if ties:
        true, found = np.round(true), np.round(found, 1)
    scores = build_metrics(tiny_card(task="regression", labels=[]), nn.Identity())
    for part in (slice(3), slice(3, 500)):
        scores.update(torch.tensor(found[part]), torch.tensor(true[part]))
    expected = {
        "r2": sk.r2_score(true, found),
        "pearson": stats.pearsonr(true, found).statistic,
        "spearman": stats.spearmanr(true, found).statistic,
        "mse": sk.mean_squared_error(true, found),
        "mae": sk.mean_absolute_error(true, found),
    }
    assert {k: float(v) for k, v in scores.compute().items()} == pytest.approx(expected, rel=1e-6)


def test_equal_values_share_their_mean_rank() -> None:
    values = torch.tensor([3.0, 1.0, 3.0, 2.0, 3.0])
    assert ranks(values).tolist() == stats.rankdata(values).tolist()


def test_a_scale_knows_how_far_a_mistake_is() -> None:
    draw = np.random.default_rng(2)
    targets = draw.integers(0, 5, 300)
    found = np.clip(targets + draw.integers(-2, 3, 300), 0, 4)
    card = tiny_card(5, task="ordinal")
    got = measure(
        torch.eye(5)[found], torch.tensor(found), torch.tensor(targets), card, ranked=True
    )
    assert float(got["mae"]) == pytest.approx(np.abs(found - targets).mean())
    kappa = sk.cohen_kappa_score(targets, found, weights="quadratic")
    assert float(got["qwk"]) == pytest.approx(kappa, abs=1e-6)
    assert float(got["f1_macro"]) == pytest.approx(sk.f1_score(targets, found, average="macro"))


@pytest.mark.filterwarnings("ignore:No positive samples")
@pytest.mark.parametrize("task", FIRST)
def test_the_names_of_scores_are_known_before_there_is_a_row(task: Task) -> None:
    card = tiny_card(4, task=task, labels=[] if task == "regression" else LABELS)
    names = metric_names(card)
    assert FIRST[task] in names
    assert len(set(names)) == len(names)
