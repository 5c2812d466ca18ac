"""What labelling costs: one text as a process, many in a loop, a file larger than memory may be.

    python benchmarks/predicting.py one RUN EXPORTED [--rounds 5]
    python benchmarks/predicting.py loop RUN EXPORTED [--rounds 5] [--texts 1000] [--bf16]
    python benchmarks/predicting.py file RUN [--gb 1]

EXPORTED is RUN as a folder of transformers (`weitiao export`), which its `pipeline` reads. Bars:
one text in a process of its own, its speed in 1.2 times its memory; many texts, which the pipeline
gets sorted by length, 1.5 times its rate, in bfloat16 2.5 times, with 99.8 % of its labels; a CSV
of so many GB, the corpus again and again, in 1 GiB of resident memory. The exit code is 1 where a
bar is missed.
"""

from __future__ import annotations

import argparse
import csv
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[1]
CORPUS = ROOT / ".cache" / "corpus" / "reviews.csv"
SPEED, MEMORY, MOST, EQUAL = 1.0, 1.2, 1024.0, 0.998  # the bars; memory in MiB
RATES = {False: 1.5, True: 2.5}  # by whether in bfloat16
BATCH = 32
PIPELINE = (
    "import sys; from transformers import pipeline;"
    " print(pipeline('text-classification', sys.argv[1], trust_remote_code=True)(sys.argv[2]))"
)


class Cost(NamedTuple):
    """What a process took.

    Args:
        memory: its peak, in MiB.
    """

    seconds: float
    cpu: float
    memory: float


def cost_of(command: list[str]) -> Cost:
    """Run a process to its end."""
    started = time.perf_counter()
    with tempfile.TemporaryFile() as told:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=told)
        _, status, used = os.wait4(process.pid, 0)
        if status:
            told.seek(0)
            raise SystemExit(told.read().decode()[-1000:])
    seconds = time.perf_counter() - started
    return Cost(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def predict(run: str, *options: str) -> list[str]:
    """The command line of the verb, on the CPU."""
    script = str(ROOT / "src" / "train.py")
    given = ["--ckpt_path", run, "--hardware.accelerator", "cpu", *options]
    return [sys.executable, script, "predict", *given]


def one(run: str, exported: str, rounds: int) -> bool:
    """One text, each from the start of its process to its end, in turns."""
    text = "房间很干净，下次还住这里"
    ours, theirs = list[Cost](), list[Cost]()
    for number in range(rounds):
        both = [(ours, predict(run, "--text", text))]
        both += [(theirs, [sys.executable, "-c", PIPELINE, exported, text])]
        for found, command in both if number % 2 else both[::-1]:
            found.append(cost_of(command))
    mine, other = (Cost(*map(median, zip(*costs, strict=True))) for costs in (ours, theirs))
    print(f"predict  {mine.seconds:.2f} s, {mine.cpu:.2f} s of processor, {mine.memory:.0f} MiB")
    print(f"pipeline {other.seconds:.2f} s, {other.cpu:.2f} s of processor, {other.memory:.0f} MiB")
    speed, memory = other.cpu / mine.cpu, mine.memory / other.memory
    print(f"speed {other.seconds / mine.seconds:.2f} ×, by processor {speed:.2f} × (bar {SPEED})")
    print(f"memory {memory:.2f} × (bar {MEMORY})")
    return speed >= SPEED and memory <= MEMORY


def loop(run: str, exported: str, rounds: int, count: int, *, bf16: bool) -> bool:
    """Many texts in one process, in turns."""
    from transformers import pipeline

    import weitiao

    with CORPUS.open(encoding="utf-8", newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file)][:: 35_000 // count][:count]
    model = weitiao.load(run, device="cpu", precision="bf16-mixed" if bf16 else "32-true")
    pipe: Any = pipeline("text-classification", exported, trust_remote_code=True, device="cpu")
    ordered = sorted(texts, key=len)
    ours, theirs = list[float](), list[float]()
    for number in range(rounds + 1):  # the first warms up
        started = time.process_time()
        said = model.predict(texts).labels
        between = time.process_time()
        named = [each["label"] for each in pipe(ordered, batch_size=BATCH, truncation=True)]
        ended = time.process_time()
        if number:
            ours.append(between - started)
            theirs.append(ended - between)
    same = sum(a == b for a, b in zip(named, model.predict(ordered).labels, strict=True))
    ratio = median(theirs) / median(ours)
    print(f"predict {len(said) / median(ours):.0f} texts a second of processor time")
    print(f"pipeline {len(said) / median(theirs):.0f}; rate {ratio:.2f} × (bar {RATES[bf16]})")
    print(f"equal labels {same / len(said):.2%}")
    return ratio >= RATES[bf16] and same >= EQUAL * len(said)


def file(run: str, gigabytes: float) -> bool:
    """A file of so many GB."""
    with tempfile.TemporaryDirectory() as folder:
        big = Path(folder) / "big.csv"
        header, *lines = CORPUS.read_text("utf-8").splitlines(keepends=True)
        body = "".join(lines).encode()
        with big.open("wb") as out:
            out.write(header.encode())
            for _ in range(max(1, round(gigabytes * 1e9 / len(body)))):
                out.write(body)
        size = big.stat().st_size
        found = cost_of(predict(run, "--data.predict", str(big), "--out", f"{folder}/out.csv"))
    print(f"{size / 1e9:.2f} GB: {found.seconds:.0f} s, {found.memory:.0f} MiB (bar {MOST:.0f})")
    return found.memory <= MOST


def main() -> int:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("one", "loop", "file"))
    parser.add_argument("run")
    parser.add_argument("exported", nargs="?")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--texts", type=int, default=1000)
    parser.add_argument("--bf16", action="store_true")
    parser.add_argument("--gb", type=float, default=1.0)
    given = parser.parse_args()
    if given.what == "file":
        return 0 if file(given.run, given.gb) else 1
    if given.exported is None:
        parser.error("which exported folder?")
    if given.what == "one":
        return 0 if one(given.run, given.exported, given.rounds) else 1
    many = given.rounds, given.texts
    return 0 if loop(given.run, given.exported, *many, bf16=given.bf16) else 1


if __name__ == "__main__":
    sys.exit(main())
