"""Answers: the loss over chunks, rows that weigh by their ids, what is said, how it is scored."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from chat_models import chat_tokenizer
from replies import END_ID, TOKENIZER, reply_batch, reply_card, save_causal, sums
from tiny_models import Recorder, loader, tiny_card, tiny_trainer
from torch.nn import functional as F

from weitiao.errors import ConfigError
from weitiao.models.backbones import causal
from weitiao.models.backbones.causal import Causal
from weitiao.models.backbones.lora import Lora
from weitiao.models.backbones.textcnn import TextCNN
from weitiao.models.decoding import Row
from weitiao.models.module import Module
from weitiao.models.optim import Optimisation
from weitiao.objectives import Replying, chunked
from weitiao.objectives.replies.metrics import texts_of
from weitiao.objectives.replies.said import Matching, Said


@pytest.fixture
def folder(tmp_path: Path) -> str:
    return save_causal(tmp_path / "model")


def objective_of(folder: str, **options: Any) -> tuple[Replying, Causal]:
    backbone = Causal(reply_card(), name=folder)
    return Replying(reply_card(), backbone, **options), backbone


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("kind", ["llama", "gemma2"])  # the latter bends its logits
def test_gradients_of_chunks_are_those_of_all_at_once(
    kind: str, tied: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = save_causal(tmp_path, kind, tie_word_embeddings=tied)
    batch, found = reply_batch(sums(5)), []
    ids, learned = batch["inputs"]["input_ids"], batch["learned"]
    plain = Causal(reply_card(), name=name).double()
    logits = plain.whole[0](**batch["inputs"]).logits[:, :-1]
    wanted = F.cross_entropy(logits[learned[:, 1:]], ids[:, 1:][learned[:, 1:]])
    (3 * wanted).backward()
    monkeypatch.setattr(chunked, "LOGITS", 7 * reply_card().tokens.vocab_size)  # 7 at a time
    backbone = Causal(reply_card(), name=name).double()
    value, size = Replying(reply_card(), backbone).loss(backbone, batch)
    (3 * value).backward()
    assert size == learned.sum() > 7
    torch.testing.assert_close(value, wanted, rtol=1e-6, atol=1e-6)
    found = {n: p.grad for n, p in backbone.named_parameters()}
    expected = {n: p.grad for n, p in plain.named_parameters()}
    torch.testing.assert_close(found, expected, rtol=1e-6, atol=1e-6)


def test_what_is_not_learned_has_no_part_in_the_loss(folder: str) -> None:
    objective, backbone = objective_of(folder)
    batch = reply_batch(sums(3))
    before = objective.loss(backbone, batch)
    batch["learned"][0] = False
    after = objective.loss(backbone, batch)
    one = objective.loss(backbone, reply_batch(sums(3)[:1]))
    assert before.size == after.size + one.size
    whole = after.value * after.size + one.value * one.size
    torch.testing.assert_close(before.value, whole / before.size)
    batch["learned"][:] = False
    nothing = objective.loss(backbone, batch)
    nothing.value.backward()
    assert nothing.size == nothing.value == 0
    assert all(p.grad is None or not p.grad.any() for p in backbone.parameters())


def test_unequal_batches_that_are_accumulated_learn_as_one(folder: str, tmp_path: Path) -> None:
    rows = sums(12)
    parts = [reply_batch(rows[:9], 0), reply_batch(rows[9:10], 9), reply_batch(rows[10:], 10)]
    learned = []
    for batches, count in (([reply_batch(rows)], 1), (parts, 3)):
        torch.manual_seed(0)
        optim = Optimisation("sgd", lr=0.5, warmup=0, schedule="constant", weight_decay=0)
        module = Module(reply_card(), partial(Causal, name=folder), Replying, optim)
        tiny_trainer(tmp_path, max_epochs=2, accumulate_grad_batches=count).fit(
            module, loader(batches)
        )
        learned.append({n: p.detach() for n, p in module.named_parameters()})
    torch.testing.assert_close(learned[0], learned[1], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "options",
    [
        {},
        pytest.param({"packed": True}, marks=pytest.mark.slow),
        pytest.param({"lora": Lora(rank=16, alpha=32, dropout=0.0)}, marks=pytest.mark.slow),
    ],
)
def test_it_learns_rows_by_heart(options: dict[str, Any], tmp_path: Path) -> None:
    if "lora" in options:
        pytest.importorskip("peft")
    # adapters change no embeddings: with small ones nothing could become probable
    folder = save_causal(tmp_path / "model", initializer_range=0.5 if "lora" in options else 0.1)
    rows = sums(16)
    batches = [reply_batch(rows[i : i + 8], i) for i in (0, 8)]
    factory = partial(Causal, name=folder, **options)
    optim = Optimisation(lr=0.005 if "lora" in options else 0.01, warmup=0.05, weight_decay=0)
    objective = partial(Replying, sample=None, longest=32, extract="#### *(.+)")
    module, seen = Module(reply_card(), factory, objective, optim), Recorder()
    trainer = tiny_trainer(tmp_path, seen, max_epochs=90, check_val_every_n_epoch=90)
    trainer.fit(module, loader(batches), loader(batches))
    (values,) = seen.validations
    assert values["val/exact_match"] == values["val/ended"] == 1
    assert values["val/perplexity"] < 1.2
    assert values["val/perplexity"] == pytest.approx(torch.tensor(values["val/loss"]).exp().item())
    said = module.eval()(reply_batch(rows))
    assert module.objective.decide(said) == [answer for _, answer in rows]


@pytest.mark.parametrize("metrics", [None, "translation", "summary"])
def test_scores_are_of_the_sample_and_losses_of_all(folder: str, metrics: str | None) -> None:
    objective, backbone = objective_of(folder, sample=2, longest=5, metrics=metrics)
    rows = sums(5)
    found = objective.evaluate(backbone.eval(), reply_batch(rows))
    assert [one.ids is not None for one in found.predictions] == [True, True, False, False, False]
    assert found.sizes is not None
    sums_ = [one.loss for one in found.predictions]
    torch.testing.assert_close(found.losses * found.sizes, torch.tensor(sums_))
    decided = objective.decide(found.predictions)
    assert decided[2:] == [None] * 3
    measured = objective.measure(found.predictions, decided, found.targets)
    mean = sum(sums_) / sum(one.size for one in found.predictions)
    assert measured["perplexity"].log().item() == pytest.approx(mean)
    seen = objective.metrics()
    for part in (slice(0, 1), slice(1, 5)):
        seen.update(found.predictions[part], found.targets[part])
    torch.testing.assert_close(seen.compute(), measured)
    assert [*measured] == [name for name, _ in objective.shown]
    assert objective.wrong(decided, found.targets)[2:].tolist() == [False] * 3
    columns = objective.columns(found.predictions, decided, [])
    assert columns["ids"][2:] == columns["ended"][2:] == [None] * 3
    assert columns["ids"][0] == len(found.predictions[0].ids)
    # by the number of the row, wherever it stands
    later = objective.evaluate(backbone, reply_batch(rows, first=1))
    assert [one.ids is not None for one in later.predictions] == [True, *[False] * 4]


@pytest.mark.parametrize(("metrics", "name"), [("translation", "bleu"), ("summary", "rouge_l")])
def test_right_answers_have_the_best_metrics_that_are_asked_for(
    folder: str, metrics: str, name: str
) -> None:
    objective, _ = objective_of(folder, metrics=metrics, extract=r"\d+")
    right = ["我有2只猫和3只狗。", "又下雨了，7天了。", "没有问"]
    said = [*right[:2], None]
    found = objective.measure([], said, right, ranked=False)
    assert found[name] == pytest.approx(1)
    assert found["exact_match"] == 1
    assert "perplexity" not in found
    other = objective.measure([], ["2", "7天下雨", None], right, ranked=False)
    assert other["exact_match"] == 1  # in the part that counts
    assert other[name] < 0.6
    assert name in objective.signatures(said, right)
    plain, _ = objective_of(folder)
    assert plain.signatures(said, right) == {}


def test_without_a_sample_nothing_is_said(folder: str) -> None:
    objective, backbone = objective_of(folder, sample=0)
    found = objective.evaluate(backbone.eval(), reply_batch(sums(2)))
    assert [one.ids for one in found.predictions] == [None, None]
    assert objective.metrics().names() == ["perplexity"] == [name for name, _ in objective.shown]
    assert objective.baselines() is None


def test_an_answer_that_ends_is_told_from_one_that_is_cut(
    folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    objective, backbone = objective_of(folder, longest=3)

    def say(*answers: list[int]) -> list[Said]:
        ids = iter(answers)  # what it says

        def go_on(model: Any, rows: list[Row], choose: Any, ends: Collection[int]) -> None:
            for row in rows:
                for each in next(ids)[: row.length]:
                    row.add(each, ends)

        monkeypatch.setattr(causal, "go_on", go_on)
        return objective.predict(backbone, reply_batch(sums(len(answers))))

    assert say([5, 6, END_ID], [5, 6, 7, 8], [END_ID], []) == [
        Said([5, 6], True),
        Said([5, 6, 7], False),
        Said([], True),
        Said([], False),
    ]


@pytest.mark.parametrize(
    ("extract", "said", "right", "same"),
    [
        (None, " 7\n apples", "7 apples ", True),
        (None, "7", "7.", False),
        ("#### *(.+)", "so it is 7\n#### 7", "3 + 4 = 7\n####  7 ", True),
        ("#### *(.+)", "it is 7", "#### 7", False),
        (r"\d+", "7 of them", "it is 7", True),
        ("#### *(.+)", "no", "no", False),
    ],
)
def test_what_counts_of_an_answer(extract: str | None, said: str, right: str, same: bool) -> None:
    assert Matching(extract).same(said, right) is same


def test_lost_answers_are_told(folder: str) -> None:
    objective, _ = objective_of(folder, longest=6, extract="#### *(.+)")
    rows = [("a", "#### 1"), ("b", "42"), ("c", "#### 1234 5678 91011"), ("d", "#### 2")]
    batch = reply_batch(rows)
    batch["learned"][3] = False
    batch["target"][0] = "#### 7"
    lines = [*objective.lost("val", lambda: [batch], lambda row: f"line {row}")]
    assert [line.partition("(25.0%) ")[2].partition(" (first")[0] for line in lines] == [
        "have no answer that fits: nothing is learned from them",
        "have answers that read otherwise once they have been ids",
        "have answers in which extract finds nothing: none counts as right",
        "have answers longer than longest: no answer of the model can be as long",
    ]
    assert "line 3" in lines[0]
    with pytest.raises(ConfigError, match="nothing is learned"):
        [*objective.lost("train", lambda: [batch], str)]
    assert [*objective.lost("train", lambda: [reply_batch(rows)], str)] == []


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"sample": -1}, "sample"),
        ({"longest": 0}, "longest"),
        ({"extract": "(("}, "extract: '\\(\\(' is no regular expression"),
    ],
)
def test_values_out_of_bounds(folder: str, options: dict[str, Any], problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        objective_of(folder, **options)


def test_only_without_answers_the_backbone_is_called_equally_often(folder: str) -> None:
    assert "generated" in (objective_of(folder)[0].uneven or "")
    assert objective_of(folder, sample=0)[0].uneven is None


def test_what_says_nothing_is_refused(folder: str) -> None:
    with pytest.raises(ConfigError, match="a TextCNN says nothing"):
        Replying(reply_card(), TextCNN(reply_card()))
    with pytest.raises(ConfigError, match="Replying learns a ReplyTarget"):
        Replying(tiny_card(), Causal(reply_card(), name=folder))


def test_chinese_comes_out_whole(folder: str) -> None:
    objective, _ = objective_of(folder)
    said = Said(TOKENIZER.encode("你好，龘").ids, True)
    assert objective.decide([said, Said(None, None)]) == ["你好，龘", None]


def test_a_character_that_lacks_bytes_is_left_out_where_an_answer_is_cut() -> None:
    tokenizer = chat_tokenizer(["好"])

    def written(answers: list[list[int]]) -> list[str]:
        return [tokenizer.decode(ids) for ids in answers]

    ids = tokenizer.encode("好龘").ids
    assert written([ids[:-1]]) == ["好\ufffd"]
    rows = [Said(ids[:-1], False), Said(ids[:-1], True), Said(None, None), Said(ids, False)]
    assert texts_of(rows, written) == ["好", "好\ufffd", None, "好龘"]
