"""Right answers to school sums against a chat model's own wrong ones: what DPO learns of them.

    python benchmarks/preferences.py --data-root ../shared/data [--seeds 1 2 3] [--with "OPTIONS"]
        [--table]

The pairs are made here, nobody preferred anything: SmolLM2-135M-Instruct (`make chat-model`)
answers questions of GSM8K, the likeliest id at each step; where its result is wrong, the set's own
answer is the preferred one, and the model's the other. Where it is right, or doesn't end by itself
within 256 ids, there is no pair. 240 questions of train, its last 60 and 120 of test are asked;
the answers stand in .cache/pairs, and a killed benchmark goes on from there. What is done stands
in benchmarks/results/preferences.json after each training; docs/preferences_results.md is written
from it. Bar: more pairs of test are told apart by rewards than by which answer is longer. The exit
code is 1 where a mean misses it. `--with` tries other options and stores nothing: choose by val.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from pathlib import Path

from by_seed import ROOT, Benchmark, Key, Row, cost, mean, with_spread

from weitiao.objectives.replies.said import Matching

FOLDER = ROOT / ".cache" / "pairs"
MODEL = ROOT / ".cache" / "models" / "smollm2-135m-instruct"
ASKED = {"train": slice(240), "val": slice(-60, None), "test": slice(120)}
LONGEST = 256
RESULT = Matching(r"(-?[\d.,]*\d)\D*$")
"""The last number, which is the result wherever there is one."""
COLUMNS = [
    *("data", "rewarded more", "longer", "margin", "likelier untuned", "tuned"),
    *("perplexity untuned", "tuned", "pairs", "seeds", "s", "MB"),
]
HEAD = f"""# Preferences

Written by `benchmarks/preferences.py` from `benchmarks/results/preferences.json`; don't edit it.
Pairs that are made, not judged by people: right answers of GSM8K against wrong ones that
SmolLM2-135M-Instruct gave itself; low-rank adapters, recipe `preferences`, scores on the pairs of
test. In %: how often the right answer is rewarded more, and how often it is the longer one, which
mere counting finds; how often its ids are likelier in the mean, and their perplexity, before and
after.

| {" | ".join(COLUMNS)} |
|{"|".join("--:" if place else "---" for place in range(len(COLUMNS)))}|
"""


def answered(questions: list[str], split: str) -> list[dict[str, str | bool]]:
    """The model's answer to each question of a split."""
    asked, said = FOLDER / f"{split}.asked.jsonl", FOLDER / f"{split}.answered.jsonl"
    asked.write_text("".join(json.dumps({"prompt": each}) + "\n" for each in questions), "utf-8")
    command = [sys.executable, "src/generate.py", "--model", str(MODEL), "--chat", "true"]
    command += ["--file", str(asked), "--to", str(said), "--temperature", "0"]
    subprocess.run([*command, "--length", str(LONGEST), "--batch", "32"], check=True)
    return [json.loads(line) for line in said.read_text("utf-8").splitlines()]


def options_of(name: str, data_root: Path) -> list[str]:
    """The options that name the files of pairs, which are made."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    options = [f"--model.objective.longest={LONGEST}"]
    for split, some in ASKED.items():
        file = data_root / name / f"{'test' if split == 'test' else 'train'}.jsonl"
        rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()[some]]
        pairs = [
            {"prompt": row["question"], "chosen": row["answer"], "rejected": said["generated"]}
            for row, said in zip(
                rows, answered([row["question"] for row in rows], split), strict=True
            )
            if said["ended"] and not RESULT.same(str(said["generated"]), row["answer"])
        ]
        lines = "".join(json.dumps(pair) + "\n" for pair in pairs)
        (FOLDER / f"{split}.jsonl").write_text(lines, "utf-8")
        options.append(f"--data.{split}={FOLDER / split}.jsonl")
    return options


def longer(name: str, folder: Path, data_root: Path) -> dict[str, float]:
    """Share of the pairs of test whose right answer is the longer one; their number in train."""
    test, train = (
        [json.loads(line) for line in (FOLDER / f"{split}.jsonl").read_text("utf-8").splitlines()]
        for split in ("test", "train")
    )
    share = statistics.fmean(len(row["chosen"]) > len(row["rejected"]) for row in test)
    return {"longer": share, "pairs": len(train)}


def line_of(key: Key, rows: list[Row]) -> tuple[str, bool]:
    """The line of the set, and whether its bar is met."""
    cells = [key[0], with_spread(rows, "test/accuracy"), f"{mean(rows, 'longer'):.1f}"]
    cells.append(f"{mean(rows, 'test/margin') / 100:.2f}")
    cells += [f"{mean(rows, f'{when}/likelier'):.1f}" for when in ("untuned", "test")]
    cells += [f"{mean(rows, f'{when}/perplexity') / 100:.2f}" for when in ("untuned", "test")]
    cells.append(f"{rows[0]['metrics']['pairs']}")
    share = mean(rows, "longer")
    met = mean(rows, "test/accuracy") > max(share, 100 - share)
    return f"| {' | '.join([*cells, *cost(rows)])} |", met


BENCHMARK = Benchmark(
    "preferences",
    ["gsm8k"],
    options_of,
    ("preferences", "preferences"),
    ("val/accuracy", "test/accuracy", "test/margin", "test/likelier", "untuned/likelier"),
    HEAD,
    line_of,
    longer,
)

if __name__ == "__main__":
    sys.exit(BENCHMARK.main(__doc__))
