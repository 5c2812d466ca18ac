"""Scores of many labels, of numbers and of scales against scikit-learn and SciPy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn import metrics as sk
from tiny_models import OBJECTIVES, objective_of, tiny_card

from weitiao.objectives.labels.thresholding import Decision
from weitiao.objectives.metrics import ranks

LABELS = [f"label {c}" for c in range(4)]


def test_scores_of_many_labels_are_those_of_scikit_learn() -> None:
    draw = np.random.default_rng(0)
    targets = draw.random((200, 4)) < [0.5, 0.2, 0.0, 0.3]  # the third never occurs
    targets[:10] = False
    found = np.clip(0.6 * targets + 0.6 * draw.random((200, 4)), 0, 1)
    found[:5] = 0.0  # no label, and none expected
    given = found >= 0.5
    card = tiny_card(4, task="multilabel")
    scores = objective_of(card, decision=Decision("half")).metrics()
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
    scores = objective_of(tiny_card(task="regression", labels=[])).metrics()
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
    rows = torch.eye(5)[found], torch.tensor(found), torch.tensor(targets)
    got = objective_of(card).measure(*rows)
    assert float(got["mae"]) == pytest.approx(np.abs(found - targets).mean())
    kappa = sk.cohen_kappa_score(targets, found, weights="quadratic")
    assert float(got["qwk"]) == pytest.approx(kappa, abs=1e-6)
    assert float(got["f1_macro"]) == pytest.approx(sk.f1_score(targets, found, average="macro"))


@pytest.mark.filterwarnings("ignore:No positive samples")
@pytest.mark.parametrize("task", OBJECTIVES)
def test_the_names_of_metrics_are_those_that_are_computed(task: str) -> None:
    card = tiny_card(4, task=task, labels=[] if task == "regression" else LABELS)
    objective = objective_of(card)
    metrics, rows = objective.metrics(), torch.arange(4)
    targets = {"multilabel": torch.eye(4).int(), "regression": rows.float()}.get(task, rows)
    metrics.update(rows.float() if task == "regression" else torch.eye(4), targets)
    names = metrics.names()
    assert sorted(names) == sorted(metrics.compute())
    assert {objective.first, *objective.need_difference} <= {*names}
    assert {name for name, _ in objective.shown} <= {*names}
