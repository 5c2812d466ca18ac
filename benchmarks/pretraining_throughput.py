"""Masked-language-model pretraining, here and by transformers' `run_mlm.py`: text per second.

    python benchmarks/pretraining_throughput.py [--layers 2 --width 128] [--steps 150]
        [--line_by_line] [--rounds 1] [--threads 2]

- **weitiao**: what `python src/pretrain.py --config configs/pretrain/default.yaml` sets up.
- **run_mlm**: the recipe of transformers' `examples/pytorch/language-modeling/run_mlm.py`: texts
  are strung together and cut into blocks of 128, which mix them; its collator and `Trainer`.
- **by line** (with `--line_by_line`): the script's other way: each text is a row, cut after 128
  ids and padded to the longest of its batch.

All start from the same weights of the same BERT kind, and share corpus, tokenizer, fused AdamW,
learning-rate schedule, dropout, clipping at 1.0, float32, the number of threads, 32 rows a batch,
and the share of ids that are masked, one by one. (By default ours masks whole words, which is
harder to learn, and cuts batches by a budget of ids.) transformers' Trainer gets its rows in
memory, with the `special_tokens_mask` that its collator would else look up and the Trainer by
default throws away; both make it faster. What is timed are the steps after a warm-up, with logging
and progress bar, without validation and checkpoints. Seconds are of the wall clock; ids per second
of processor time stand beside them, since they suffer less from other load.

What counts are ids of text, without padding and the special ids around texts. ``needed`` and
``computed`` are the matrix products of forward and backward pass, as shares of the rate at which
the machine multiplies float32 matrices of 1024 × 1024: the best of those measured before each
training. ``needed`` is the same work per id of text for all: that of our step, where attention goes
over full blocks and only positions that are asked go through the head over the vocabulary.
``computed`` is the work that each does: padding, and in `run_mlm.py` the head at all positions. The
loss is the mean of all training steps.

Needs the embedded corpus (`python src/corpus.py`) and, for transformers' Trainer alone, the package
accelerate: `pip install 'weitiao[bench]'`.
"""

from __future__ import annotations

import argparse
import copy
import sys
import tempfile
from dataclasses import asdict, dataclass
from typing import Any

import lightning.pytorch as L
import torch
from flops import flops_of, matmul_rate
from lightning.pytorch.callbacks import Callback, Checkpoint
from rich.console import Console
from rich.table import Table
from run_mlm import Collator, Row, by_line, grouped
from throughput import CORPUS
from timing import ROOT, Clock, environment, summarise, write
from torch import Tensor
from ways import CLIP, LENGTH

from weitiao.pretraining.card import LanguageCard
from weitiao.pretraining.cli import PretrainCLI
from weitiao.pretraining.module import LanguageModel
from weitiao.training.quiet import quiet

BLOCKS, WARM_UP, LEAST_SPEEDUP = 32, 10, 1.5
OURS, GROUPED, BY_LINE = "weitiao", "run_mlm", "by line"
Batch = dict[str, Tensor]


@dataclass(frozen=True)
class Setting:
    """What all share.

    Args:
        args: the command line.
        module: the initial weights.
        tokenizer: that of our preparation.
        rows: of each way of `run_mlm.py`.
        flops: of a step of each way.
        needed: FLOP that an id of text needs.
    """

    args: argparse.Namespace
    module: LanguageModel
    tokenizer: Any
    rows: dict[str, list[Row]]
    flops: dict[str, int]
    needed: float

    @property
    def steps(self) -> int:
        """Optimiser steps of a training."""
        return WARM_UP + self.args.steps


