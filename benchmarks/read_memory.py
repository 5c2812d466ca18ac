"""Read a large file of Chinese reviews: rows per second, and does it stay under 1 GiB of memory?

    python benchmarks/read_memory.py --gb 5 [--suffix csv.gz] [--dir FOLDER] [--ids]

The file is written by one process and read by another, whose peak resident memory
(``ru_maxrss``) is what is judged. Pages of the result count as resident as soon as they are
touched, and belong to the page cache, not to the process; so the mapped table is not looked into
before the figure is taken. The exit code is 1 at or above 1 GiB. What was measured stands in
benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
import multiprocessing
import random
import resource
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

GIB = 1 << 30
HANZI = "的一是不了人我在有他这中大来上个国和也子时道说为要就出会可你对生能而那得于着下自之"


def write(path: Path, size: int) -> None:
    """About `size` bytes of ``id,label,text`` in lines of some 30 to 300 bytes, a few quoted."""
    rng = random.Random(0)
    bodies = []
    for _ in range(10_000):
        text = "".join(rng.choices(HANZI, k=rng.randint(5, 95)))
        bodies.append(f'"{text}，""好""\n{text[:5]}"' if rng.random() < 0.05 else text + "。")
    number = 0
    with path.open("w", encoding="utf-8") as file:
        file.write("id,label,text\n")
        while file.tell() < size:
            block = rng.choices(bodies, k=20_000)
            file.writelines(f"r{number + i},{i % 2},{body}\n" for i, body in enumerate(block))
            number += len(block)


def convert(path: Path, suffix: str) -> Path:
    """The rows of a CSV file in another format; what is to be named to the reader."""
    new = path.with_name(f"reviews.{suffix}")
    if suffix.startswith("csv."):
        codec = CODECS[new.suffix[1:]]
        with pa.OSFile(str(new), "wb") as file, pa.CompressedOutputStream(file, codec) as packed:
            packed.upload(path.open("rb"))
    elif suffix != "csv":
        with path.open(encoding="utf-8", newline="") as file:
            WRITERS[suffix](csv.DictReader(file), new)
    return new


def write_json(rows: Iterator[dict[str, str]], path: Path) -> None:
    with path.open("w", encoding="utf-8") as file:
        for number, row in enumerate(rows):
            file.write(("," if number else "[") + json.dumps(row, ensure_ascii=False))
        file.write("]")


def write_jsonl(rows: Iterator[dict[str, str]], path: Path) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def write_arrow(rows: Iterator[dict[str, str]], path: Path) -> None:
    schema = pa.schema([(name, pa.string()) for name in ("id", "label", "text")])
    with pa.ipc.new_file(str(path), schema) as file:
        while part := list(itertools.islice(rows, 65_536)):
            file.write_batch(pa.RecordBatch.from_pylist(part, schema))


def write_sql(rows: Iterator[dict[str, str]], path: Path) -> None:
    with sqlite3.connect(path.with_suffix(".db")) as database:
        database.execute("CREATE TABLE reviews (id, label, text)")
        database.executemany("INSERT INTO reviews VALUES (:id, :label, :text)", rows)
    path.write_text("SELECT id, label, text FROM reviews ORDER BY rowid")


WRITERS = {"jsonl": write_jsonl, "json": write_json, "feather": write_arrow, "sql": write_sql}
CODECS = {"gz": "gzip", "bz2": "bz2", "zst": "zstd"}


def read(path: Path, out: Path, ids: bool, answer: multiprocessing.SimpleQueue) -> None:
    from weitiao.io.tables import Reader

    database = str(path.with_suffix(".db")) if path.suffix == ".sql" else None
    names = {"text": "text", "label": "label"} | ({"id": "id"} if ids else {})
    reader = Reader(names, database=database)
    start = time.perf_counter()
    table = reader.read(str(path), out)
    seconds, cpu = time.perf_counter() - start, time.process_time()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    answer.put((table.num_rows, seconds, cpu, peak))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gb", type=float, default=5, help="size of the CSV in 10^9 bytes")
    parser.add_argument(
        "--suffix", default="csv", choices=["csv", *(f"csv.{c}" for c in CODECS), *WRITERS]
    )
    parser.add_argument("--dir", help="where the temporary folder is made")
    parser.add_argument("--ids", action="store_true", help="read, and so compare, an id column")
    args = parser.parse_args()
    context = multiprocessing.get_context("spawn")  # a child that starts with nothing loaded
    with tempfile.TemporaryDirectory(dir=args.dir, prefix="weitiao-") as folder:
        path = Path(folder) / "reviews.csv"
        write(path, int(args.gb * 1e9))
        size = path.stat().st_size
        path = convert(path, args.suffix)
        answer = context.SimpleQueue()
        child = context.Process(
            target=read, args=(path, path.with_name("read.arrow"), args.ids, answer)
        )
        child.start()
        child.join()
        if child.exitcode:
            return child.exitcode
        rows, seconds, cpu, peak = answer.get()
    speed = f"{rows / seconds:,.0f} rows/s, {size / 1e6 / seconds:.0f} MB/s"
    print(
        f"{size / 1e9:.2f} GB as CSV, read as {args.suffix}: {rows:,} rows in {seconds:.1f} s"
        f" ({cpu:.1f} s of processor): {speed}"
    )
    print(f"peak resident memory {peak / GIB:.3f} GiB")
    return int(peak >= GIB)


if __name__ == "__main__":
    sys.exit(main())
