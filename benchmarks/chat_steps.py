"""A step of tuning a chat model: answers' ids per second and memory, beside transformers' Trainer.

    python benchmarks/chat_steps.py --data-root ../shared/data [--steps 12] [--rounds 2]
        [--model FOLDER] [--rows 3000]

- **packed**: this project's modules in Lightning's Trainer, rows of up to 2,048 ids side by side
  without padding (`--model.backbone.packed`), logits of the answers' ids only, in chunks.
- **padded**: the same as the recipe has it: rows of like length, padded.
- **HF grouped**: transformers' `Trainer` on the same model, its rows grouped by length; as many a
  step as make 2,048 ids in the mean; what isn't an answer's has label -100.
- **HF switched**: the same with the products of matrices that this project chooses.

All have the same rows of GSM8K, the same weights, low-rank adapters in every linear layer, layers
computed twice (gradient checkpointing), fused AdamW, float32 and number of threads. Each is a
process of its own, so that memory is its peak (``ru_maxrss``); they take turns, and of each the
median round counts. The first steps are not timed. Bars: memory 0.75 × HF grouped; ids of answers
per second 1.5 × HF grouped and 1.1 × HF switched. The exit code is 1 where packed misses one.

Needs the chat model (`make chat-model`) and accelerate: `pip install 'weitiao[bench]'`.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import lightning.pytorch as L
from lightning.pytorch.callbacks import Callback
from rich.console import Console
from rich.table import Table
from timing import ROOT, Clock, environment, write

from weitiao.data.batch import Batching
from weitiao.data.datamodule import DataModule
from weitiao.inputs.chat import Chat
from weitiao.models.backbones.causal import Causal
from weitiao.models.backbones.lora import Lora
from weitiao.models.module import Module
from weitiao.models.optim import Optimisation
from weitiao.objectives import Replying
from weitiao.targets import Reply
from weitiao.training import matmul

MODEL = ROOT / ".cache" / "models" / "smollm2-135m-instruct"
IDS, UNTIMED = 2048, 2
MEMORY, TRAINER, SWITCHED = 0.75, 1.5, 1.1
WAYS = ("packed", "padded", "HF grouped", "HF switched")


def data_of(args: argparse.Namespace) -> DataModule:
    """The first rows of train, which are validated on nothing."""
    lines = (args.data_root / "gsm8k" / "train.jsonl").read_text("utf-8").splitlines(keepends=True)
    folder = ROOT / ".cache" / "gsm8k"
    folder.mkdir(parents=True, exist_ok=True)
    for name, some in (("steps", lines[: args.rows]), ("rest", lines[-50:])):
        (folder / f"{name}.jsonl").write_text("".join(some), "utf-8")
    files = {"train": "steps", "val": "rest", "test": "rest"}
    return DataModule(
        **{split: str(folder / f"{name}.jsonl") for split, name in files.items()},
        input=Chat(tokenizer=str(args.model)),
        target=Reply(),
        batch=Batching(tokens=IDS, size=None),
        cache=str(ROOT / ".cache" / "prepared"),
    )


def module_of(data: DataModule, model: Path, *, packed: bool) -> Module:
    """The chat model with adapters."""
    how = {"lora": Lora(rank=16, dropout=0.0), "gradient_checkpointing": True, "packed": packed}
    backbone = partial(Causal, name=str(model), **how)
    return Module(data.card, backbone, partial(Replying, sample=0), Optimisation(lr=2e-4))


class Ticks(Callback):
    """Counts ids of answers, once the first steps are done."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock

    def on_train_batch_end(
        self, trainer: L.Trainer, module: L.LightningModule, out: Any, batch: Any, i: int
    ) -> None:
        """A step has ended."""
        if i + 1 == UNTIMED:
            self.clock.start()
        elif i >= UNTIMED:
            self.clock.tick(int(batch["learned"][:, 1:].sum()))


def train_ours(module: Module, data: DataModule, clock: Clock, steps: int) -> None:
    """Some steps of Lightning's Trainer."""
    trainer = L.Trainer(
        accelerator="cpu",
        max_steps=steps + UNTIMED,
        limit_val_batches=0,
        gradient_clip_val=1.0,
        logger=False,
        enable_checkpointing=False,
        enable_model_summary=False,
        enable_progress_bar=False,
        callbacks=[Ticks(clock)],
    )
    trainer.fit(module, datamodule=data)


def rows_of(data: DataModule) -> list[dict[str, Any]]:
    """The training rows, with labels of the answers' ids."""
    data.trainer = None
    rows = []
    for batch in data.plain_loader("train"):
        inputs = batch["inputs"]
        parts = (inputs["input_ids"], inputs["attention_mask"].bool(), batch["learned"].bool())
        for ids, mask, learned in zip(*parts, strict=True):
            labels = ids.where(learned, -100)
            rows.append({"input_ids": ids[mask].tolist(), "labels": labels[mask].tolist()})
    return rows


