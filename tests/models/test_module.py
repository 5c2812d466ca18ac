"""The module in the Trainer: it learns, whatever the task, and weighs batches by their rows."""

from __future__ import annotations

from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch.callbacks import Callback
from lightning_utilities.core.apply_func import apply_to_collection
from tiny_models import (
    FROM_SCRATCH,
    POOLINGS,
    Batch,
    Recorder,
    loader,
    logits,
    loss_of,
    module_of,
    padded,
    random_batches,
    random_texts,
    save_pretrained,
    tiny_card,
    tiny_trainer,
)
from torch import Tensor, nn

from weitiao.models.backbones.pretrained import Pretrained
from weitiao.models.backbones.transformer import Transformer
from weitiao.models.module import Module
from weitiao.models.optim import Optimisation
from weitiao.objectives.heads import Head
from weitiao.objectives.labels.classification import Classification, ClassLoss
from weitiao.objectives.wide import Wide

STEADY = Optimisation(lr=1e-3, schedule="constant", warmup=0)


def learned_by_heart(module: Module, target: torch.Tensor, folder: Path) -> dict[str, float]:
    """Scores on 64 rows after 80 steps on them; in one epoch, since each one's end takes time."""
    texts = random_texts(64, longest=10)
    batches = [padded(texts[i : i + 32]) | {"target": target[i : i + 32]} for i in (0, 32)]
    trainer = tiny_trainer(folder, max_epochs=1)
    trainer.fit(module, loader(batches * 40))
    return trainer.validate(module, loader(batches), verbose=False)[0]


def test_the_mean_loss_of_an_epoch_is_over_rows_not_batches(tmp_path: Path) -> None:
    sizes, recorder = [12, 1], Recorder()
    trainer = tiny_trainer(tmp_path, recorder, max_epochs=1)
    trainer.fit(module_of(tiny_card()), loader(random_batches(sizes)))
    mean = sum(n * loss for n, loss in zip(sizes, recorder.losses, strict=True)) / sum(sizes)
    assert float(trainer.callback_metrics["train/loss_epoch"]) == pytest.approx(mean)


QUICK = Optimisation(lr=5e-3)


