"""A chat model of 32, 8 and 4 bits: loss of answers, memory, time of a step and of an answer.

    python benchmarks/few_bits.py --data-root ../shared/data [--model FOLDER] [--rows 20]

The loss is that of the untuned model on the first rows of GSM8K's train; memory is that of all
weights, those of adapters and embeddings too; a step is a forward and a backward pass of three rows
in float32 on one thread, in seconds of the processor, so that other work on the machine counts
little; so is an id of an answer, of which no bar says how long it may take. Bars: loss 1.01 × at 8
bits and 1.1 × at 4; memory 0.45 × and 0.35 ×; a step 4 ×. The exit code is 1 where one is missed.

Needs the chat model (`make chat-model`) and bitsandbytes: `pip install 'weitiao[bits]'`.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import torch
from chat_steps import MODEL, data_of
from throughput import environment, write

from weitiao.data.datamodule import DataModule
from weitiao.models.backbones.causal import Causal
from weitiao.models.backbones.few_bits import Bits, few_bits_of
from weitiao.models.backbones.lora import Lora
from weitiao.objectives import Replying

LOSS, MEMORY, STEP = {8: 1.01, 4: 1.1}, {8: 0.45, 4: 0.35}, 4.0
ROUNDS, STEP_ROWS = 3, 3
IDS_READ, IDS_WRITTEN = 16, 16


class Measured:
    """The model of so many bits: its loss, the memory of its weights, steps.

    Args:
        bits: of a weight; null = 32.
    """

    def __init__(self, data: DataModule, model: Path, bits: Bits | None) -> None:
        torch.manual_seed(0)
        lora = Lora(rank=16, dropout=0.0)
        self.backbone = Causal(data.card, name=str(model), lora=lora, bits=bits)
        self.objective = Replying(data.card, self.backbone, sample=0)
        self.batches = [*data.plain_loader("train")]
        weights = [*self.backbone.parameters(), *few_bits_of(self.backbone)]
        self.found = {"MB": sum(each.nbytes for each in weights) / 1e6, "loss": self.loss()}

    @torch.inference_mode()
    def loss(self) -> float:
        """That of all answers."""
        losses = [self.objective.loss(self.backbone, batch) for batch in self.batches]
        learned = sum(float(each.size) for each in losses)
        return sum(float(each.value * each.size) for each in losses) / learned

    def step(self) -> None:
        """Forward and back; the quickest one counts."""
        first = self.batches[0]
        few = {"inputs": {n: x[:STEP_ROWS] for n, x in first["inputs"].items()}}
        few["learned"] = first["learned"][:STEP_ROWS]
        begun = time.process_time()
        self.objective.loss(self.backbone, few).value.backward()
        seconds = time.process_time() - begun
        self.found["seconds"] = min(seconds, self.found.get("seconds", seconds))
        self.found["ids of the step"] = int(few["inputs"]["attention_mask"].sum())

    def answer(self) -> None:
        """Some ids of one answer; the quickest time counts."""
        ids = self.batches[0]["inputs"]["input_ids"][:1, :IDS_READ]
        begun = time.process_time()
        self.backbone.eval().generate(ids, torch.ones_like(ids), IDS_WRITTEN, ())
        seconds = (time.process_time() - begun) / IDS_WRITTEN
        self.found["an id"] = min(seconds, self.found.get("an id", seconds))


def main() -> int:
    """Measure all three in turn, and compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-root", type=Path, required=True)
    parser.add_argument("--model", type=Path, default=MODEL)
    parser.add_argument("--rows", type=int, default=20)
    args = parser.parse_args()
    torch.set_num_threads(1)
    data = data_of(args)
    data.prepare_data()
    data.setup("fit")
    models = {bits: Measured(data, args.model, bits) for bits in (None, 8, 4)}
    for _ in range(ROUNDS):
        for each in models.values():
            each.step()
            each.answer()
    found: dict[str, dict[str, Any]] = {str(b or 32): each.found for b, each in models.items()}
    for name, values in found.items():
        print(f"{name:2} bits:", {key: round(value, 4) for key, value in values.items()})
    whole, missed = found["32"], []
    for bits in (8, 4):
        bars = {"loss": LOSS[bits], "MB": MEMORY[bits], "seconds": STEP}
        shares = {name: found[str(bits)][name] / whole[name] for name in bars}
        missed += [f"{bits} bits: {n} {shares[n]:.2f} ×" for n in bars if shares[n] > bars[n]]
    print("missed:" if missed else "all bars met", *missed)
    write("few_bits", {"environment": environment(), "rows": args.rows, "found": found})
    return bool(missed)


if __name__ == "__main__":
    raise SystemExit(main())
