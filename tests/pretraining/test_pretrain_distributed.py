"""Pretraining over several processes: what one learns, measures and leaves behind."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Protocol

import pytest
import torch
from conftest import Command, reviews
from pretraining_runs import SMALL

SCRIPT = Path(__file__).parents[2] / "src" / "pretrain.py"
PLAIN = (*SMALL, "--model.network.dropout=0")
TWO = ("--trainer.devices=2", "--trainer.strategy=ddp")
MEASURED = ("val/loss", "val/perplexity", "val/accuracy", "train/loss_epoch")


class Pretrain(Protocol):
    """Runs `src/pretrain.py`; gives what it tells."""

    def __call__(self, *arguments: str, cwd: Path) -> str: ...


@pytest.fixture
def pretrain(command: Command) -> Pretrain:
    def run(*arguments: str, cwd: Path) -> str:
        done = command(*arguments, cwd=cwd, script=str(SCRIPT), kill_after=300)
        assert done.code == 0, done.err
        return done.err

    return run


def values(run: Path) -> dict[tuple[str, str], float]:
    with (run / "metrics.csv").open(encoding="utf-8") as file:
        found = {(row["step"], row["metric"]): float(row["value"]) for row in csv.DictReader(file)}
    return {key: value for key, value in found.items() if key[1] in MEASURED}


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A folder with ``c.txt``, of texts whose lengths differ much."""
    texts = [text * (1 + number % 5) for number, (text, _) in enumerate(reviews(150))]
    (tmp_path / "c.txt").write_text("\n".join(texts), "utf-8")
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("objective", ["masked", "causal"])
def test_two_processes_with_half_the_batch_learn_what_one_learns(
    corpus: Path, objective: str, pretrain: Pretrain
) -> None:
    from transformers import AutoModelForCausalLM, AutoModelForMaskedLM

    options = (*PLAIN, f"--data.objective={objective}", "--model.optim.lr=0.01")
    pretrain(*options, "--data.batch.size=8", "--run.folder=one", cwd=corpus)
    told = pretrain(*options, *TWO, "--data.batch.size=4", "--run.folder=two", cwd=corpus)
    assert "Traceback" not in told
    assert "sync_dist" not in told  # what is logged is of both already
    one, two = values(corpus / "one"), values(corpus / "two")
    assert one.keys() == two.keys()
    assert len(one) == 2 * len(MEASURED)
    for key in one:  # gradients are summed in another order
        assert two[key] == pytest.approx(one[key], rel=1e-5), key
    kind = AutoModelForCausalLM if objective == "causal" else AutoModelForMaskedLM
    # what they say, not their weights: a bias of the keys has no gradient (the softmax is blind to
    # it), and Adam makes whole steps of its rounding errors
    ids = torch.arange(5, 29).view(2, 12)
    with torch.no_grad():
        said = [kind.from_pretrained(corpus / n / "model")(ids).logits for n in ("one", "two")]
    torch.testing.assert_close(*said, atol=1e-3, rtol=0)


@pytest.mark.slow
def test_both_measure_what_one_does_and_leave_the_files_of_one(
    corpus: Path, pretrain: Pretrain
) -> None:
    options = (*PLAIN, "--model.optim.lr=0", "--trainer.max_epochs=1")
    pretrain(*options, "--run.folder=one", cwd=corpus)
    pretrain(*options, *TWO, "--run.folder=two", cwd=corpus)
    one, two = (
        json.loads((corpus / name / "metrics.json").read_text("utf-8")) for name in ("one", "two")
    )
    for metric in MEASURED[:3]:
        assert two[metric] == pytest.approx(one[metric], rel=1e-6), metric
    files, others = (
        {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*")}
        for folder in (corpus / "one" / "model", corpus / "two" / "model")
    )
    assert others == files
    assert not [*corpus.rglob("*.part")]
