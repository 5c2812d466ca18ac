"""The wide part scores distinct n-grams by learned weights, and learns beside the deep path."""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path

import pytest
import torch
from tiny_models import (
    Batch,
    Recorder,
    loader,
    logits,
    module_of,
    padded,
    random_batches,
    tiny_card,
    tiny_trainer,
)

from weitiao.errors import ConfigError
from weitiao.models.backbones.transformer import Transformer
from weitiao.models.optim import Optimisation
from weitiao.objectives.labels.classification import ClassLoss
from weitiao.objectives.wide import Wide
from weitiao.objectives.wide_ngrams import WideNgrams, first_of_each, ngram_buckets

SMALL = partial(Transformer, layers=1, width=8, dropout=0.0)


def filled(classes: int = 3, orders: int = 3, dropout: float = 0.0) -> WideNgrams:
    """A scorer whose tables are not all zero."""
    torch.manual_seed(0)
    scorer = WideNgrams(classes, orders, 2**12, dropout)
    for parameter in scorer.parameters():
        torch.nn.init.normal_(parameter)
    return scorer.eval()


def scores(scorer: WideNgrams, batch: Batch) -> torch.Tensor:
    return scorer(batch["inputs"]["input_ids"], batch["inputs"]["attention_mask"])


def test_score_equals_the_formula_over_distinct_ngrams() -> None:
    scorer = filled()
    text = [5, 7, 5, 7, 5, 9]  # repeats every order but the longest
    batch = padded([text])
    buckets = {
        b for row in ngram_buckets(batch["inputs"]["input_ids"], 3, 2**12)[0].tolist() for b in row
    }
    total, norm = torch.zeros(3), 0.0
    for bucket in buckets:
        salience = math.exp(max(-4, min(4, scorer.salience.weight[bucket].item())))
        total += salience * scorer.polarity.weight[bucket]
        norm += salience**2
    expected = total / math.sqrt(norm) + scorer.bias
    torch.testing.assert_close(scores(scorer, batch)[0], expected)


def test_an_ngram_is_known_by_its_ids_in_order() -> None:
    ids = torch.tensor([[3, 4, 5, 3, 4, 4, 3]])
    grams = ngram_buckets(ids, 3, 2**20)[0]
    assert grams[0, 0] == grams[3, 0]  # 3
    assert grams[1, 1] == grams[4, 1] != grams[6, 1]  # 3 4, but not 4 3
    assert grams[0, 1] != grams[3, 1]  # the start of the text is part of a bigram
    assert len({grams[2, order].item() for order in range(3)}) == 3


def test_ngrams_spread_evenly_over_the_buckets() -> None:
    ids = torch.arange(200).repeat_interleave(200).unsqueeze(0)
    ids = torch.stack([ids[0], torch.arange(200).repeat(200)]).T.reshape(1, -1)  # all pairs
    pairs = ngram_buckets(ids, 2, 1000)[0, 1::2, 1]
    counts = torch.bincount(pairs, minlength=1000).float()
    assert counts.var() / counts.mean() < 1.3  # 1 for a random spread


def test_first_of_each_marks_one_place_per_value() -> None:
    values = torch.tensor([[4, 2, 4, 4, 2, 9]])
    assert first_of_each(values).tolist() == [[True, True, False, False, False, True]]


def test_padding_changes_no_score() -> None:
    scorer = filled()
    texts = [[5, 6, 7], [8, 9, 10, 11, 12, 13, 14]]
    together = scores(scorer, padded(texts))
    for text, row in zip(texts, together, strict=True):
        torch.testing.assert_close(scores(scorer, padded([text]))[0], row, atol=1e-5, rtol=0)


def test_dropout_leaves_ngrams_out_in_training_only() -> None:
    scorer = filled(dropout=0.5)
    batch = padded([list(range(2, 20))])
    assert torch.equal(scores(scorer, batch), scores(scorer, batch))
    scorer.train()
    assert not torch.equal(scores(scorer, batch), scores(scorer, batch))


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_share_mixes_the_scores_of_both_parts(share: float) -> None:
    module = module_of(tiny_card(), SMALL, wide=Wide(buckets=64, share=share)).eval()
    torch.nn.init.normal_(module.objective.scorer.wide.polarity.weight)
    batch = random_batches([4])[0]
    deep, wide = module.objective.scorer.parts(module.backbone, batch["inputs"])
    torch.testing.assert_close(logits(module, batch), (1 - share) * deep + share * wide)


def test_each_part_learns_by_its_own_loss_and_rate(tmp_path: Path) -> None:
    recorder, batches = Recorder(), random_batches([8, 8, 8], longest=8)
    optim = Optimisation(lr=1e-3, schedule="constant", warmup=0)
    module = module_of(tiny_card(), SMALL, optim=optim, wide=Wide(buckets=64, lr=0.05))
    tiny_trainer(tmp_path, recorder, max_epochs=30).fit(module, loader(batches))
    groups = {group["initial_lr"]: group for group in module.trainer.optimizers[0].param_groups}
    assert set(groups) == {1e-3, 0.05}
    assert groups[0.05]["weight_decay"] == 0
    wide_parameters = {id(p) for p in module.objective.scorer.wide.parameters()}
    assert {id(p) for p in groups[0.05]["params"]} == wide_parameters
    batch = batches[0]
    for part in module.objective.scorer.parts(module.backbone, batch["inputs"]):
        assert ClassLoss().build(tiny_card().target)(part, batch["target"]) < math.log(3)


def test_contradictions_are_refused() -> None:
    with pytest.raises(ConfigError, match="share"):
        Wide(share=1.5)
    with pytest.raises(ConfigError, match="orders"):
        Wide(orders=0)
