"""Answers that stand in a text, Chinese and English: the recipes beside a simpler model.

    python benchmarks/answers.py --data-root ../shared/data [--only cmrc2018 policyqa] [--encoder]
        [--seeds 1 2 3] [--with "OPTIONS"] [--table]

Without --encoder the recipe is `answers`, from scratch; with it, `pretrained_answers`. CMRC 2018 is
trained on dev and tested on trial, and on XQuAD, Chinese and, across languages, English; PolicyQA
is trained on dev and tested on test; a tenth of dev chooses. What is done stands in
benchmarks/results/answers.json after each training, so that a benchmark that was killed goes on
where it was; docs/answers_results.md is written from it. Bars, with the encoder, of F1 and exact
match: CMRC 58 and 32, XQuAD 35 (F1) in both languages, PolicyQA 44 and 15. The exit code is 1 where
a mean misses its bar. `--with` tries other options and stores nothing: choose by val/f1.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from by_seed import Benchmark, Key, Row, cost, mean, with_spread

SETS = {
    "cmrc2018": ("cmrc2018/cmrc2018_dev.json", "cmrc2018/cmrc2018_trial.json"),
    "policyqa": ("policyqa/dev.json", "policyqa/test.json"),
}
LANGUAGES = ("zh", "en")
NAMES = ("f1", "exact_match")
BARS = {
    "cmrc2018": {"test/f1": 58, "test/exact_match": 32, "xquad_zh/f1": 35, "xquad_en/f1": 35},
    "policyqa": {"test/f1": 44, "test/exact_match": 15},
}
HEAD = """# Answers

Written by `benchmarks/answers.py` from `benchmarks/results/answers.json`; don't edit it. F1 and
exact match (EM) in % on test, mean ± deviation over seeds; Chinese answers are compared as CMRC
2018's own evaluation does, English ones as SQuAD's. `answers` is the recipe from scratch,
`pretrained_answers` that with the encoder. Beside it the sentence that shares most words and hanzi
with the question. XQuAD is read by the model of CMRC 2018: in Chinese, and in English, of which it
has seen no question.

| data | recipe | F1 | EM | sentence: F1 | EM | XQuAD zh: F1 | en: F1 | val F1 | seeds | s | MB |
|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|
"""


def options_of(name: str, data_root: Path) -> list[str]:
    """The options that name a set's files."""
    train, test = (data_root / file for file in SETS[name])
    return [f"--data.train={train}", f"--data.test={test}", "--task=answers"]


def on_xquad(name: str, folder: Path, data_root: Path) -> dict[str, float]:
    """Of a run on CMRC 2018, its scores on XQuAD."""
    found = {}
    for language in LANGUAGES if name == "cmrc2018" else ():
        out = folder / f"{language}.jsonl"
        checkpoint = folder / "checkpoints" / "best.ckpt"
        command = [sys.executable, "src/train.py", "test", f"--ckpt_path={checkpoint}"]
        data = data_root / "xquad" / f"xquad.{language}.json"
        subprocess.run([*command, f"--data.test={data}", f"--out={out}"], check=True)
        found |= _scores(out, f"xquad_{language}", chinese=language == "zh")
    return found


def _scores(out: Path, prefix: str, *, chinese: bool) -> dict[str, float]:
    """F1 and exact match of a file of predictions."""
    from weitiao.objectives.answers.matching import score_of

    rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    scores = [
        score_of(row["words"], [answer["text"] for answer in row["true"]], chinese=chinese)
        for row in rows
    ]
    names = {"exact_match": 0, "f1": 1}
    return {f"{prefix}/{n}": sum(s[i] for s in scores) / len(scores) for n, i in names.items()}


def line_of(key: Key, rows: list[Row]) -> tuple[str, bool]:
    """The line of a set, and whether its bars are met."""
    name, encoder = key
    cells = [name, rows[0]["recipe"], *(with_spread(rows, f"test/{n}") for n in NAMES)]
    cells += [f"{mean(rows, f'baseline/{n}'):.1f}" for n in NAMES]
    others = [f"xquad_{language}/f1" for language in LANGUAGES]
    cells += [with_spread(rows, n) if n in rows[0]["metrics"] else "" for n in others]
    cells += [f"{mean(rows, 'val/f1'):.1f}", *cost(rows)]
    bars = BARS[name] if encoder else {}
    return f"| {' | '.join(cells)} |", all(mean(rows, n) >= bar for n, bar in bars.items())


BENCHMARK = Benchmark(
    "answers",
    [*SETS],
    options_of,
    ("answers", "pretrained_answers"),
    ("val/f1", "test/f1", "test/exact_match", "baseline/f1"),
    HEAD,
    line_of,
    on_xquad,
)

if __name__ == "__main__":
    sys.exit(BENCHMARK.main(__doc__))
