"""Which labels a row is given: thresholds of validation, bounds of their number."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from sklearn.metrics import f1_score
from tiny_models import Batch, loader, module_of, padded, random_texts, tiny_card, tiny_trainer

from weitiao.card import DataCard
from weitiao.errors import ConfigError
from weitiao.models.module import Module
from weitiao.objectives.labels.thresholding import Decision, best_for_all, best_for_each


def card(labels: int = 4) -> DataCard:
    return tiny_card(labels, task="multilabel")


def drawn(rows: int = 300, labels: int = 4, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Probabilities that rank well but are far too low, and what is true."""
    draw = np.random.default_rng(seed)
    targets = draw.random((rows, labels)) < [0.5, 0.2, 0.05, 0.3][:labels]
    found = 0.3 * (0.35 * draw.random((rows, labels)) + 0.65 * targets * draw.random((rows, 1)))
    return torch.tensor(found).float(), torch.tensor(targets).to(torch.uint8)


def macro_f1(given: np.ndarray, targets: torch.Tensor) -> float:
    return float(f1_score(targets.numpy(), given, average="macro", zero_division=0))


def test_one_threshold_is_the_best_of_the_grid() -> None:
    found, targets = drawn()
    grid = np.linspace(0, 1, 201)[1:-1]
    best = max(macro_f1(found.numpy() >= t, targets) for t in grid)
    threshold = best_for_all(found, targets)
    assert macro_f1(found.numpy() >= threshold, targets) == pytest.approx(best)
    assert best > macro_f1(found.numpy() >= 0.5, targets) + 0.3


def test_each_label_gets_the_best_of_all_cuts() -> None:
    found, targets = drawn()
    thresholds = best_for_each(found, targets)
    for c in range(4):
        p, t = found[:, c].numpy(), targets[:, c].numpy()
        best = max(f1_score(t, p >= cut, zero_division=0) for cut in p)
        assert f1_score(t, p >= thresholds[c].item()) == pytest.approx(best)


def test_equal_probabilities_are_not_torn_apart() -> None:
    found = torch.tensor([[0.2], [0.2], [0.2], [0.1]])
    thresholds = best_for_each(found, torch.tensor([[1], [1], [0], [0]]))
    assert thresholds.item() == pytest.approx(0.15)


def test_a_label_that_validation_lacks_keeps_one_half() -> None:
    found, targets = drawn()
    targets[:, 2] = 0
    assert best_for_each(found, targets)[2] == 0.5


def test_bounds_of_the_number_of_labels_hold() -> None:
    found, _ = drawn()
    free: Any = Decision("half").build(4)
    assert not free(found).any()
    least: Any = Decision("half", at_least=1).build(4)
    assert least(found).sum(1).tolist() == [1] * 300
    assert torch.equal(least(found).float().argmax(1), found.argmax(1))
    most: Any = Decision("half", at_most=2).build(4)
    most.threshold.fill_(0.0)
    assert most(found).sum(1).tolist() == [2] * 300
    top = found.topk(2).indices.sort().values
    assert torch.equal(most(found).nonzero()[:, 1].view(300, 2), top)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"at_least": -1}, "at_least"),
        ({"at_least": 3, "at_most": 2}, "at_most"),
        ({"at_least": 9}, "4 labels"),
    ],
)
def test_decisions_that_make_no_sense_are_refused(options: dict[str, int], problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        Decision(**options).build(4)


def test_thresholds_are_of_the_epoch_of_the_checkpoint(tmp_path: Any) -> None:
    torch.manual_seed(0)
    texts, draw = random_texts(48), torch.Generator().manual_seed(1)
    targets = (torch.rand(48, 4, generator=draw) < 0.2).to(torch.uint8)

    def batch(rows: slice) -> Batch:
        return padded(texts[rows]) | {"target": targets[rows]}

    module = module_of(card(), decision=Decision("each"))
    trainer = tiny_trainer(tmp_path, max_epochs=1, num_sanity_val_steps=1)
    val = batch(slice(24, 48))
    trainer.fit(module, loader([batch(slice(24))]), loader([val]))
    trainer.save_checkpoint(tmp_path / "a.ckpt")
    again = Module.load_from_checkpoint(tmp_path / "a.ckpt", weights_only=True).eval()
    with torch.no_grad():
        found = again(val)
    torch.testing.assert_close(
        again.objective.thresholds.threshold, best_for_each(found, targets[24:])
    )
    expected = macro_f1(again.objective.decide(found).numpy(), targets[24:])
    assert float(trainer.callback_metrics["val/f1_macro"]) == pytest.approx(expected)
