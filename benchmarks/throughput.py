"""One training, several ways: examples per second and the F1 that comes of them.

    python benchmarks/throughput.py [--layers 2 --width 128] [--rows 3000] [--epochs 1] [--rounds 1]
    python benchmarks/throughput.py --model .cache/models/e5-small --layers 6 --ways weitiao bf16 …

- **weitiao**: this project's Trainer path: DataModule, LightningModule, progress bar, metrics,
  TensorBoard and CSV, as `src/train.py fit` sets them up, with the products of matrices that it
  chooses (`run.matmul`).
- **weitiao blas**: the same with `--run.matmul blas`, as it was before there was a choice.
- **weitiao bf16**: the same with `--trainer.precision bf16-mixed`.
- **HF padded**: transformers' `Trainer` as in its `run_classification.py`: texts padded to 128.
- **HF dynamic**: the same with padding per batch and batches grouped by length.
- **HF switched**: the same with the products of matrices that weitiao chose.
- **bare**: a plain PyTorch loop over weitiao's batches, with weitiao's products.

All start from the same weights of the same BERT-kind classifier, and share ids, fused AdamW,
learning-rate schedule, dropout, batch size (64 rows, no token budget), clipping at 1.0, float32 and
the number of threads. Each trains on the same rows the same number of times. What is timed is
training only: from before the first batch is loaded to the end of the last step, with logging and
progress bar, without evaluation and checkpoints; a few steps that aren't counted come before all.
Seconds are of the wall clock; examples per second of processor time stand beside them, since they
suffer less from other load.

Needs the embedded corpus (`python src/corpus.py`) and, for transformers' Trainer alone, the package
accelerate: `pip install 'weitiao[bench]'`.
"""

from __future__ import annotations

import argparse
import copy
import os
import random
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import lightning.pytorch as L
import torch
from rich.console import Console
from rich.table import Table
from sklearn.metrics import f1_score
from timing import ROOT, Clock, environment, summarise, write
from torch import nn
from ways import AS_TORCH_COMES, BATCH, LENGTH, WAYS, Setting

from weitiao.data.batch import Batching
from weitiao.data.datamodule import DataModule
from weitiao.inputs.text import Text
from weitiao.inputs.text.tokenization import Encoder
from weitiao.models.backbones.transformer import Transformer
from weitiao.models.module import Module
from weitiao.training import matmul

CORPUS = ROOT / ".cache" / "corpus" / "reviews.csv"
TARGETS = {
    "weitiao blas": 1.6,
    "HF padded": 2.0,
    "HF dynamic": 1.5,
    "HF switched": 1.1,
    "bare": 0.9,
}
"""How many times as fast weitiao in float32 is to be."""
HALF = 1.9
"""How many times as fast as HF dynamic weitiao in bfloat16 is to be."""


def macro_f1(model: nn.Module, data: DataModule) -> float:
    """Macro F1 on the validation split."""
    model.eval()
    found, true = [], []
    with torch.inference_mode():
        for batch in data.val_dataloader():
            ids, mask = (batch["inputs"][name] for name in ("input_ids", "attention_mask"))
            ours = isinstance(model, Module)
            said = model(batch) if ours else model(ids, attention_mask=mask).logits
            found += said.argmax(-1).tolist()
            true += batch["target"].tolist()
    return float(f1_score(true, found, average="macro"))


@dataclass(frozen=True)
class Result:
    """What one training gave."""

    way: str
    per_second: float
    per_cpu_second: float
    f1_macro: float


def measure(way: str, setting: Setting) -> Result:
    """Train one way and look at what it learned."""
    L.seed_everything(setting.seed, verbose=False)
    matmul.use("blas" if way in AS_TORCH_COMES else matmul.fastest())
    clock = Clock()
    model = WAYS[way](setting, clock)
    expected = setting.steps, setting.epochs * setting.data.card.rows["train"]
    assert (clock.steps, clock.count) == expected, f"{way}: steps and rows {clock}, not {expected}"
    return Result(way, *clock.rates(), macro_f1(model, setting.data))


def warm_up(classifier: nn.Module) -> None:
    """Let torch choose its kernels and take its memory before anything is timed."""
    model = copy.deepcopy(classifier).train()
    for _ in range(3):
        ids = torch.full((BATCH, LENGTH), 5)
        model(ids, labels=torch.zeros(BATCH).long()).loss.backward()


