"""Vectors of texts: likeness of sentences, translations and paragraphs found, beside simpler ways.

    python benchmarks/likeness.py --data-root ../shared/data [--only stsb_zh tatoeba cmrc2018]
        [--seeds 1] [--with "OPTIONS"] [--table]

All with the encoder (make encoder). What is done stands in benchmarks/results/likeness.json after
each training, so that a benchmark that was killed goes on where it was; docs/likeness_results.md is
written from it. Bars: see `BARS`; the exit code is 1 where a mean misses one. `--with` tries other
options and stores nothing: choose by val.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

from results import commit, processor
from training import train

from weitiao.io.csv_file import write_csv

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "likeness.json"
PAGE = ROOT / "docs" / "likeness_results.md"
SCORES = {
    "stsb_zh": ("spearman",),
    "tatoeba": ("accuracy_1", "mrr_10", "ndcg_10"),
    "cmrc2018": ("mrr_10", "accuracy_1", "ndcg_10"),
}
WHAT = {
    "stsb_zh": "STS-B in Chinese: likeness of two sentences",
    "tatoeba": "Tatoeba: the English translation of a Chinese sentence, of all of test",
    "cmrc2018": "CMRC 2018: the paragraph of a question, of all of trial (tuned on dev)",
}
BARS = {("stsb_zh", "spearman"): 80.0, ("tatoeba", "accuracy_1"): 93.0}
GAIN = 2.0  # points above the untuned encoder, of the same two
HEAD = """# Likeness and retrieval

Written by `benchmarks/likeness.py` from `benchmarks/results/likeness.json`; don't edit it. Scores
of test in %, by multilingual-e5-small, tuned, and as it comes (untuned). BM25 is that of bm25s, of
characters and of words; TF-IDF is the cosine of character 1–3-grams.

| data | score | tuned | bar | untuned | BM25, characters | BM25, words | TF-IDF | seeds | s | MB |
|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|
"""
Row = dict[str, Any]
Pairs = list[tuple[str, str]]


def tatoeba(folder: Path) -> dict[str, Pairs]:
    """Chinese and English sentences, by the hash of the English one."""
    parts: dict[str, Pairs] = {"train": [], "val": [], "test": []}
    for line in (folder / "cmn.txt").read_text("utf-8-sig").splitlines():
        if line:
            english, chinese, _ = line.split("\t")
            digit = hashlib.md5(english.encode()).hexdigest()[0]
            parts[{"0": "test", "1": "val"}.get(digit, "train")].append((chinese, english))
    return parts


def questions(path: Path) -> Iterator[tuple[str, str]]:
    """Questions with their paragraphs, of a file of SQuAD's form."""
    for article in json.loads(path.read_text("utf-8"))["data"]:
        for paragraph in article["paragraphs"]:
            for question in paragraph["qas"]:
                if question["question"].strip():  # two of trial ask nothing
                    yield question["question"], paragraph["context"]


def cmrc2018(folder: Path) -> dict[str, Pairs]:
    """Questions of dev to learn from, every tenth paragraph for choosing; of trial to test on."""
    found = [*questions(folder / "cmrc2018_dev.json")]
    places = {text: number for number, text in enumerate(dict.fromkeys(p for _, p in found))}
    parts: dict[str, Pairs] = {"train": [], "val": []}
    for pair in found:
        parts["val" if places[pair[1]] % 10 == 0 else "train"].append(pair)
    return parts | {"test": [*questions(folder / "cmrc2018_trial.json")]}


def options_of(name: str, data_root: Path, folder: Path) -> list[str]:
    """The options that name a set's files, which are written to the folder where need be."""
    if name == "stsb_zh":
        names = {"train": "train", "val": "valid", "test": "test"}
        files = [f"--data.{s}={data_root / name / f'STS-B.{n}.data'}" for s, n in names.items()]
        columns = ["--data.input.text=0", "--data.input.pair=1", "--data.target.label=2"]
        return ["--task=likeness", *files, "--data.format=tsv", "--data.header=false", *columns]
    made = tatoeba(data_root / "tatoeba_zh_en") if name == "tatoeba" else cmrc2018(data_root / name)
    options = ["--task=retrieval"]
    for split, pairs in made.items():
        write_csv(folder / f"{split}.csv", [("text", "pair"), *pairs])
        options.append(f"--data.{split}={folder / split}.csv")
    if name == "tatoeba":  # both sides are alike; ten thousand pairs are enough
        options += ["--data.input.encode.pair_prefix=query: ", "--data.split.train=10000"]
    return [*options, "--trainer.max_epochs=1"]


