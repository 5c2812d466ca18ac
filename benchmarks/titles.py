"""Titles of abstracts: the part of an abstract that is most like a title, found by an encoder.

    python benchmarks/titles.py --data-root ../shared/data --encoder [--seeds 1 2 3]
        [--with "OPTIONS"] [--table]

csl_title has 1,000 abstracts to learn from (dev; train is missing), too few to learn to write.
So a title is learned as an answer that stands in the abstract: the part with the highest ROUGE-L,
which is looked for here; the last 100 rows choose. Without --encoder the recipe is `answers`, from
scratch. What is said of test is compared with the titles themselves. What is done stands in
benchmarks/results/titles.json after each training; docs/titles_results.md is written from it. Bar:
ROUGE-L over characters 31.7, that of the first 30 characters. The exit code is 1 where a mean with
the encoder misses it. `--with` tries other options and stores nothing: choose by val/f1.
"""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import numpy as np
from by_seed import ROOT, Benchmark, Key, Row, cost, mean, with_spread
from torchmetrics.functional.text.rouge import rouge_score

from weitiao.objectives.replies.simple_summaries import first_sentence

FOLDER = ROOT / ".cache" / "titles"
LONGEST = 40
"""Characters of a part, at most: twice a title's mean."""
BEGINNING, BAR = 30, 31.7
QUESTION = "标题"
HEAD = """# Titles

Written by `benchmarks/titles.py` from `benchmarks/results/titles.json`; don't edit it. csl_title:
titles of Chinese abstracts, 900 rows to train on, 100 to choose by, 1,000 to test on. ROUGE-L (F1)
over characters in %, mean ± deviation over seeds, of the part of the abstract that the model finds;
of the most similar part there is, which is the most that any part reaches; of the first 30
characters; of the first sentence.

| data | recipe | ROUGE-L | bar | best part | first 30 | first sentence | seeds | s | MB |
|---|---|--:|--:|--:|--:|--:|--:|--:|--:|
"""


def read(file: Path) -> list[tuple[str, str]]:
    """Abstract and title of each row."""
    lines = file.read_text("utf-8").splitlines()
    return [(text, title) for _, text, title in (line.split("\t") for line in lines)]


def most_alike(text: str, title: str) -> tuple[int, int]:
    """Begin and end of the part of a text with the highest ROUGE-L, the first of the shortest."""
    same = np.array([[one == other for other in title] for one in text])
    common = np.zeros((len(text), len(title) + 1), int)  # of the part from each place on
    best, place = -1.0, (0, 0)
    for length in range(1, min(LONGEST, len(text)) + 1):
        before = common[: len(text) - length + 1]
        hit = same[length - 1 :]
        common = np.zeros_like(before)
        for j in range(len(title)):
            longer = np.where(hit[:, j], before[:, j] + 1, 0)
            common[:, j + 1] = np.maximum.reduce([before[:, j + 1], common[:, j], longer])
        scores = 2 * common[:, -1] / (length + len(title))
        if scores.max() > best:
            begin = int(scores.argmax())
            best, place = float(scores[begin]), (begin, begin + length)
    return place


def question_of(number: int, text: str, title: str) -> dict[str, object]:
    """A row as a question of SQuAD's form."""
    begin, end = most_alike(text, title)
    answer = {"text": text[begin:end], "answer_start": begin}
    asked = {"id": str(number), "question": QUESTION, "answers": [answer]}
    return {"context": text, "qas": [asked]}


def options_of(name: str, data_root: Path) -> list[str]:
    """The options that name the files, which are made."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    dev, test = (read(data_root / name / f"{split}.tsv") for split in ("dev", "test"))
    options = ["--task=answers"]
    for split, rows in {"train": dev[:-100], "val": dev[-100:], "test": test}.items():
        parts = [question_of(number, *row) for number, row in enumerate(rows)]
        value = {"version": "1.1", "data": [{"title": split, "paragraphs": parts}]}
        (FOLDER / f"{split}.json").write_text(json.dumps(value, ensure_ascii=False), "utf-8")
        options.append(f"--data.{split}={FOLDER / split}.json")
    return options


def rouge_l(said: list[str], right: list[str]) -> float:
    """Over characters, without white space, F1, the mean over texts."""
    found = rouge_score(
        said,
        right,
        rouge_keys="rougeL",
        normalizer=str.lower,
        tokenizer=lambda text: [*"".join(text.split())],
    )
    return float(found["rougeL_fmeasure"])


def against_titles(name: str, folder: Path, data_root: Path) -> dict[str, float]:
    """ROUGE-L of what a run says of test, and of simpler ways."""
    rows = read(data_root / name / "test.tsv")
    with (folder / "predictions.csv").open(encoding="utf-8", newline="") as file:
        found = {row["id"]: row["words"] for row in csv.DictReader(file)}
    right = [title for _, title in rows]
    ways = {
        "rouge_l": [found[str(number)] for number in range(len(rows))],
        "best_part": [text[slice(*most_alike(text, title))] for text, title in rows],
        "beginning": [text[:BEGINNING] for text, _ in rows],
        "first_sentence": [first_sentence(text) for text, _ in rows],
    }
    return {way: rouge_l(said, right) for way, said in ways.items()}


def line_of(key: Key, rows: list[Row]) -> tuple[str, bool]:
    """The line of the set, and whether its bar is met."""
    cells = [key[0], rows[0]["recipe"], with_spread(rows, "rouge_l"), f"{BAR}"]
    ways = ("best_part", "beginning", "first_sentence")
    cells += [*(f"{mean(rows, way):.1f}" for way in ways), *cost(rows)]
    return f"| {' | '.join(cells)} |", not key[1] or mean(rows, "rouge_l") > BAR


BENCHMARK = Benchmark(
    "titles",
    ["csl_title"],
    options_of,
    ("answers", "pretrained_answers"),
    ("val/f1", "test/f1", "rouge_l", "best_part", "beginning", "first_sentence"),
    HEAD,
    line_of,
    against_titles,
)

if __name__ == "__main__":
    sys.exit(BENCHMARK.main(__doc__))
