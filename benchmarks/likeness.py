"""Vectors of texts: likeness of sentences, translations and paragraphs found, beside simpler ways.

    python benchmarks/likeness.py --data-root ../shared/data [--only stsb_zh tatoeba tatoeba_en
        cmrc2018 xquad] [--encoder] [--seeds 1 2 3] [--with "OPTIONS"] [--table]

Without --encoder the recipes are `likeness` and `retrieval`, from scratch; with it,
`pretrained_likeness` and `pretrained_retrieval`. What is done stands in
benchmarks/results/likeness.json after each training, so that a benchmark that was killed goes on
where it was; docs/likeness_results.md is written from it. Bars, with the encoder: a correlation of
80 on STS-B and an accuracy of 93 on Tatoeba, both two points above the encoder before tuning, on
CMRC 2018 BM25, and 85 on XQuAD. The exit code is 1 where a mean misses its bar. `--with` tries
other options and stores nothing: choose by val.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from by_seed import ROOT, Benchmark, Key, Row, cost, mean, with_spread

from weitiao.io.csv_file import write_csv

MADE = ROOT / ".cache" / "likeness"
"""Files of pairs that are made of a set's own."""
FIRST = {
    "stsb_zh": "spearman",
    "tatoeba": "accuracy_1",
    "tatoeba_en": "accuracy_1",
    "cmrc2018": "mrr_10",
    "xquad": "mrr_10",
}
TITLES = {"spearman": "Spearman", "accuracy_1": "accuracy@1", "mrr_10": "MRR@10"}
BARS = {"stsb_zh": 80.0, "tatoeba": 93.0, "tatoeba_en": 93.0, "xquad": 85.0}
GAIN = {"stsb_zh": 2.0, "tatoeba": 2.0, "tatoeba_en": 2.0}  # points above the untuned encoder
HEAD = """# Likeness and retrieval

Written by `benchmarks/likeness.py` from `benchmarks/results/likeness.json`; don't edit it. Scores
of test in %, mean ± deviation over seeds. `stsb_zh`: STS-B in Chinese. `tatoeba`: of the English
sentences of test, a right translation of each Chinese one (10,000 pairs of train, split by the MD5
of the English side); `tatoeba_en`: the other way round. `cmrc2018`: of the paragraphs of trial,
that of each question (tuned on dev, two questions of trial that ask nothing left out). `xquad`:
likewise tuned, of its English paragraphs that of each Chinese question. Beside them the encoder
before tuning, BM25 (bm25s) of characters and of words, the cosine of texts by TF-IDF of character
1–3-grams.

| data | recipe | score | tuned | bar | untuned | BM25 | words | TF-IDF | val | seeds | s | MB |
|---|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|
"""
Pairs = list[tuple[str, str]]


def tatoeba(folder: Path) -> dict[str, Pairs]:
    """Chinese and English sentences, by the hash of the English one."""
    parts: dict[str, Pairs] = {"train": [], "val": [], "test": []}
    for line in (folder / "tatoeba_zh_en" / "cmn.txt").read_text("utf-8-sig").splitlines():
        if line:
            english, chinese, _ = line.split("\t")
            digit = hashlib.md5(english.encode()).hexdigest()[0]
            parts[{"0": "test", "1": "val"}.get(digit, "train")].append((chinese, english))
    return parts


def tatoeba_en(folder: Path) -> dict[str, Pairs]:
    """The same, the English sentence first."""
    parts = tatoeba(folder).items()
    return {split: [(english, chinese) for chinese, english in pairs] for split, pairs in parts}


def questions(path: Path) -> Iterator[tuple[str, str]]:
    """Questions with their paragraphs, of a file of SQuAD's form."""
    for article in json.loads(path.read_text("utf-8"))["data"]:
        for paragraph in article["paragraphs"]:
            for question in paragraph["qas"]:
                if question["question"].strip():  # two of trial ask nothing
                    yield question["question"], paragraph["context"]