def command(args: argparse.Namespace, root: str) -> PretrainCLI:
    """Our command line, ready to train in a folder below ``root``."""
    return PretrainCLI(
        [
            f"--config={ROOT / 'configs' / 'pretrain' / 'default.yaml'}",
            f"--seed_everything={args.seed}",
            f"--data.corpus.files={CORPUS}",
            f"--data.cache={ROOT / '.cache' / 'prepared'}",
            f"--data.max_length={LENGTH}",
            "--data.masking.unit=id",
            "--data.batch.tokens=null",
            f"--data.batch.size={BLOCKS}",
            f"--model.network.layers={args.layers}",
            f"--model.network.width={args.width}",
            f"--model.network.heads={args.width // 64}",
            "--trainer.accelerator=cpu",
            f"--trainer.gradient_clip_val={CLIP}",
            f"--trainer.max_steps={WARM_UP + args.steps}",
            "--trainer.max_epochs=-1",
            "--trainer.check_val_every_n_epoch=1000000",
            "--trainer.num_sanity_val_steps=0",
            f"--run.root={root}",
        ],
        Console(quiet=True),
    )


def make_setting(args: argparse.Namespace) -> Setting:
    """Data, initial weights, and the work of a step."""
    with tempfile.TemporaryDirectory(prefix="weitiao-") as root:
        cli = command(args, root)
    data, module = cli.datamodule, copy.deepcopy(cli.model)
    texts = list(data.preparation.corpus.documents())
    rows = {GROUPED: grouped(texts, data.tokenizer, LENGTH)}
    if args.line_by_line:
        rows[BY_LINE] = by_line(texts, data.tokenizer, LENGTH)
    batch = next(iter(data.train_dataloader()))
    flops = {OURS: flops_of(lambda: module.loss(batch)[0])}
    for way, some in rows.items():
        theirs = Collator(data.tokenizer)(some[:BLOCKS])
        flops[way] = flops_of(lambda theirs=theirs: module.network.model(**theirs).loss)
    needed = flops[OURS] / text_ids(batch, data.card)
    return Setting(args, cli.model, data.tokenizer, rows, flops, needed)


def text_ids(batch: Batch, card: LanguageCard) -> int:
    """Ids of a packed batch without padding and the special ids around its pieces."""
    real = batch["inputs"]["attention_mask"]
    pieces = (real & (batch["inputs"]["positions"] == 0)).sum()
    return int(real.sum() - pieces * len(card.begin + card.end))


def count(clock: Clock, step: int, ids: int) -> None:
    """Count a step that has ended, unless it is of the warm-up, the end of which starts the clock.

    Args:
        clock: that of the training.
        step: how many have ended.
        ids: of the step's text.
    """
    if step == WARM_UP:
        clock.start()
    elif step > WARM_UP:
        clock.tick(ids)


def train_weitiao(setting: Setting, clock: Clock) -> float:
    """Our command; gives the mean loss."""

    class Ticks(Callback):
        def on_train_batch_end(
            self, trainer: Any, module: Any, out: Any, batch: Batch, i: int
        ) -> None:
            count(clock, trainer.global_step, text_ids(batch, module.card))

    with tempfile.TemporaryDirectory(prefix="weitiao-") as root:
        cli = command(setting.args, root)
        cli.model.load_state_dict(setting.module.state_dict())
        kept = [one for one in cli.trainer.callbacks if not isinstance(one, Checkpoint)]
        cli.trainer.callbacks = [*kept, Ticks()]
        cli.trainer.fit(cli.model, datamodule=cli.datamodule)
    return float(cli.trainer.callback_metrics["train/loss_epoch"])


