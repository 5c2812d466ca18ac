"""What options of objectives, losses, heads and the optimiser change."""

from __future__ import annotations

from option_effects.effect import Effect
from option_effects.tasks import (
    ALIKE_OR_NOT,
    ANSWERS,
    CHOICE,
    COMPARED,
    FOCAL,
    FOUND,
    JUDGED,
    LIKE,
    LINEAR,
    MLP,
    NUMBERS,
    OBJECTIVES,
    PARALLEL,
    SETS,
    SHORTENED,
    SPANS,
    STARS,
    TALKING,
    TRIPLETS,
    WIDE,
)

OBJECTIVES_AND_OPTIMISER = {
    "model/model.objective": Effect("refused", "Regression"),
    "model/model.start": Effect("run", "kept/checkpoints/best.ckpt"),
    **{
        f"model.objective: {name}/model.objective.{option}": effect
        for name, beside in OBJECTIVES.items()
        for option, effect in {
            "pooling": Effect("loss", "cls", beside),
            "wide": Effect("loss", "{}", beside),
            "calibrate": Effect("run", "true", beside),
            "linear_share": Effect("scores", "0.9", (*beside, *LINEAR)),
        }.items()
    },
    "model.objective: Tagging/model.objective.chain": Effect("loss", "crf", SPANS),
    "model.objective: Tagging/model.objective.class_weights": Effect("loss", "balanced", SPANS),
    "model.objective: Tagging/model.objective.lr": Effect("loss", "0.1", SPANS),
    **{
        f"model.objective: {name}/model.objective.{option}": Effect("loss", value, beside)
        for name, beside in (("Likeness", LIKE), ("Retrieval", FOUND))
        for option, value in (("pooling", "cls"), ("dimensions", "[4]"))
    },
    # it changes no number (tests/objectives/test_bi_encoder.py)
    "model.objective: Likeness/model.objective.chunk": Effect("refused", "0", LIKE),
    "model.objective: Retrieval/model.objective.chunk": Effect("refused", "0", FOUND),
    "model.objective: Choosing/model.objective.pooling": Effect("loss", "cls", CHOICE),
    "model.objective: Answering/model.objective.best": Effect("run", "2", ANSWERS),
    "model.objective: Answering/model.objective.lr": Effect("loss", "0.1", ANSWERS),
    **{
        f"model.objective: {objective}/model.objective.{option}": Effect(seen, value, given)
        for objective, task in {"Translating": PARALLEL, "Summarising": SHORTENED}.items()
        for option, seen, value, given in (
            ("label_smoothing", "loss", "0.5", task),
            ("beams", "scores", "3", task),
            ("length_penalty", "scores", "-9", (*task, "--model.objective.beams=3")),
            ("no_repeat", "scores", "1", task),
            ("first_token", "scores", "a", task),
            ("sample", "scores", "1", task),
        )
    },
    **{
        f"model.objective: {objective}/model.objective.{option}": Effect(seen, value, given)
        for objective, given in {"Replying": TALKING, "Preferring": COMPARED}.items()
        for option, seen, value in (
            ("sample", "scores", "2"),
            ("longest", "scores", "3"),
            # which answers are right is no prediction (tests/objectives/test_replying.py)
            ("extract", "refused", "(("),
        )
    },
    # likewise, nor how alike they are; no answers have no such scores
    "model.objective: Replying/model.objective.metrics": Effect(
        "refused", "translation", (*TALKING, "--model.objective.sample=0")
    ),
    **{
        f"model.objective: Judging/model.objective.{option}": Effect(seen, value, JUDGED)
        for option, seen, value in (
            *(("beta", "loss", "2"), ("good", "loss", "0.5"), ("bad", "loss", "0.5")),
            *(("sample", "scores", "2"), ("longest", "scores", "3")),
        )
    },
    "model.objective: Preferring/model.objective.beta": Effect("loss", "2", COMPARED),
    "model.objective: Preferring/model.objective.sft": Effect("loss", "0.5", COMPARED),
    "model.objective: Preferring/model.objective.per_id": Effect("loss", "true", COMPARED),
    **{
        f"model.objective.decision: Decision/model.objective.decision.{option}": effect
        for option, effect in {
            "threshold": Effect("run", "half", SETS),
            "at_least": Effect("run", "2", SETS),
            "at_most": Effect("run", "1", ("--task=multilabel", "--model.optim.lr=0")),
        }.items()
    },
    **{
        f"model.objective.head: Head/model.objective.head.{option}": effect
        for option, effect in {
            "kind": Effect("loss", "mlp"),
            "activation": Effect("loss", "relu", MLP),
            "dropout": Effect("loss", "0.5"),
            "start": Effect("run", "probe"),
        }.items()
    },
    **{
        f"model.objective.loss: {loss}/model.objective.loss.{option}": effect
        for loss, option, effect in (
            ("ClassLoss", "kind", Effect("loss", "squared_hinge")),
            ("ClassLoss", "focus", Effect("loss", "0.5", FOCAL)),
            ("ClassLoss", "label_smoothing", Effect("loss", "0.2")),
            ("ClassLoss", "class_weights", Effect("loss", "balanced")),
            ("LabelLoss", "kind", Effect("loss", "squared_hinge", SETS)),
            ("LabelLoss", "focus", Effect("loss", "0.5", (*SETS, *FOCAL))),
            ("LabelLoss", "class_weights", Effect("loss", "balanced", SETS)),
            ("ScaleLoss", "class_weights", Effect("loss", "balanced", STARS)),
            ("LikenessLoss", "kind", Effect("loss", "cosine", LIKE)),
            ("LikenessLoss", "temperature", Effect("loss", "0.5", LIKE)),
            ("LikenessLoss", "margin", Effect("loss", "1.5", ALIKE_OR_NOT)),
            ("RetrievalLoss", "kind", Effect("loss", "triplet", TRIPLETS[:3])),
            ("RetrievalLoss", "temperature", Effect("loss", "0.5", FOUND)),
            ("RetrievalLoss", "margin", Effect("loss", "1.5", TRIPLETS)),
            ("NumberLoss", "kind", Effect("loss", "huber", NUMBERS)),
            (
                "NumberLoss",
                "huber_delta",
                Effect("loss", "0.1", (*NUMBERS, "--model.objective.loss.kind=huber")),
            ),
        )
    },
    "model.optim/model.optim.optimizer": Effect("loss", "adafactor"),
    "model.optim/model.optim.momentum": Effect("loss", "0.9", ("--model.optim.optimizer=sgd",)),
    "model.optim/model.optim.lr": Effect("schedule", "0.5"),
    "model.optim/model.optim.weight_decay": Effect("loss", "5"),
    "model.optim/model.optim.warmup": Effect("schedule", "0.5"),
    "model.optim/model.optim.schedule": Effect("schedule", "cosine"),
    "model.optim/model.optim.betas": Effect("loss", "[0.1, 0.2]"),
    "model.optim/model.optim.eps": Effect("loss", "1"),
    "model.objective.wide: Wide/model.objective.wide.orders": Effect("loss", "1", WIDE),
    "model.objective.wide: Wide/model.objective.wide.buckets": Effect("loss", "3", WIDE),
    "model.objective.wide: Wide/model.objective.wide.dropout": Effect("loss", "0.9", WIDE),
    "model.objective.wide: Wide/model.objective.wide.lr": Effect("loss", "1", before="0.05"),
    "model.objective.wide: Wide/model.objective.wide.share": Effect("scores", "0.1", WIDE),
}