def cmrc2018(folder: Path) -> dict[str, Pairs]:
    """Questions of dev to learn from, every tenth paragraph for choosing; of trial to test on."""
    found = [*questions(folder / "cmrc2018" / "cmrc2018_dev.json")]
    places = {text: number for number, text in enumerate(dict.fromkeys(p for _, p in found))}
    parts: dict[str, Pairs] = {"train": [], "val": []}
    for pair in found:
        parts["val" if places[pair[1]] % 10 == 0 else "train"].append(pair)
    return parts | {"test": [*questions(folder / "cmrc2018" / "cmrc2018_trial.json")]}


def xquad(folder: Path) -> dict[str, Pairs]:
    """The questions of CMRC 2018 to learn from; Chinese ones with English paragraphs to test on."""
    both = [[*questions(folder / "xquad" / f"xquad.{language}.json")] for language in ("zh", "en")]
    test = [(asked, text) for (asked, _), (_, text) in zip(*both, strict=True)]
    return cmrc2018(folder) | {"test": test}


MAKERS = {"tatoeba": tatoeba, "tatoeba_en": tatoeba_en, "cmrc2018": cmrc2018, "xquad": xquad}


def options_of(name: str, data_root: Path) -> list[str]:
    """The options that name a set's files, which are made where need be."""
    if name == "stsb_zh":
        names = {"train": "train", "val": "valid", "test": "test"}
        files = [f"--data.{s}={data_root / name / f'STS-B.{n}.data'}" for s, n in names.items()]
        columns = ["--data.input.text=0", "--data.input.pair=1", "--data.target.label=2"]
        return ["--task=likeness", *files, "--data.format=tsv", "--data.header=false", *columns]
    folder = MADE / name
    folder.mkdir(parents=True, exist_ok=True)
    options = ["--task=retrieval", "--trainer.max_epochs=1"]
    for split, pairs in MAKERS[name](data_root).items():
        write_csv(folder / f"{split}.csv", [("text", "pair"), *pairs])
        options.append(f"--data.{split}={folder / split}.csv")
    if name.startswith("tatoeba"):  # a sentence is no passage
        options += ["--data.input.encode.pair_prefix=query: ", "--data.split.train=10000"]
    if name == "cmrc2018":  # whose paragraphs are longer than the recipe reads
        options.append("--data.input.encode.max_length=512")
    return options


def recipe_of(name: str, encoder: bool) -> str:
    """That of a set's task."""
    return ("pretrained_" if encoder else "") + ("likeness" if name == "stsb_zh" else "retrieval")


def line_of(key: Key, rows: list[Row]) -> tuple[str, bool]:
    """The line of a set, and whether its bar is met."""
    name, encoder = key
    score, known = FIRST[name], rows[0]["metrics"]
    bar = BARS.get(name) if encoder else None
    if encoder and bar is None:
        bar = mean(rows, f"baseline/{score}")
    elif bar is not None:
        bar = max(bar, mean(rows, f"untuned/{score}") + GAIN[name]) if name in GAIN else bar
    ways = ["untuned", "" if name == "stsb_zh" else "baseline", "words", "similarity"]
    others = [f"{way}/{score}" for way in ways]
    cells = [name, rows[0]["recipe"], TITLES[score], with_spread(rows, f"test/{score}")]
    cells += ["" if bar is None else f"{bar:.1f}"]
    cells += [f"{mean(rows, other):.1f}" if other in known else "" for other in others]
    cells += [f"{mean(rows, f'val/{score}'):.1f}", *cost(rows)]
    return f"| {' | '.join(cells)} |", bar is None or mean(rows, f"test/{score}") >= bar


BENCHMARK = Benchmark(
    "likeness",
    [*FIRST],
    options_of,
    recipe_of,
    [f"{split}/{score}" for score in FIRST.values() for split in ("val", "test", "untuned")],
    HEAD,
    line_of,
)

if __name__ == "__main__":
    sys.exit(BENCHMARK.main(__doc__))