def train_hf(setting: Setting, clock: Clock, rows: list[Row]) -> float:
    """transformers' Trainer, with its defaults where the comparison doesn't ask for others."""
    from transformers import Trainer, TrainerCallback, TrainingArguments

    collator = Collator(setting.tokenizer)

    class Ticks(TrainerCallback):
        def on_step_end(self, arguments: Any, state: Any, control: Any, **_: Any) -> None:
            count(clock, state.global_step, collator.text_ids.popleft())

    model = copy.deepcopy(setting.module.network.model)
    built = setting.module.optim.build(model, setting.steps)
    with tempfile.TemporaryDirectory(prefix="weitiao-") as folder:
        arguments = TrainingArguments(
            output_dir=folder,
            max_steps=setting.steps,
            per_device_train_batch_size=BLOCKS,
            max_grad_norm=CLIP,
            seed=setting.args.seed,
            use_cpu=True,
            report_to="none",
            save_strategy="no",
            disable_tqdm=not sys.stderr.isatty(),  # as our bar
            remove_unused_columns=False,
        )
        trainer = Trainer(
            model,
            arguments,
            train_dataset=rows,
            data_collator=collator,
            optimizers=(built["optimizer"], built["lr_scheduler"]["scheduler"]),
            callbacks=[Ticks()],
        )
        return float(trainer.train().training_loss)


@dataclass(frozen=True)
class Result:
    """What one training gave.

    Args:
        way: of training.
        per_second: ids of text.
        per_cpu_second: the same by processor time.
        matmul: FLOP per second of the machine, just before.
        needed: FLOP per second that the text needs.
        computed: FLOP per second that were done.
        loss: mean of all steps.
    """

    way: str
    per_second: float
    per_cpu_second: float
    matmul: float
    needed: float
    computed: float
    loss: float


def measure(way: str, setting: Setting) -> Result:
    """Train one way."""
    L.seed_everything(setting.args.seed, verbose=False)
    clock, matmul = Clock(), matmul_rate()
    if way == OURS:
        loss = train_weitiao(setting, clock)
    else:
        loss = train_hf(setting, clock, setting.rows[way])
    assert clock.steps == setting.args.steps, f"{way}: {clock.steps} steps"
    wall, cpu = clock.rates()
    done = setting.flops[way] * clock.steps / clock.count  # FLOP per id of text
    return Result(way, wall, cpu, matmul, wall * setting.needed, wall * done, loss)


def show(rows: list[dict[str, Any]], matmul: float, title: str) -> bool:
    """The table, with shares of ``matmul`` FLOP per second; gives whether the bar is met."""
    names = ("", "ids/s", "needed", "computed", "loss", "weitiao is", "by CPU", "≥")
    table, met = Table(*names, title=title), []
    for row in rows:
        if row["way"] != OURS:
            met.append(row["speedup"] >= LEAST_SPEEDUP)
        table.add_row(
            row["way"],
            f"{row['per_second']:,.0f}",
            f"{row['needed'] / matmul:.1%}",
            f"{row['computed'] / matmul:.1%}",
            f"{row['loss']:.3f}",
            f"{row['speedup']:.2f}×",
            f"{row['speedup_cpu']:.2f}×",
            "" if row["way"] == OURS else f"{LEAST_SPEEDUP} {'✓' if met[-1] else '✗'}",
        )
    Console().print(table)
    return all(met)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--width", type=int, default=128, help="64 to an attention head")
    parser.add_argument("--steps", type=int, default=150, help="that are timed")
    parser.add_argument("--line_by_line", action="store_true", help="its other way as well")
    parser.add_argument("--rounds", type=int, default=1, help="all in turn, so many times")
    parser.add_argument("--threads", type=int, help="torch's own number by default")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    if not CORPUS.exists():
        print("the embedded corpus is not there: python src/corpus.py", file=sys.stderr)
        return 1
    if args.threads:
        torch.set_num_threads(args.threads)
    quiet()
    before, setting = environment(), make_setting(args)
    results = [measure(way, setting) for _ in range(args.rounds) for way in setting.flops]
    rows, name = summarise(results), f"{args.layers}x{args.width}"
    matmul = max(result.matmul for result in results)
    met = show(rows, matmul, f"{name}, {args.steps} steps, {matmul / 1e9:.0f} GFLOP/s")
    content = {"arguments": vars(args), "environment": before, "flops": setting.flops}
    content |= {"needed": setting.needed, "matmul": matmul, "summary": rows}
    content |= {"runs": [asdict(r) for r in results]}
    write(f"pretraining-{name}", content)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
