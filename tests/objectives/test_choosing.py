"""One of a row's options: the softmax of a row, its metrics, and what no model can tell."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch
from sklearn.metrics import accuracy_score
from tiny_models import FROM_SCRATCH, LENGTH, VOCABULARY, padded, random_texts

from weitiao.card import DataCard, TokenInput
from weitiao.errors import ConfigError
from weitiao.models.module import Module
from weitiao.objectives.choices.baseline import MostShared, nearest
from weitiao.objectives.choices.choosing import Choosing
from weitiao.objectives.choices.metrics import ChoiceMetrics
from weitiao.objectives.heads import Head
from weitiao.targets.choice import ChoiceTarget

CARD = DataCard(TokenInput(VOCABULARY, 1, LENGTH, pair=True, options=True), ChoiceTarget([3, 2, 1]))
Batch = dict[str, Any]


def batch_of(rows: list[list[list[int]]], targets: list[int]) -> Batch:
    """A batch of rows of sequences of ids, of which the last two are an option."""
    made = padded([ids for row in rows for ids in row])
    options = torch.full((len(rows), max(map(len, rows))), -1)
    numbers = iter(range(len(made["row"])))
    for i, row in enumerate(rows):
        options[i, : len(row)] = torch.tensor([next(numbers) for _ in row])
    lengths = made["inputs"]["attention_mask"].sum(1, keepdim=True)
    place = torch.arange(made["inputs"]["input_ids"].shape[1])
    kinds = ((place >= lengths - 2) & (place < lengths)).long()
    inputs = made["inputs"] | {"token_type_ids": kinds}
    order = {"row": torch.arange(len(rows)), "target": torch.tensor(targets)}
    return {"inputs": inputs, "options": options, **order}


def random_rows(counts: list[int], seed: int = 0) -> list[list[list[int]]]:
    texts = iter(random_texts(sum(counts), seed))
    return [[next(texts) for _ in range(count)] for count in counts]


def module_of(backbone: str = "lstm") -> Module:
    torch.manual_seed(0)
    return Module(CARD, FROM_SCRATCH[backbone], Choosing).eval()


@pytest.mark.parametrize("backbone", FROM_SCRATCH)
def test_a_row_is_the_same_in_whatever_batch(backbone: str) -> None:
    rows, module = random_rows([2, 4, 3, 5]), module_of(backbone)
    with torch.inference_mode():
        together = module(batch_of(rows, [0, 1, 2, 3]))
        alone = [module(batch_of([row], [0]))[0] for row in rows]
        backwards = module(batch_of(rows[::-1], [3, 2, 1, 0]))[::-1]
    assert [*map(len, together)] == [2, 4, 3, 5]
    for one, two, three in zip(together, alone, backwards, strict=True):
        assert one == pytest.approx(two, abs=1e-6)
        assert one == pytest.approx(three, abs=1e-6)
        assert sum(one) == pytest.approx(1, abs=1e-6)


def test_the_loss_is_the_cross_entropy_of_each_rows_own_scores() -> None:
    rows, module = random_rows([2, 4, 3]), module_of()
    batch = batch_of(rows, [1, 3, 0])
    found = module.objective.evaluate(module.backbone, batch)
    said = [row[right] for row, right in zip(found.predictions, [1, 3, 0], strict=True)]
    assert found.losses.tolist() == pytest.approx([-np.log(p) for p in said], rel=1e-4)
    loss = module.objective.loss(module.backbone, batch)
    assert float(loss.value) == pytest.approx(float(found.losses.mean()), rel=1e-5)
    assert int(loss.size) == 3


def test_gradients_of_rows_with_fewer_options_are_finite() -> None:
    module = module_of().train()
    module.objective.loss(module.backbone, batch_of(random_rows([2, 5]), [0, 4])).value.backward()
    gradients = [p.grad for p in module.parameters() if p.grad is not None]
    assert gradients
    assert all(torch.isfinite(gradient).all() for gradient in gradients)


def test_an_option_is_compared_with_what_is_asked() -> None:
    """A bag's vectors are added up: alone, they say the same of an option after any question."""
    module: Any = module_of("bag")
    options = [[20, 21], [30, 31]]
    rows = [[[question, *option] for option in options] for question in (5, 6)]
    batch = batch_of(rows, [0, 1])
    with torch.no_grad():
        one, other = module(batch)
        assert one == pytest.approx(other, abs=0.02)  # of n-grams over the edge alone
    optimiser = torch.optim.Adam(module.parameters(), 0.02)
    for _ in range(60):
        optimiser.zero_grad()
        module.objective.loss(module.backbone, batch).value.backward()
        optimiser.step()
    assert module.objective.decide(module(batch)).tolist() == [0, 1]
    assert module.objective.beside.weight.abs().max() > 0.01


