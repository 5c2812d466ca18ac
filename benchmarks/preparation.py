"""How long preparing the embedded corpus takes, from the raw file and from the cache.

    python benchmarks/preparation.py [--tokenizer words --segmenter rjieba]

Times `TextDataModule.prepared` in this process, imports left out. The exit code is 1 above 10 s
from the raw file or above 1 s from the cache.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time

from weitiao.data.datamodule import TextDataModule
from weitiao.inputs.text.segment import Segmenter
from weitiao.inputs.text.tokenization import Encoder

RAW, CACHED = 10.0, 1.0  # seconds


def main() -> int:
    """Prepare twice into an empty cache."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tokenizer", default="words")
    parser.add_argument("--segmenter", default="rjieba")
    parser.add_argument("--train", default=".cache/corpus/reviews.csv")
    options = parser.parse_args()
    seconds = []
    with tempfile.TemporaryDirectory() as cache:
        for _ in range(2):
            data = TextDataModule(
                options.train,
                encode=Encoder(tokenizer=options.tokenizer, max_length=256),
                segment=Segmenter(method=options.segmenter),
                cache=cache,
            )
            since = time.perf_counter()
            rows = data.prepared.card.rows
            seconds.append(time.perf_counter() - since)
        print(f"{options.tokenizer}, {options.segmenter}: rows {rows}")
        print(f"from the raw file {seconds[0]:.2f} s, from the cache {seconds[1]:.2f} s")
    return 0 if seconds[0] <= RAW and seconds[1] <= CACHED else 1


if __name__ == "__main__":
    sys.exit(main())