def make_setting(args: argparse.Namespace, file: Path) -> Setting:
    """Data and initial weights."""
    from transformers import BertForSequenceClassification

    own = {"tokenizer": args.model, "prefix": "query: "} if args.model else {}
    data = DataModule(
        train=str(file),
        input=Text(encode=Encoder(max_length=LENGTH, **own)),
        batch=Batching(tokens=None, size=BATCH),
        seed=args.seed,
        cache=str(ROOT / ".cache" / "prepared"),
    )
    L.seed_everything(args.seed, verbose=False)
    classes = len(data.card.target.labels)
    if args.model:
        whole = BertForSequenceClassification.from_pretrained(
            args.model,
            num_labels=classes,
            num_hidden_layers=args.layers,
            dtype=torch.float32,  # else that of the file, which may be float16
        )
        return Setting(data, whole, args.epochs, args.seed, args.model)
    ours = Transformer(data.card, layers=args.layers, width=args.width, heads=args.width // 64)
    config = copy.deepcopy(ours.encoder.config)
    config.num_labels = classes
    return Setting(data, BertForSequenceClassification(config), args.epochs, args.seed)


def sampled(rows: int | None, seed: int) -> Path:
    """The corpus, or a file of ``rows`` of its lines."""
    if rows is None:
        return CORPUS
    path = CORPUS.with_name(f"reviews-{rows}-{seed}.csv")
    if not path.exists():
        with CORPUS.open(encoding="utf-8", newline="\n") as file:
            header, *lines = file
        chosen = random.Random(seed).sample(lines, min(rows, len(lines)))
        beside = path.with_suffix(".part")
        beside.write_text(header + "".join(chosen), "utf-8")
        os.replace(beside, path)
    return path


def show(rows: list[dict[str, Any]], title: str) -> None:
    """The table."""
    table = Table(
        "", "examples/s", "per CPU s", "macro F1", "weitiao is", "by CPU", "≥", title=title
    )
    for row in rows:
        target = TARGETS.get(row["way"])
        met = "" if target is None else f"{target} {'✓' if row['speedup'] >= target else '✗'}"
        table.add_row(
            row["way"],
            f"{row['per_second']:.1f}",
            f"{row['per_cpu_second']:.1f}",
            f"{row['f1_macro']:.4f}",
            f"{row['speedup']:.2f}×",
            f"{row['speedup_cpu']:.2f}×",
            met,
        )
    Console().print(table)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--width", type=int, default=128, help="64 to an attention head")
    parser.add_argument("--model", help="folder of a pretrained encoder of BERT's kind")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=[*WAYS], help="all by default")
    parser.add_argument("--rows", type=int, help="lines of the corpus to take; all by default")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=1, help="all ways in turn, so many times")
    parser.add_argument("--threads", type=int, help="torch's own number by default")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    if not CORPUS.exists():
        print("the embedded corpus is not there: python src/corpus.py", file=sys.stderr)
        return 1
    if args.threads:
        torch.set_num_threads(args.threads)
    setting = make_setting(args, sampled(args.rows, args.seed))
    before = environment()
    warm_up(setting.classifier)
    results = [measure(way, setting) for _ in range(args.rounds) for way in args.ways]
    kind = Path(args.model).name if args.model else args.width
    rows, name = summarise(results), f"{args.layers}x{kind}"
    show(rows, f"{name}, {setting.data.card.rows['train']} rows, {args.epochs} epoch(s)")
    rates = {row["way"]: row["per_second"] for row in rows}
    if {"weitiao bf16", "HF dynamic"} <= rates.keys():
        ratio = rates["weitiao bf16"] / rates["HF dynamic"]
        print(
            f"bf16 is {ratio:.2f} × HF dynamic (bar {HALF}: {'met' if ratio >= HALF else 'missed'})"
        )
    content = {"arguments": vars(args), "environment": before, "rows": setting.data.card.rows}
    content |= {"summary": rows, "runs": [asdict(r) for r in results]}
    write(f"throughput-{name}", content)
    return any(row["speedup"] < TARGETS.get(row["way"], 0) for row in rows)


if __name__ == "__main__":
    sys.exit(main())
