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
import json
import os
import platform
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from weitiao.objectives.labels.classification import Classification

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "src"))

import lightning.pytorch as L
import torch
from lightning.pytorch.callbacks import Callback, LearningRateMonitor
from rich.console import Console
from rich.table import Table
from sklearn.metrics import f1_score
from torch import Tensor, nn

from weitiao.data.batch import Batching
from weitiao.data.datamodule import TextDataModule
from weitiao.inputs.text import Text
from weitiao.inputs.text.tokenization import Encoder
from weitiao.models.backbones.pretrained import Pretrained
from weitiao.models.backbones.transformer import Transformer
from weitiao.models.module import Module
from weitiao.models.optim import Optimisation
from weitiao.objectives.heads import Head
from weitiao.training import matmul
from weitiao.training.csv_log import CSVLog
from weitiao.training.optional_parts import TensorBoard
from weitiao.training.progress import Progress
from weitiao.training.random_state import RandomState
from weitiao.training.run_folder import RunFolder
from weitiao.training.throughput import Throughput

CORPUS = ROOT / ".cache" / "corpus" / "reviews.csv"
LENGTH, BATCH, CLIP = 128, 64, 1.0
SCRATCH, PRETRAINED = Optimisation(), Optimisation(lr=5e-5)
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
Batch = dict[str, Tensor]


@dataclass
class Clock:
    """Counts what is trained on, rows or ids, and the seconds that it takes."""

    count: int = 0
    steps: int = 0
    started: tuple[float, float] = (0.0, 0.0)
    ended: tuple[float, float] = (0.0, 0.0)

    def start(self) -> None:
        """The first batch is about to be loaded."""
        self.started = time.perf_counter(), time.process_time()

    def tick(self, count: int) -> None:
        """A step over so many has ended."""
        self.count, self.steps = self.count + count, self.steps + 1
        self.ended = time.perf_counter(), time.process_time()

    def rates(self) -> tuple[float, float]:
        """How many per second of the wall clock, and per second of processor time."""
        wall, cpu = (self.count / (e - s) for s, e in zip(self.started, self.ended, strict=True))
        return wall, cpu