def test_swapped_options_are_swapped_probabilities() -> None:
    ((one, two),), module = random_rows([2]), module_of()
    with torch.inference_mode():
        there, back = (module(batch_of([row], [0]))[0] for row in ([one, two], [two, one]))
    assert there == pytest.approx(back[::-1], abs=1e-6)


def test_metrics_are_those_of_hand_and_of_scikit_learn() -> None:
    said = [[0.6, 0.4], [0.2, 0.5, 0.3], [0.1, 0.2, 0.3, 0.4], [0.5, 0.5]]
    right = torch.tensor([0, 2, 0, 1])
    objective: Any = module_of().objective
    decided = objective.decide(said)
    assert decided.tolist() == [0, 1, 3, 0]
    found = objective.measure(said, decided, right)
    assert float(found["accuracy"]) == accuracy_score(right, decided) == 0.25
    assert float(found["mrr"]) == pytest.approx((1 + 1 / 2 + 1 / 4 + 1 / 2) / 4)
    # each confidence has a bin of its own but the two of 0.5, which is right in none
    assert float(found["ece"]) == pytest.approx((0.4 + 2 * 0.5 + 0.4) / 4, abs=1e-6)
    metrics = ChoiceMetrics()
    for some in (slice(0, 1), slice(1, 4)):
        metrics.update(said[some], right[some])
    assert metrics.compute() == found
    assert metrics.names() == [*found]
    assert objective.measure(None, decided, right, ranked=False) == {"accuracy": found["accuracy"]}


def test_equal_options_are_no_merit() -> None:
    objective: Any = module_of().objective
    found = objective.measure([[0.25] * 4] * 4, None, torch.arange(4))
    assert (float(found["accuracy"]), float(found["mrr"])) == (0.25, 0.25)


def told(rows: list[list[list[int]]], targets: list[int], split: str = "val") -> list[str]:
    batch = batch_of(rows, targets)
    return [*module_of().objective.lost(split, lambda: [batch], lambda row: f"row {row}")]


def test_rows_whose_right_option_reads_as_another_are_counted_and_refused() -> None:
    same = [[5, 6], [5, 6], [7, 8]]
    others = random_rows([3] * 9)
    assert told(others, [0] * 9) == []
    assert told([same, *others], [2] * 10) == []  # two wrong ones may well be alike
    (line,) = told([*others, same], [0] * 10, "train")
    assert "1 of 10 rows of train (10.0%) have a right option" in line
    assert "(first: row 9)" in line
    with pytest.raises(ConfigError, match="2 of 3 rows of train"):
        told([same, same, others[0]], [0, 1, 0], "train")


def test_the_baseline_says_what_shares_most_with_the_question() -> None:
    assert nearest("这里有一只猫", ["狗", "一只猫", "猫"]) == 1
    assert nearest("这里有一只猫", ["小狗", "猫", "大猫"]) == 1
    assert nearest("A cat sat", ["dogs", "the Cat"]) == 1
    assert nearest("无", ["甲", "乙"]) == 0
    test = pa.table({"text": ["有猫", "有狗"], "pair": ['["狗", "猫"]', '["狗", "猫", "鱼"]']})
    targets = {"train": np.array([2, 2, 0]), "test": np.array([1, 0])}
    found = MostShared().measure({"test": test}, targets, lambda said, true: 0.0)
    assert found.predicted.tolist() == found.targets.tolist() == [1, 0]
    assert found.simpler["majority"].tolist() == [1, 2]  # C, or the last there is


@pytest.mark.parametrize(
    ("card", "options", "said"),
    [
        (CARD, {"head": Head(start="probe")}, "of whole rows only"),
        (DataCard(TokenInput(9, 1, 8, pair=True), CARD.target), {}, "a choice needs options"),
    ],
)
def test_what_does_not_fit_is_refused(card: DataCard, options: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Choosing(card, FROM_SCRATCH["bag"](CARD), **options)
