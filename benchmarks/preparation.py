"""How long preparing takes, what it takes of memory, and what others take for the same.

    python benchmarks/preparation.py corpus [--tokenizer words --segmenter rjieba]
    python benchmarks/preparation.py rows [--rows 1000000] [--rounds 1] [--only ours pandas]

`corpus` prepares the embedded corpus, from the raw file and from the cache, imports left out. The
bars: 10 s from the raw file, 1 s from the cache.

`rows` generates a CSV of distinct rows and prepares it with our defaults, with pandas and with
datasets (`preparation_others.py`), each in a process of its own, in turns. Seconds are those of the
whole process, imports among them; memory is its peak (``ru_maxrss``, mapped files included). The
bars: at least 1.5 times as fast as pandas, at most 5 bytes of memory a byte of the CSV.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from generated import write_reviews
from rich.console import Console
from rich.table import Table

from weitiao.data.audit import Auditor
from weitiao.data.prepare import Preparation
from weitiao.data.split import Splitter
from weitiao.inputs.text import Text
from weitiao.inputs.text.segment import Segmenter
from weitiao.inputs.text.tokenization import Encoder
from weitiao.io.tables import Reader

RAW, CACHED = 10.0, 1.0  # seconds
FASTER, MEMORY = 1.5, 5.0  # times pandas; bytes a byte of CSV
OTHERS = Path(__file__).with_name("preparation_others.py")


class Measured(NamedTuple):
    """What a process took, and how many rows and ids it wrote."""

    seconds: float
    peak: int
    found: dict[str, int]


def corpus(options: argparse.Namespace) -> bool:
    """Prepare the embedded corpus twice into an empty cache."""
    encode = Encoder(tokenizer=options.tokenizer, max_length=256)
    text = Text(encode=encode, segment=Segmenter(method=options.segmenter))
    preparation = Preparation(Reader(), text, Auditor(), Splitter())
    seconds = []
    with tempfile.TemporaryDirectory() as cache:
        for _ in range(2):
            since = time.perf_counter()
            rows = preparation({"train": options.train}, Path(cache)).card.rows
            seconds.append(time.perf_counter() - since)
    print(f"{options.tokenizer}, {options.segmenter}: rows {rows}")
    print(f"from the raw file {seconds[0]:.2f} s, from the cache {seconds[1]:.2f} s")
    return seconds[0] <= RAW and seconds[1] <= CACHED


def ours(file: str, folder: str) -> dict[str, int]:
    """Prepare with the defaults."""
    done = Preparation(Reader(), Text(), Auditor(), Splitter())({"train": file}, Path(folder))
    columns = [done.ids(split)["input_ids"] for split in done.card.rows]
    ids = sum(int(column.chunk(0).offsets[-1].as_py()) for column in columns)
    return {"rows": sum(done.card.rows.values()), "ids": ids}


def rows(options: argparse.Namespace) -> bool:
    """Measure all in turns; whether the bars are met."""
    taken: dict[str, list[Measured]] = {name: [] for name in options.only}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "reviews.csv"
        write_reviews(file, options.rows)
        size = file.stat().st_size
        for _ in range(options.rounds):
            for name, found in taken.items():
                found.append(measured(name, file))
    written = {name: found[0].found for name, found in taken.items()}
    if len({json.dumps(found) for found in written.values()}) > 1:
        sys.exit(f"they didn't prepare the same: {written}")
    table = Table(title=f"{options.rows:,} rows, {size / 1e6:.0f} MB", title_justify="left")
    for title in ("", "seconds", "to ours", "peak MB", "a byte of CSV"):
        table.add_column(title, justify="right")
    seconds = {n: statistics.median(m.seconds for m in found) for n, found in taken.items()}
    bytes_each = {n: max(m.peak for m in found) / size for n, found in taken.items()}
    for name in taken:
        ratio, peak = seconds[name] / seconds["ours"], bytes_each[name] * size / 1e6
        cells = f"{seconds[name]:.1f}", f"{ratio:.2f} ×", f"{peak:,.0f}", f"{bytes_each[name]:.2f}"
        table.add_row(name, *cells)
    Console().print(table)
    faster = "pandas" not in seconds or seconds["pandas"] >= FASTER * seconds["ours"]
    return faster and bytes_each["ours"] <= MEMORY


def measured(name: str, file: Path) -> Measured:
    """Prepare the file in a process of its own."""
    script = [__file__, "ours"] if name == "ours" else [str(OTHERS), name]
    with tempfile.TemporaryDirectory() as folder:
        since = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, *script, str(file), folder], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        told = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - since
    if status:
        sys.exit(f"{name} ended with {status}")
    return Measured(seconds, used.ru_maxrss * 1024, json.loads(told.splitlines()[-1]))


def main() -> int:
    """Measure what is asked for; 1 where a bar isn't met."""
    if sys.argv[1:2] == ["ours"]:
        print(json.dumps(ours(*sys.argv[2:])))
        return 0
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("corpus", "rows"))
    parser.add_argument("--tokenizer", default="words")
    parser.add_argument("--segmenter", default="rjieba")
    parser.add_argument("--train", default=".cache/corpus/reviews.csv")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--only", nargs="+", default=["ours", "pandas", "datasets"])
    options = parser.parse_args()
    return 0 if {"corpus": corpus, "rows": rows}[options.what](options) else 1


if __name__ == "__main__":
    sys.exit(main())