@dataclass(frozen=True)
class Setting:
    """What all four share."""

    data: TextDataModule
    classifier: nn.Module
    epochs: int
    seed: int
    model: str | None = None

    @property
    def optim(self) -> Optimisation:
        """Pretrained weights are changed gently."""
        return PRETRAINED if self.model else SCRATCH

    @property
    def steps(self) -> int:
        """Optimiser steps of the whole training."""
        return self.epochs * -(-self.data.card.rows["train"] // BATCH)

    def optimiser(self, model: nn.Module) -> tuple[torch.optim.Optimizer, Any]:
        """The same optimiser and schedule for any of them."""
        built = self.optim.build(model, self.steps)
        return built["optimizer"], built["lr_scheduler"]["scheduler"]

    def module(self) -> Module:
        """Our module with the classifier's weights: BERT's pooler is a head of kind ``mlp``."""
        config = self.classifier.config
        sizes = {"width": config.hidden_size, "heads": config.num_attention_heads}
        layers = config.num_hidden_layers
        backbone = (
            partial(Pretrained, name=self.model, layers=layers)
            if self.model
            else partial(Transformer, layers=layers, **sizes)
        )
        module = Module(
            self.data.card,
            backbone,
            partial(Classification, pooling="cls", head=Head("mlp", "tanh")),
            self.optim,
        )
        weights, scorer = dict(self.classifier.bert.state_dict()), module.objective.scorer
        for name in ("weight", "bias"):
            scorer.head[0].get_parameter(name).data.copy_(weights.pop(f"pooler.dense.{name}"))
        module.backbone.encoder.load_state_dict(weights)
        scorer.head[-1].load_state_dict(self.classifier.classifier.state_dict())
        return module


def train_weitiao(setting: Setting, clock: Clock, *, precision: Any = "32-true") -> nn.Module:
    """Our Trainer path."""

    class Ticks(Callback):
        def on_train_start(self, trainer: Any, module: Any) -> None:
            clock.start()

        def on_train_batch_end(
            self, trainer: Any, module: Any, out: Any, batch: Batch, i: int
        ) -> None:
            clock.tick(len(batch["target"]))

    module = setting.module()
    with tempfile.TemporaryDirectory(prefix="weitiao-") as path:
        folder = RunFolder(Path(path), started=True)
        trainer = L.Trainer(
            accelerator="cpu",
            precision=precision,
            max_epochs=setting.epochs,
            gradient_clip_val=CLIP,
            log_every_n_steps=10,
            limit_val_batches=0,
            enable_checkpointing=False,
            enable_model_summary=False,
            logger=[TensorBoard(folder.path), CSVLog(folder.path / "metrics.csv")],
            callbacks=[
                Progress(),
                RandomState(),
                LearningRateMonitor("step"),
                Throughput(),
                Ticks(),
            ],
        )
        trainer.fit(module, datamodule=setting.data)
    return module


def train_bare(setting: Setting, clock: Clock) -> nn.Module:
    """The loop of the textbook over our batches."""
    module = setting.module()
    optimizer, schedule = setting.optimiser(module)
    setting.data.trainer = None
    batches = setting.data.train_dataloader()
    module.train()
    clock.start()
    for epoch in range(setting.epochs):
        batches.batches.position = lambda epoch=epoch: (epoch, 0)
        for batch in batches:
            loss = module.objective.loss(module.backbone, batch).value
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(module.parameters(), CLIP)
            optimizer.step()
            schedule.step()
            clock.tick(len(batch["target"]))
    return module


def train_hf(setting: Setting, clock: Clock, *, dynamic: bool) -> nn.Module:
    """transformers' Trainer, with its defaults where the comparison doesn't ask for others."""
    from transformers import (
        DataCollatorWithPadding,
        PreTrainedTokenizerFast,
        Trainer,
        TrainerCallback,
        TrainingArguments,
        default_data_collator,
    )

    class Ticks(TrainerCallback):
        def on_train_begin(self, *args: Any, **kwargs: Any) -> None:
            clock.start()

        def on_step_end(self, arguments: Any, state: Any, control: Any, **_: Any) -> None:
            done = (state.global_step - 1) % (setting.steps // setting.epochs) * BATCH
            clock.tick(min(BATCH, setting.data.card.rows["train"] - done))

    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=setting.data.fitted.encoder.backend,
        pad_token="<pad>" if setting.model else "[PAD]",
    )
    model = copy.deepcopy(setting.classifier)
    with tempfile.TemporaryDirectory(prefix="weitiao-") as folder:
        arguments = TrainingArguments(
            output_dir=folder,
            num_train_epochs=setting.epochs,
            per_device_train_batch_size=BATCH,
            max_grad_norm=CLIP,
            seed=setting.seed,
            use_cpu=True,
            report_to="none",
            save_strategy="no",
            train_sampling_strategy="group_by_length" if dynamic else "random",
        )
        Trainer(
            model,
            arguments,
            train_dataset=training_rows(setting.data, padded=not dynamic),
            data_collator=DataCollatorWithPadding(tokenizer) if dynamic else default_data_collator,
            optimizers=setting.optimiser(model),
            callbacks=[Ticks()],
        ).train()
    return model


def training_rows(data: TextDataModule, *, padded: bool) -> list[dict[str, Any]]:
    """The training rows for transformers' Trainer."""
    data.trainer = None
    return hf_rows(data.train_dataloader(), data.card.input.pad_id, padded=padded)


def hf_rows(batches: Iterable[Batch], pad_id: int, *, padded: bool) -> list[dict[str, Any]]:
    """Rows as `run_classification.py` has them after its tokenizer, in memory."""
    rows = []
    for batch in batches:
        targets = batch["target"].tolist()
        for ids, mask, target in zip(
            batch["inputs"]["input_ids"], batch["inputs"]["attention_mask"], targets, strict=True
        ):
            kept = ids[mask].tolist()
            fill = LENGTH - len(kept) if padded else 0
            rows.append(
                {
                    "input_ids": kept + [pad_id] * fill,
                    "attention_mask": [1] * len(kept) + [0] * fill,
                    "labels": target,
                }
            )
    random.Random(0).shuffle(rows)
    return rows


def macro_f1(model: nn.Module, data: TextDataModule) -> float:
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


WAYS: dict[str, Callable[[Setting, Clock], nn.Module]] = {
    "weitiao": train_weitiao,
    "weitiao blas": train_weitiao,
    "weitiao bf16": partial(train_weitiao, precision="bf16-mixed"),
    "HF padded": partial(train_hf, dynamic=False),
    "HF dynamic": partial(train_hf, dynamic=True),
    "HF switched": partial(train_hf, dynamic=True),
    "bare": train_bare,
}
AS_TORCH_COMES = ("weitiao blas", "HF padded", "HF dynamic")


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
    data = TextDataModule(
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


def summarise(results: Sequence[Any]) -> list[dict[str, Any]]:
    """One row per way: medians over the rounds, and how many times faster the first way is.

    Args:
        results: dataclasses with ``way``, ``per_second``, ``per_cpu_second`` and other numbers.
    """
    names = [field.name for field in fields(results[0]) if field.name != "way"]
    rows = []
    for way in dict.fromkeys(r.way for r in results):
        own = [r for r in results if r.way == way]
        medians = {name: statistics.median(getattr(r, name) for r in own) for name in names}
        rows.append({"way": way} | medians)
    for row in rows:
        row["speedup"] = rows[0]["per_second"] / row["per_second"]
        row["speedup_cpu"] = rows[0]["per_cpu_second"] / row["per_cpu_second"]
    return rows


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


def environment() -> dict[str, Any]:
    """What the figures depend on."""
    packages = ("torch", "lightning", "transformers", "accelerate")
    return {
        "threads": torch.get_num_threads(),
        "cores": os.cpu_count(),
        "load_average": os.getloadavg()[0],
        "machine": platform.machine(),
        "python": platform.python_version(),
    } | {name: version(name) for name in packages}


def write(name: str, content: dict[str, Any]) -> None:
    """Keep what was measured beside what it depends on."""
    out = ROOT / "benchmarks" / "results" / f"{name}.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps(content, indent=2) + "\n", "utf-8")
    print(f"written: {out.relative_to(ROOT)}")


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
