"""Metrics of paths by hand and against scikit-learn; what a prediction says of each level."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from sklearn import metrics as sk
from tiny_models import tiny_card

from weitiao.objectives import Hierarchical

PATHS = ["a", "a/x", "a/y/1", "b/x", "b/y"]


def hierarchical() -> Hierarchical:
    card = tiny_card(task="hierarchical", labels=PATHS, label_counts=[1] * len(PATHS))
    return Hierarchical(card, SimpleNamespace(width=4))


def prefixes(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:depth]) for depth in range(1, len(parts) + 1)]


def test_metrics_count_the_nodes_of_paths() -> None:
    draw = np.random.default_rng(0)
    targets = torch.tensor(draw.choice([0, 1, 2, 4], 200))  # b/x is found, and never true
    probabilities = torch.tensor(draw.dirichlet(np.ones(5), 200)).float()
    probabilities[range(200), targets] += 0.3
    probabilities /= probabilities.sum(1, keepdim=True)
    objective = hierarchical()
    metrics = objective.metrics()
    for part in (slice(7), slice(7, 200)):
        metrics.update(probabilities[part], targets[part])
    got = {name: float(value) for name, value in metrics.compute().items()}
    assert sorted(got) == sorted(metrics.names())
    assert {name for name, _ in objective.shown} <= got.keys()
    found = objective.decide(probabilities)
    true_of, found_of = ([prefixes(PATHS[c]) for c in x.tolist()] for x in (targets, found))
    hits = sum(len({*t} & {*f}) for t, f in zip(true_of, found_of, strict=True))
    precision, recall = (hits / sum(map(len, of)) for of in (found_of, true_of))
    assert got["precision_hierarchical"] == pytest.approx(precision)
    assert got["recall_hierarchical"] == pytest.approx(recall)
    assert got["f1_hierarchical"] == pytest.approx(2 * precision * recall / (precision + recall))
    for level in range(3):
        true, said = ([(p[level:] or [""])[0] for p in of] for of in (true_of, found_of))
        nodes = sorted({*true, *said} - {""})
        f1 = sk.f1_score(true, said, labels=nodes, average="macro", zero_division=0)
        assert got[f"f1_level/{level + 1}"] == pytest.approx(f1)
    assert got["f1_macro"] == pytest.approx(sk.f1_score(targets, found, average="macro"))
    at_once = objective.measure(probabilities, found, targets)
    assert {name: float(value) for name, value in at_once.items()} == pytest.approx(got)


def test_a_prediction_has_the_node_of_each_level_and_its_probability() -> None:
    said = np.array([[0.1, 0.2, 0.3, 0.4, 0.0], [0.5, 0.1, 0.1, 0.3, 0.0]])
    columns = hierarchical().columns(said, np.array([2, 0]), ["", ""])
    assert columns["level_1"] == ["a", "a"]
    assert columns["p_level_1"] == pytest.approx([0.6, 0.7])
    assert columns["level_2"] == ["y", None]
    assert columns["p_level_2"] == [pytest.approx(0.3), None]
    assert columns["level_3"] == ["1", None]