def measure(name: str, seed: int, data_root: Path, more: list[str]) -> Row:
    """Do a training; its whole row."""
    with tempfile.TemporaryDirectory() as root:
        options = [*options_of(name, data_root, Path(root)), f"--seed_everything={seed}"]
        recipe = "likeness" if name == "stsb_zh" else "retrieval"
        options += [f"--recipe=pretrained_{recipe}", "--trainer.enable_progress_bar=false", *more]
        run = train(options, Path(root) / "logs")
    metrics = {n: value for n, value in run.metrics.items() if value == value}  # JSON has no NaN
    return {
        **{"name": name, "seed": seed, "metrics": metrics},
        "seconds": round(run.seconds),
        "cpu_seconds": round(run.cpu_seconds),
        "megabytes": round(run.megabytes),
        **{"processor": processor(), "commit": commit()},
    }


def stored() -> list[Row]:
    """What earlier trainings left."""
    return json.loads(RESULTS.read_text("utf-8")) if RESULTS.is_file() else []


def key_of(row: Row) -> tuple[str, int]:
    """What a training is known by."""
    return row["name"], row["seed"]


def store(row: Row) -> None:
    """Add a row."""
    part = RESULTS.with_suffix(".part")
    part.write_text(json.dumps(sorted([*stored(), row], key=key_of), indent=1) + "\n", "utf-8")
    part.replace(RESULTS)


def lines(rows: list[Row]) -> tuple[list[str], bool]:
    """The lines of the table, and whether all bars are met."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row["name"]].append(row)
    found, met = [], True
    for name, score in ((n, s) for n in SCORES if n in groups for s in SCORES[n]):
        group = groups[name]
        tuned = _values(group, f"test/{score}")
        untuned = _values(group, f"untuned/{score}")
        bar = BARS.get((name, score))
        if bar is not None:
            met &= statistics.fmean(tuned) >= max(bar, statistics.fmean(untuned) + GAIN)
        ways = ["" if name == "stsb_zh" else "baseline", "words", "similarity"]
        simpler = [_shown(_values(group, f"{way}/{score}")) for way in ways]
        cells = [WHAT[name], score, _shown(tuned), "" if bar is None else f"{bar:.0f}"]
        cells += [_shown(untuned), *simpler, str(len(group))]
        cells += [
            f"{statistics.fmean(row[n] for row in group):.0f}" for n in ("seconds", "megabytes")
        ]
        found.append(f"| {' | '.join(cells)} |")
    return found, met


def _values(rows: list[Row], name: str) -> list[float]:
    return [100 * row["metrics"][name] for row in rows if name in row["metrics"]]


def _shown(values: list[float]) -> str:
    """The mean, and the deviation over seeds where there is one."""
    if not values:
        return ""
    spread = statistics.stdev(values) if len(values) > 1 else 0.0
    return f"{statistics.fmean(values):.1f}" + (f" ± {spread:.1f}" if spread else "")


def main() -> int:
    """Train what is missing, write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-root", type=Path, default=Path("../shared/data"))
    parser.add_argument("--only", nargs="+", choices=SCORES, default=list(SCORES))
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--with", dest="more", default="", help="other options; nothing is stored")
    parser.add_argument("--table", action="store_true", help="only write the page")
    options = parser.parse_args()
    for seed, name in () if options.table else product(options.seeds, options.only):
        if options.more or (name, seed) not in map(key_of, stored()):
            row = measure(name, seed, options.data_root, options.more.split())
            if not options.more:
                store(row)
            kinds = ("val", "test", "untuned")
            names = [f"{kind}/{score}" for kind in kinds for score in SCORES[name]]
            shown = {n: round(row["metrics"][n], 4) for n in names if n in row["metrics"]}
            print(*key_of(row), shown, row["seconds"], "s", flush=True)
    table, met = lines(stored())
    PAGE.write_text(HEAD + "\n".join(table) + "\n", "utf-8")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
