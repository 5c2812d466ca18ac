"""The module in the Trainer has the losses of a textbook loop with the textbook's model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_models import (
    FROM_SCRATCH,
    VOCABULARY,
    Recorder,
    loader,
    module_of,
    random_batches,
    tiny_card,
    tiny_trainer,
)
from torch import nn

from weitiao.models.module import Module
from weitiao.models.optim import Optimisation
from weitiao.objectives.heads import Head


def textbook_model(width: int = 32) -> Any:
    """`AutoModelForSequenceClassification` of a small BERT, as anyone would build it."""
    from transformers import AutoModelForSequenceClassification, BertConfig

    config = BertConfig(
        vocab_size=VOCABULARY,
        hidden_size=width,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=4 * width,
        hidden_act="gelu_pytorch_tanh",
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        max_position_embeddings=24,
        pad_token_id=1,
        num_labels=3,
    )
    return AutoModelForSequenceClassification.from_config(config)


def with_weights_of(textbook: Any, optim: Optimisation) -> Module:
    """Our module with the textbook model's weights: BERT's pooler is a head of kind ``mlp``."""
    module = module_of(
        tiny_card(),
        FROM_SCRATCH["transformer"],
        optim,
        pooling="cls",
        head=Head("mlp", "tanh", 0.0),
    )
    weights = dict(textbook.bert.state_dict())
    pooler = {k.removeprefix("pooler.dense."): weights.pop(k) for k in list(weights) if "pool" in k}
    module.backbone.encoder.load_state_dict(weights)  # type: ignore[union-attr]
    module.objective.scorer.head[0].load_state_dict(pooler)
    module.objective.scorer.head[-1].load_state_dict(textbook.classifier.state_dict())
    return module


def test_losses_and_accuracy_are_those_of_the_textbook_loop(tmp_path: Path) -> None:
    torch.manual_seed(0)
    textbook, batches = textbook_model(), random_batches([8] * 20)
    optim = Optimisation(lr=5e-3, schedule="constant", warmup=0, weight_decay=0.01)
    module, recorder = with_weights_of(textbook, optim), Recorder()

    tiny_trainer(tmp_path, recorder, max_epochs=1).fit(module, loader(batches))
    (scores,) = tiny_trainer(tmp_path).validate(module, loader(batches), verbose=False)

    no_decay = [p for n, p in textbook.named_parameters() if "bias" in n or "LayerNorm" in n]
    decay = [p for n, p in textbook.named_parameters() if not ("bias" in n or "LayerNorm" in n)]
    groups = [{"params": decay}, {"params": no_decay, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=5e-3, weight_decay=0.01)
    textbook.train()
    losses = []
    for batch in batches:
        logits = textbook(
            batch["inputs"]["input_ids"], attention_mask=batch["inputs"]["attention_mask"]
        ).logits
        loss = nn.functional.cross_entropy(logits, batch["target"])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    textbook.eval()
    hits = rows = 0
    with torch.inference_mode():
        for batch in batches:
            logits = textbook(
                batch["inputs"]["input_ids"], attention_mask=batch["inputs"]["attention_mask"]
            ).logits
            hits += int((logits.argmax(-1) == batch["target"]).sum())
            rows += len(logits)

    assert len(losses) == 20
    assert max(losses) - min(losses) > 0.05  # they move
    assert recorder.losses == pytest.approx(losses, abs=1e-5)
    assert scores["val/accuracy"] == pytest.approx(hits / rows, abs=1e-6)
