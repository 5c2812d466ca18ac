"""Pictures of a class each, from scratch: ancient characters, and photographs of clothes.

    python benchmarks/pictures.py --data-root ../shared/data [--only oracle_mnist]
        [--seeds 1 2 3] [--with "OPTIONS"] [--table]

Of oracle_mnist the first 200 of each class are for training, of which a tenth is for validation,
and the last 100 for the test; they are written as PNG files first. Clothing has its own splits.
What is done stands in benchmarks/results/pictures.json after each training, so that a benchmark
that was killed goes on where it was; docs/pictures_results.md is written from it. The exit code is
1 where a mean misses its bar. `--with` tries other options and stores nothing: choose by
val/accuracy.
"""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

import numpy as np
from by_seed import ROOT, Benchmark, Key, Row, cost, mean, with_spread
from PIL import Image

FOLDER = ROOT / ".cache" / "oracle_mnist"
PARTS = {"train": slice(200), "test": slice(-100, None)}
"""Of the pictures of a class, in the order of the file."""
BARS = {"oracle_mnist": 80.0}
OPTIONS = {
    "oracle_mnist": [
        *("--data.input.size=28", "--data.input.colours=grey"),
        *("--data.input.augment.flip=0", "--data.input.augment.turn=10"),
    ],
    "clothing": ["--data.input.augment.colour=0.2"],
}
COLUMNS = {
    **{"data": "---", "network": "---", "accuracy": "--:", "macro F1": "--:", "val": "--:"},
    **{
        "gradients, colours, SVM": "--:",
        "majority": "--:",
        "seeds": "--:",
        "s": "--:",
        "MB": "--:",
    },
}
HEAD = f"""# Pictures

Written by `benchmarks/pictures.py` from `benchmarks/results/pictures.json`; don't edit it. In % on
test, mean ± deviation over seeds; the baseline learns from the same rows.

| {" | ".join(COLUMNS)} |
|{"|".join(COLUMNS.values())}|
"""


def options_of(name: str, data_root: Path) -> list[str]:
    """The options that name a set's files, which are written first."""
    folder, val = data_root / name, [f"--data.val={data_root / name / 'validation'}"]
    if name == "oracle_mnist":
        if not FOLDER.is_dir():
            write_characters(folder, FOLDER)
        folder, val = FOLDER, []
    files = [f"--data.{split}={folder / split}" for split in ("train", "test")]
    return [*files, *val, "--task=pictures", *OPTIONS[name]]


def write_characters(source: Path, folder: Path) -> None:
    """The characters of gzipped IDX files, as PNG files by split and class."""
    with gzip.open(source / "t10k-images-idx3-ubyte.gz") as file:
        pixels = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 28, 28)
    with gzip.open(source / "t10k-labels-idx1-ubyte.gz") as file:
        classes = np.frombuffer(file.read(), np.uint8, offset=8)
    part = folder.with_suffix(".part")
    for label in np.unique(classes).tolist():
        for split, some in PARTS.items():
            (part / split / str(label)).mkdir(parents=True, exist_ok=True)
            for number in np.flatnonzero(classes == label)[some].tolist():
                picture = Image.fromarray(pixels[number])
                picture.save(part / split / str(label) / f"{number:04}.png")
    part.rename(folder)


def line_of(key: Key, rows: list[Row]) -> tuple[str, bool]:
    """The line of a set, and whether its bar is met."""
    cells = [key[0], "ConvNet"]
    cells += [with_spread(rows, f"test/{name}") for name in ("accuracy", "f1_macro")]
    cells += [with_spread(rows, "val/accuracy")]
    cells += [f"{mean(rows, f'{name}/accuracy'):.1f}" for name in ("baseline", "majority")]
    met = mean(rows, "test/accuracy") >= BARS.get(key[0], 0.0)
    return f"| {' | '.join([*cells, *cost(rows)])} |", met


BENCHMARK = Benchmark(
    "pictures",
    ["oracle_mnist", "clothing"],
    options_of,
    ("pictures", "pictures"),
    ("val/accuracy", "test/accuracy", "baseline/accuracy"),
    HEAD,
    line_of,
)

if __name__ == "__main__":
    sys.exit(BENCHMARK.main(__doc__))
