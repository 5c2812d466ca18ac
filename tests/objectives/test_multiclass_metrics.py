"""Metrics against scikit-learn, alone and through the Trainer."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import calibration_error
from sklearn import metrics as sk
from tiny_models import (
    Batch,
    Recorder,
    loader,
    logits,
    module_of,
    random_batches,
    tiny_card,
    tiny_trainer,
)

from weitiao.models.module import Module
from weitiao.objectives.labels.multiclass_metrics import (
    build_confusion,
    build_scalars,
    f1_per_class,
)

SIZES = (7, 1, 64, 30, 3)


def random_predictions(
    classes: int, present: tuple[int, ...], seed: int = 0
) -> tuple[torch.Tensor, torch.Tensor]:
    """Probabilities ``(N, C)`` and targets ``(N,)`` of ``present`` classes, some of them found."""
    draw = np.random.default_rng(seed)
    targets = draw.choice(present, sum(SIZES), p=draw.dirichlet(np.full(len(present), 3)))
    logits = draw.normal(size=(len(targets), classes))
    logits[np.arange(len(targets)), targets] += 1.0
    absent = [c for c in range(classes) if c not in present]
    logits[:, absent[1:]] -= 20  # the first absent class gets predicted, the others never
    return torch.tensor(logits).float().softmax(-1), torch.tensor(targets)


def by_scikit_learn(probabilities: np.ndarray, targets: np.ndarray) -> dict[str, float]:
    """The same names from scikit-learn; macro over the classes that occur, its own default."""
    found = probabilities.argmax(1)
    scores = {
        f"{name}_{average}": score(targets, found, average=average, zero_division=0)
        for average in ("macro", "micro", "weighted")
        for name, score in (
            ("f1", sk.f1_score),
            ("precision", sk.precision_score),
            ("recall", sk.recall_score),
        )
    }
    areas = [
        sk.roc_auc_score(targets == c, probabilities[:, c]) for c in np.unique(targets).tolist()
    ]
    return scores | {
        "accuracy": sk.accuracy_score(targets, found),
        "auroc": float(np.mean(areas)),
        "mcc": sk.matthews_corrcoef(targets, found),
        "ece": calibration_error(probabilities, targets),
    }


CASES = {
    "two classes": (2, (0, 1)),
    "five classes": (5, (0, 1, 2, 3, 4)),
    "classes that never occur": (6, (0, 2, 4)),
}


@pytest.mark.filterwarnings("ignore:No positive samples")
@pytest.mark.parametrize("case", CASES)
def test_metrics_of_unequal_batches_equal_scikit_learn(case: str) -> None:
    classes, present = CASES[case]
    probabilities, targets = random_predictions(classes, present)
    scalars, confusion = build_scalars(classes), build_confusion(classes)
    for p, t in zip(probabilities.split(SIZES), targets.split(SIZES), strict=True):
        scalars.update(p, t)
        confusion.update(p, t)
    expected = by_scikit_learn(probabilities.numpy(), targets.numpy())
    got = {name: float(value) for name, value in scalars.compute().items()}
    assert got == pytest.approx(expected, abs=1e-6)
    found, every = probabilities.argmax(1), list(range(classes))
    counts = confusion.compute()
    np.testing.assert_array_equal(counts, sk.confusion_matrix(targets, found, labels=every))
    np.testing.assert_allclose(
        f1_per_class(counts),
        sk.f1_score(targets, found, labels=every, average=None, zero_division=0),
    )


def test_a_class_never_predicted_counts_zero_without_a_warning() -> None:
    scalars = build_scalars(2, ranked=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scalars.update(torch.tensor([[0.9, 0.1]] * 4), torch.tensor([0, 0, 0, 1]))
        scores = scalars.compute()
    assert float(scores["precision_macro"]) == pytest.approx(0.375)  # (0.75 + 0) / 2
    assert float(scores["f1_macro"]) == pytest.approx(6 / 7 / 2)
    assert float(scores["mcc"]) == 0


def test_area_under_the_curve_is_not_a_number_where_there_is_one_class() -> None:
    scalars = build_scalars(2)
    scalars.update(torch.rand(5, 2).softmax(-1), torch.zeros(5).long())
    assert scalars.compute()["auroc"].isnan()


def evaluated(module: Module, batches: list[Batch]) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities and targets of all rows."""
    module.eval()
    with torch.inference_mode():
        rows = [logits(module, batch).softmax(-1) for batch in batches]
    return torch.cat(rows).numpy(), torch.cat([b["target"] for b in batches]).numpy()


def test_logged_values_are_of_the_whole_epoch(tmp_path: Path) -> None:
    torch.manual_seed(0)
    batches, module, recorder = random_batches(SIZES), module_of(tiny_card()), Recorder()
    # two sanity batches: they must not stay in the first epoch's values
    trainer = tiny_trainer(tmp_path, recorder, max_epochs=2, num_sanity_val_steps=2)
    trainer.fit(module, loader(random_batches([8, 8], seed=5)), loader(batches))
    probabilities, targets = evaluated(module, batches)
    expected = by_scikit_learn(probabilities, targets)
    logged = recorder.validations[-1]
    assert {k: logged[f"val/{k}"] for k in expected} == pytest.approx(expected, abs=1e-6)
    found = probabilities.argmax(1)
    of_class = sk.f1_score(targets, found, labels=range(3), average=None, zero_division=0)
    assert [logged[f"val/f1_class/label {c}"] for c in range(3)] == pytest.approx(of_class)
    assert logged["val/loss"] == pytest.approx(sk.log_loss(targets, probabilities), rel=1e-5)
    cuts = np.cumsum(SIZES)[:-1]
    per_batch = [
        sk.f1_score(t, f, average="macro", zero_division=0)
        for t, f in zip(np.split(targets, cuts), np.split(found, cuts), strict=True)
    ]
    assert abs(np.mean(per_batch) - logged["val/f1_macro"]) > 0.01  # the trap


def test_sanity_batches_do_not_leak_into_the_first_epoch(tmp_path: Path) -> None:
    def first_epoch(sanity: int) -> dict[str, float]:
        torch.manual_seed(0)
        module, recorder = module_of(tiny_card()), Recorder()
        trainer = tiny_trainer(tmp_path, recorder, max_epochs=1, num_sanity_val_steps=sanity)
        trainer.fit(module, loader(random_batches([8])), loader(random_batches(SIZES, seed=3)))
        return recorder.validations[0]

    assert first_epoch(3) == first_epoch(0)


def test_test_split_has_metrics_of_its_own(tmp_path: Path) -> None:
    torch.manual_seed(0)
    module, batches = module_of(tiny_card()), random_batches(SIZES)
    trainer = tiny_trainer(tmp_path)
    trainer.validate(module, loader(random_batches([9], seed=9)), verbose=False)
    (logged,) = trainer.test(module, loader(batches), verbose=False)
    assert all(name.startswith("test/") for name in logged)
    expected = by_scikit_learn(*evaluated(module, batches))
    assert {k: logged[f"test/{k}"] for k in expected} == pytest.approx(expected, abs=1e-6)
