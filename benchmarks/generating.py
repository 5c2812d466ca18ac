"""Ids a second: this project's loop and transformers' `generate`, one by one and in batches.

    python benchmarks/generating.py [--model FOLDER] [--length 64] [--rounds 3] [--threads 2]

Questions of mixed lengths, greedy, keys and values kept, each answer until the model ends it or
`--length` ids. Both have the same model object, the same prompts and padding on the left;
`generate` gets the batch as `--file` makes it, sorted or in the order of the file. What counts are
ids of answers, without padding. The ways take turns; of each the best round counts, by processor
time, since others may keep the machine busy.

Needs the chat model: `make chat-model`.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table
from timing import environment, write

from weitiao.generation.choice import Choice
from weitiao.generation.conversation import asked
from weitiao.generation.options import Generation
from weitiao.generation.speaker import Speaker
from weitiao.io.dialogues.messages import Message
from weitiao.models.decoding import Row, go_on, in_batches

MODEL = Path(__file__).parents[1] / ".cache/models/smollm2-135m-instruct"
LEAST_BATCH, LEAST_THEIRS = 2.0, 1.0
QUESTIONS = [
    "What is the capital of France?",
    "Say hello.",
    "Write a short poem about the sea and the wind.",
    "Why is the sky blue? Explain it to a child of six years, in simple words.",
    "List three colours, one a line.",
    "A train leaves at nine and travels for three hours and a half. When does it arrive?",
    "Translate to French: Good morning.",
    "Summarise in one sentence: The meeting was moved from Monday to Thursday since two of the"
    " speakers fell ill, and the room that had been booked was needed for the examinations, which"
    " could not be moved. All who had registered were told by letter and need not do anything.",
    "How do I boil an egg?",
    "Who wrote Hamlet?",
    "Give me a name for a cat.",
    "Explain what a database index is, when it helps, when it hurts, and what it costs to keep.",
    "Is water wet?",
    "Write an e-mail to my landlord: the heating in the bathroom has not worked since Tuesday.",
    "Count from one to twenty.",
    "What is a quokka?",
]
Way = Callable[[Speaker, list[list[int]], int], int]


def alone(speaker: Speaker, prompts: list[list[int]], length: int) -> int:
    """Ours, one by one."""
    return sum(together(speaker, [prompt], length) for prompt in prompts)


def together(speaker: Speaker, prompts: list[list[int]], length: int) -> int:
    """Ours, a batch."""
    rows = [Row(prompt, length) for prompt in prompts]
    choice = Choice(Generation("", temperature=0.0))
    for some in in_batches(rows, len(rows)):
        go_on(speaker.model, some, choice, speaker.ends)
    return sum(len(row.ids) + row.ended for row in rows)


def theirs_alone(speaker: Speaker, prompts: list[list[int]], length: int) -> int:
    """transformers', one by one."""
    return sum(theirs_together(speaker, [prompt], length) for prompt in prompts)


def theirs_together(speaker: Speaker, prompts: list[list[int]], length: int) -> int:
    """transformers', a batch."""
    longest = max(map(len, prompts))
    pad = speaker.pad_id or 0
    ids = torch.tensor([[pad] * (longest - len(row)) + row for row in prompts])
    mask = torch.tensor([[0] * (longest - len(row)) + [1] * len(row) for row in prompts])
    with torch.inference_mode():
        found = speaker.model.generate(
            ids,
            attention_mask=mask,
            max_new_tokens=length,
            do_sample=False,
            eos_token_id=sorted(speaker.ends),
            pad_token_id=pad,
        )
    ends, count = {*speaker.ends}, 0
    for row in found[:, longest:].tolist():
        place = next((i for i, each in enumerate(row) if each in ends), len(row) - 1)
        count += place + 1
    return count


WAYS: dict[str, Way] = {
    "one by one": alone,
    "one by one, transformers": theirs_alone,
    "a batch": together,
    "a batch, transformers": theirs_together,
}


def measured(speaker: Speaker, length: int, rounds: int) -> dict[str, dict[str, float]]:
    """Ids a second of each way: of the wall clock and of processor time, best of the rounds."""
    options = Generation("", chat=True, length=length)
    prompts = [asked(speaker, [Message("user", text)], options).ids for text in QUESTIONS]
    found: dict[str, dict[str, float]] = {name: {"wall": 0.0, "processor": 0.0} for name in WAYS}
    for way in WAYS.values():  # a warm-up
        way(speaker, prompts[:2], 2)
    for _ in range(rounds):
        for name, way in WAYS.items():
            wall, processor = time.perf_counter(), time.process_time()
            ids = way(speaker, prompts, length)
            own = found[name]
            own["wall"] = max(own["wall"], ids / (time.perf_counter() - wall))
            own["processor"] = max(own["processor"], ids / (time.process_time() - processor))
            own["ids"] = ids
    return found


def main() -> int:
    """Print the table; the exit code says whether the bars are met."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, default=MODEL)
    parser.add_argument("--length", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    speaker = Speaker.open(str(options.model), chat=True)
    found = measured(speaker, options.length, options.rounds)
    table = Table("way", "ids", "ids/s", "ids/s of processor time")
    for name, own in found.items():
        table.add_row(name, str(own["ids"]), f"{own['wall']:.1f}", f"{own['processor']:.1f}")
    Console().print(table)
    rate = {name: own["processor"] for name, own in found.items()}
    ratios = {
        "batch / one by one": (rate["a batch"] / rate["one by one"], LEAST_BATCH),
        "one by one / transformers": (
            rate["one by one"] / rate["one by one, transformers"],
            LEAST_THEIRS,
        ),
        "batch / transformers": (rate["a batch"] / rate["a batch, transformers"], LEAST_THEIRS),
    }
    for name, (ratio, bar) in ratios.items():
        print(f"{name}: {ratio:.2f} (bar {bar})")
    kept = {name: ratio for name, (ratio, _) in ratios.items()}
    values = {"length": options.length, "ways": found, "ratios": kept}
    write("generating", values | {"environment": environment()})
    return int(any(ratio < bar for ratio, bar in ratios.values()))


if __name__ == "__main__":
    sys.exit(main())