def train_theirs(module: Module, data: DataModule, clock: Clock, steps: int) -> None:
    """Some steps of transformers' Trainer on the same model."""
    from transformers import (
        AutoTokenizer,
        DataCollatorForSeq2Seq,
        Trainer,
        TrainerCallback,
        TrainingArguments,
    )

    counted = list[int]()

    class Timed(TrainerCallback):
        def on_step_end(self, arguments: Any, state: Any, control: Any, **_: Any) -> None:
            if state.global_step == UNTIMED:
                clock.start()
            elif state.global_step > UNTIMED:
                clock.tick(counted[state.global_step - 1])

    backbone = module.backbone
    assert isinstance(backbone, Causal)
    tokenizer = AutoTokenizer.from_pretrained(backbone.name)
    padded = DataCollatorForSeq2Seq(tokenizer)

    def collate(rows: list[dict[str, Any]]) -> Any:
        counted.append(sum(label != -100 for row in rows for label in row["labels"][1:]))
        return padded(rows)

    rows = rows_of(data)
    a_row = statistics.fmean(len(row["input_ids"]) for row in rows)
    with tempfile.TemporaryDirectory(prefix="weitiao-") as folder:
        arguments = TrainingArguments(
            output_dir=folder,
            max_steps=steps + UNTIMED,
            per_device_train_batch_size=round(IDS / a_row),
            learning_rate=2e-4,
            max_grad_norm=1.0,
            use_cpu=True,
            report_to="none",
            save_strategy="no",
            disable_tqdm=True,
            train_sampling_strategy="group_by_length",
        )
        Trainer(
            backbone.whole_model(),
            arguments,
            train_dataset=rows,
            data_collator=collate,
            callbacks=[Timed()],
        ).train()


def measure(args: argparse.Namespace) -> dict[str, float]:
    """One way, in this process."""
    way = args.way
    L.seed_everything(args.seed, verbose=False)
    data = data_of(args)
    matmul.use("blas" if way == "HF grouped" else matmul.fastest())
    module = module_of(data, args.model, packed=way == "packed")
    clock = Clock()
    if way.startswith("HF"):
        train_theirs(module, data, clock, args.steps)
    else:
        train_ours(module, data, clock, args.steps)
    wall, processor = clock.rates()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"per_second": wall, "per_cpu_second": processor, "mib": peak, "ids": clock.count}


def turns(args: argparse.Namespace) -> Iterator[tuple[str, dict[str, float]]]:
    """Each way in a process of its own, in turn."""
    for _ in range(args.rounds):
        for way in args.ways:
            command = [sys.executable, __file__, *sys.argv[1:], "--way", way]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            yield way, json.loads(done.stdout.splitlines()[-1])


def show(found: dict[str, dict[str, float]]) -> bool:
    """The table; whether packed meets the bars that were measured."""
    first = found["packed"]
    table = Table("", "ids of answers/s", "per CPU s", "MiB", "packed is", "≥", "memory", "≤")
    met = True
    for way, own in found.items():
        speed, memory = first["per_second"] / own["per_second"], first["mib"] / own["mib"]
        bar = {"HF grouped": TRAINER, "HF switched": SWITCHED}.get(way)
        most = MEMORY if way == "HF grouped" else None
        met &= speed >= (bar or 0) and memory <= (most or memory)
        numbers = (f"{own['per_second']:.1f}", f"{own['per_cpu_second']:.1f}", f"{own['mib']:.0f}")
        of_speed, of_memory = f"{bar or ''}", f"{most or ''}"
        table.add_row(way, *numbers, f"{speed:.2f}×", of_speed, f"{memory:.2f}×", of_memory)
    Console().print(table)
    return met


def main() -> int:
    """Print the table; the exit code says whether the bars are met."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-root", type=Path, required=True)
    parser.add_argument("--model", type=Path, default=MODEL)
    parser.add_argument("--rows", type=int, default=3000)
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=[*WAYS])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--way", choices=WAYS, help="measure this one, in this process")
    args = parser.parse_args()
    if not args.model.is_dir():
        print(f"{args.model} is not there: make chat-model", file=sys.stderr)
        return 1
    if args.way:
        print(json.dumps(measure(args)))
        return 0
    before, runs = environment(), list(turns(args))
    found = {}
    for way in args.ways:
        own = [figures for name, figures in runs if name == way]
        found[way] = {name: statistics.median(one[name] for one in own) for name in own[0]}
    met = show(found)
    places = ("data_root", "model")  # of this machine
    arguments = {name: value for name, value in vars(args).items() if name not in places}
    write("chat_steps", {"arguments": arguments, "environment": before, "ways": found})
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