@pytest.mark.parametrize(
    ("backbone", "pooling", "kind"),
    [
        pytest.param(
            *(backbone, pooling, kind),
            marks=[] if (pooling, kind) == ("mean", "linear") else [pytest.mark.slow],
        )
        for backbone, pooling, kind in product(FROM_SCRATCH, POOLINGS, ("linear", "mlp"))
        # one position of these sees some ids only, so it can't know the row
        if not (pooling in ("cls", "last") and backbone in ("textcnn", "bag"))
        if not (pooling == "cls" and backbone == "gru")
        if kind == "linear" or backbone in ("transformer", "textcnn")
    ],
)
def test_64_rows_are_learned_by_heart(
    backbone: str, pooling: str, kind: str, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    head = Head(kind, dropout=0.0)  # type: ignore[arg-type]
    module = module_of(tiny_card(2), FROM_SCRATCH[backbone], QUICK, pooling=pooling, head=head)
    scores = learned_by_heart(module, torch.arange(64) % 2, tmp_path)
    assert scores["val/accuracy"] >= 0.99


SMALL = partial(Transformer, layers=1, width=32, heads=2, dropout=0.0)
TARGETS = {
    "multilabel": torch.stack([torch.arange(64) % 2, torch.arange(64) % 3 == 0], 1).byte(),
    "ordinal": torch.arange(64) % 3,
    "regression": 100 + 10 * torch.sin(torch.arange(64.0)),
}


@pytest.mark.parametrize("kind", ["linear", "mlp"])
@pytest.mark.parametrize(
    "pooling", ["mean", *(pytest.param(p, marks=pytest.mark.slow) for p in POOLINGS if p != "mean")]
)
@pytest.mark.parametrize("task", TARGETS)
def test_every_task_is_learned_by_heart(task: str, pooling: str, kind: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    labels = {"multilabel": ["a", "b"], "ordinal": ["a", "b", "c"], "regression": []}[task]
    target = TARGETS[task]
    moments = {"target_mean": 100.0, "target_scale": float(target.float().std())}
    card = tiny_card(task=task, labels=labels, **moments)
    head = Head(kind, dropout=0.0)  # type: ignore[arg-type]
    module = module_of(card, SMALL, QUICK, pooling=pooling, head=head)
    scores = learned_by_heart(module, target, tmp_path)
    if task == "regression":
        assert scores["val/r2"] >= 0.95
    else:
        assert scores["val/exact_match" if task == "multilabel" else "val/accuracy"] >= 0.99


class Gradients(Module):
    """Keeps the gradient of each step, as the optimiser gets it."""

    def configure_gradient_clipping(self, *_: Any, **__: Any) -> None:
        grads = [p.grad.flatten() for p in self.parameters() if p.grad is not None]
        self.seen = [*getattr(self, "seen", []), torch.cat(grads).clone()]


@pytest.mark.parametrize(
    "loss",
    [
        ClassLoss(),
        ClassLoss(class_weights="balanced", label_smoothing=0.1),
        ClassLoss("focal", class_weights="balanced"),
    ],
)
def test_accumulated_batches_learn_as_one_large_batch(loss: ClassLoss, tmp_path: Path) -> None:
    large = random_batches([9, 9, 5])
    parts = [(0, 1), (1, 3), (3, 9), (0, 5), (5, 6), (6, 9), (0, 4), (4, 5)]  # the last: too few
    small = [
        apply_to_collection(large[i // 3], Tensor, lambda values, a=a, b=b: values[a:b])
        for i, (a, b) in enumerate(parts)
    ]

    def gradients(batches: list[Batch], accumulate: int) -> torch.Tensor:
        torch.manual_seed(0)
        wide = Wide(buckets=50, dropout=0.0)
        head = Head(dropout=0.0)
        objective = partial(Classification, head=head, loss=loss, wide=wide)
        module = Gradients(tiny_card(), SMALL, objective, STEADY)
        options = {"accumulate_grad_batches": accumulate, "precision": "64-true"}
        tiny_trainer(tmp_path, max_epochs=1, **options).fit(module, loader(batches))
        return torch.stack(module.seen)

    torch.testing.assert_close(gradients(small, 3), gradients(large, 1), atol=1e-9, rtol=1e-6)


@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
def test_clipping_bounds_the_gradient(tmp_path: Path, precision: str) -> None:
    class Norms(Callback):
        def __init__(self) -> None:
            self.seen: list[float] = []

        def on_before_zero_grad(self, trainer: Any, module: Any, optimizer: Any) -> None:
            grads = [p.grad for p in module.parameters() if p.grad is not None]
            if grads:
                self.seen.append(float(nn.utils.get_total_norm(grads)))

    def norms(clip: float | None) -> list[float]:
        torch.manual_seed(0)
        callback = Norms()
        module = module_of(tiny_card(), FROM_SCRATCH["transformer"], optim=STEADY)
        options = {"gradient_clip_val": clip, "precision": precision}
        trainer = tiny_trainer(tmp_path, callback, max_epochs=1, **options)
        trainer.fit(module, loader(random_batches([4] * 5)))
        assert trainer.optimizers[0].defaults["fused"]
        return callback.seen

    assert max(norms(None)) > 0.1
    assert max(norms(0.01)) == pytest.approx(0.01, rel=1e-3)


def test_dropout_of_head_and_backbone_acts_in_training_only() -> None:
    batch = random_batches([4])[0]
    for module in (
        module_of(tiny_card(), FROM_SCRATCH["transformer"], head=Head(dropout=0.5)),
        module_of(tiny_card(), partial(Transformer, dropout=0.5), head=Head(dropout=0.0)),
    ):
        assert not torch.equal(logits(module, batch), logits(module, batch))
        module.eval()
        assert torch.equal(logits(module, batch), logits(module, batch))


def test_pretrained_model_is_trained_with_its_dropout(tmp_path: Path) -> None:
    folder = save_pretrained("bert", tmp_path, hidden_dropout_prob=0.5)
    module = module_of(tiny_card(), partial(Pretrained, name=str(folder)), head=Head(dropout=0.0))
    assert all(part.training for part in module.modules())
    batch = random_batches([4])[0]
    assert not torch.equal(logits(module, batch), logits(module, batch))


@pytest.mark.parametrize(
    ("name", "kind"),
    [("sigmoid", nn.Sigmoid), ("tanh", nn.Tanh), ("relu", nn.ReLU), ("gelu", nn.GELU)],
)
def test_head_has_the_chosen_layers(name: str, kind: type[nn.Module]) -> None:
    mlp = Head("mlp", name, 0.2).build(8, 3)  # type: ignore[arg-type]
    assert [type(layer) for layer in mlp] == [nn.Linear, kind, nn.Dropout, nn.Linear]
    assert mlp[2].p == 0.2
    assert [type(layer) for layer in Head().build(8, 3)] == [nn.Dropout, nn.Linear]
    assert mlp(torch.zeros(5, 8)).shape == (5, 3)


def test_loss_of_training_is_smoothed_and_weighted_and_that_of_validation_is_not(
    tmp_path: Path,
) -> None:
    batch = random_batches([16])[0]
    card = tiny_card(label_counts=[1, 5, 9])
    module = module_of(
        card,
        FROM_SCRATCH["transformer"],
        loss=ClassLoss(label_smoothing=0.1, class_weights="balanced"),
    ).eval()
    scores_of_rows = logits(module, batch)
    expected = ClassLoss(label_smoothing=0.1, class_weights="balanced").build(card.target)(
        scores_of_rows, batch["target"]
    )
    torch.testing.assert_close(loss_of(module, batch), expected)
    (scores,) = tiny_trainer(tmp_path).validate(module, loader([batch]), verbose=False)
    plain = nn.functional.cross_entropy(scores_of_rows, batch["target"])
    assert scores["val/loss"] == pytest.approx(plain.item(), rel=1e-5)


def test_prediction_leads_back_to_the_row(tmp_path: Path) -> None:
    module, batches = module_of(tiny_card()).eval(), random_batches([4, 2])
    (first, second) = tiny_trainer(tmp_path).predict(module, loader(batches))
    for given, batch in ((first, batches[0]), (second, batches[1])):
        assert torch.equal(given["row"], batch["row"])
        torch.testing.assert_close(given["predictions"], logits(module, batch).softmax(-1))
        torch.testing.assert_close(given["predictions"].sum(-1), torch.ones(len(batch["row"])))
