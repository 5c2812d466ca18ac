"""Chinese word segmentation as tags: words are spans, learned from UNER's word column.

    python benchmarks/segmentation.py --data-root ../shared/data [--encoder] [--seed 1]

Prints F1 of words on test (strict: both ends), beside jieba's and rjieba's on the same sentences.
A word that train lacks counts as any other; their recall is shown apart.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

from training import train

from weitiao.io.csv_file import write_csv

FILES = {"train": "train", "val": "dev", "test": "test"}
Words = list[str]


def sentences(path: Path) -> Iterator[Words]:
    """The words of each sentence."""
    for block in path.read_text("utf-8").split("\n\n"):
        lines = [line.split("\t") for line in block.splitlines() if line and line[0] != "#"]
        if lines:
            yield [columns[1] for columns in lines]


def spans(words: Words) -> list[tuple[int, int, str]]:
    """The words as spans of the sentence without spaces."""
    found, place = [], 0
    for word in words:
        found.append((place, place + len(word), "word"))
        place += len(word)
    return found


def scored(cut: Callable[[str], Words], test: list[Words], known: set[str]) -> str:
    """F1 of words, and the share of those found that train lacks."""
    right = found = true = new = new_right = 0
    for words in test:
        ours, theirs = {*spans(cut("".join(words)))}, spans(words)
        right, found, true = right + len(ours & {*theirs}), found + len(ours), true + len(theirs)
        unknown = [s for s, word in zip(theirs, words, strict=True) if word not in known]
        new, new_right = new + len(unknown), new_right + sum(span in ours for span in unknown)
    return f"F1 {200 * right / (found + true):.1f}, of words that train lacks {new_right / new:.1%}"


def main() -> int:
    """Train, and compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-root", type=Path, default=Path("../shared/data"))
    parser.add_argument("--encoder", action="store_true", help="with the pretrained encoder")
    parser.add_argument("--seed", default="1")
    options = parser.parse_args()
    folder = options.data_root / "uner_zh"
    parts = {s: [*sentences(folder / f"zh_gsdsimp-ud-{f}.iob2")] for s, f in FILES.items()}
    with tempfile.TemporaryDirectory() as root:
        arguments = ["--task=tags", f"--recipe={'pretrained_tags' if options.encoder else 'tags'}"]
        for split, rows in parts.items():
            cells = [("".join(words), json.dumps(spans(words))) for words in rows]
            write_csv(Path(root) / f"{split}.csv", [("text", "label"), *cells])
            arguments.append(f"--data.{split}={root}/{split}.csv")
        # a sentence in which a word ends between a letter and its accent
        arguments += ["--data.on_bad_row=quarantine", "--trainer.enable_progress_bar=false"]
        seed = ["--seed_everything", options.seed]
        run = train([*arguments, *seed], Path(root) / "logs")
        said = _predicted(run.folder / "predictions.csv")
    import jieba
    import rjieba

    known = {word for words in parts["train"] for word in words}
    ways = {"weitiao": said.__getitem__, "jieba": jieba.lcut, "rjieba": rjieba.cut}
    test = [words for words in parts["test"] if "".join(words) in said]
    for name, cut in ways.items():
        print(f"{name}: {scored(cut, test, known)}")
    print(f"val F1 {100 * run.metrics['val/f1']:.1f}; {run.seconds:.0f} s")
    return 0


def _predicted(path: Path) -> dict[str, Words]:
    """The words of each text of a file of predictions; what is in no span is a word of its own."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = [(row["text"], json.loads(row["label"])) for row in csv.DictReader(file)]
    found = {}
    for text, words in rows:
        edges = sorted({0, len(text), *(edge for b, e, _ in words for edge in (b, e))})
        found[text] = [text[b:e] for b, e in pairwise(edges)]
    return found


if __name__ == "__main__":
    sys.exit(main())
