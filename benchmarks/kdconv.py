"""Turns of Chinese dialogues: a chat model from scratch beside n-gram models of the same texts.

    python benchmarks/kdconv.py --data-root ../shared/data [--seeds 1 2 3] [--with "OPTIONS"]
        [--table]

KdConv's dialogues on films and travel: dev to train on but for its last 15 dialogues of each, which
choose, test to test on, all in rows of at most 500 characters. A GPT kind is pretrained once, from
scratch, on the Chinese texts of all sets at hand, none of them a test set's, and on the turns and
facts of the rows to train on; it is then tuned on these rows as conversations (task `chat`).
Bits per character are those of the second speaker's turns and their ends, by the model after all
that was said, by 5-gram models (Kneser-Ney) turn by turn, over the ids of the model's tokenizer.
What is done stands in benchmarks/results/kdconv.json after each training;
docs/kdconv_results.md is written from it. Bar: fewer bits than the 5-gram model of the same texts.
The exit code is 1 where the mean misses it. `--with` tries other options and stores nothing: choose
by val/perplexity.
"""

from __future__ import annotations

import csv
import json
import math
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from by_seed import ROOT, Benchmark, Key, Row, cost
from kneser_ney import KneserNey
from numpy.typing import NDArray
from transformers import AutoTokenizer

from weitiao.io.csv_file import write_csv

FOLDER = ROOT / ".cache" / "kdconv"
PARTS = ("film", "travel")
TO_CHOOSE = 15
"""Dialogues of each part."""
LONGEST = 500
TEMPLATE = "{% for m in messages %}{{ m['content'] + eos_token }}{% endfor %}"
"""The speakers take turns: their ends tell who speaks."""
MODEL = (
    *("--model.network.layers=4", "--model.network.width=256", "--model.network.heads=4"),
    "--model.network.dropout=0",  # each text is read twice
)
PRETRAINING = ("--data.objective=causal", "--data.tokenizer.name=characters", *MODEL)
SCHEDULE = (
    *("--data.max_length=512", "--data.batch.tokens=1024"),  # many steps: there is little text
    *("--trainer.max_epochs=2", "--model.optim.lr=0.001"),
)
TUNING = (
    *("--trainer.max_epochs=8", "--model.optim.lr=0.0003", "--model.backbone.lora=null"),
    "--model.objective.sample=0",  # nothing is said: the bar is of likelihoods
)
Dialogue = list[dict[str, Any]]
HEAD = f"""# Dialogues

Written by `benchmarks/kdconv.py` from `benchmarks/results/kdconv.json`; don't edit it. KdConv's
test dialogues on films and travel: bits per character of the second speaker's turns, their ends
included, mean over seeds. A GPT kind of 4 layers of 256, pretrained from scratch on all Chinese
texts at hand and tuned on the dialogues of dev, after all that was said; modified Kneser-Ney
5-grams of all these texts, of the dialogues alone, and of both mixed as the last {TO_CHOOSE}
dialogues of each part of dev say, turn by turn.

| data | recipe | bits per character | bar: 5-grams, all texts | dialogues | mixed | unknown characters, % | seeds | s | MB |
|---|---|--:|--:|--:|--:|--:|--:|--:|--:|
"""  # noqa: E501 - a row of a table is a line


def dialogues(data_root: Path, split: str) -> list[Dialogue]:
    """The turns of each dialogue; train and val share the files of dev."""
    found = []
    for part in PARTS:
        file = data_root / "kdconv" / part / f"{'test' if split == 'test' else 'dev'}.json"
        rows = [row["messages"] for row in json.loads(file.read_text("utf-8"))]
        cut = {"train": slice(-TO_CHOOSE), "val": slice(-TO_CHOOSE, None), "test": slice(None)}
        found += rows[cut[split]]
    return found


def conversations(dialogue: Dialogue) -> Iterator[list[str]]:
    """Parts of a dialogue, each of whole pairs of turns and of at most so many characters."""
    said = [turn["message"] for turn in dialogue]
    part: list[str] = []
    for pair in zip(said[::2], said[1::2], strict=False):
        if part and sum(map(len, (*part, *pair))) + len(part) + 2 > LONGEST:
            yield part
            part = []
        part = [*part, *pair]
    if part:
        yield part


def rows_of(data_root: Path, split: str) -> list[list[str]]:
    """All conversations of a split."""
    return [part for turns in dialogues(data_root, split) for part in conversations(turns)]


def column(file: Path, *places: int) -> Iterator[str]:
    """Columns of a file of fields between tabs."""
    for line in file.read_text("utf-8-sig").splitlines():
        cells = line.split("\t")
        yield from (cells[place] for place in places if place < len(cells))


def other_texts(data_root: Path) -> Iterator[str]:
    """The Chinese texts of all sets at hand; none of a test set."""
    with (ROOT / ".cache" / "corpus" / "reviews.csv").open(encoding="utf-8", newline="") as file:
        yield from (row["text"] for row in csv.DictReader(file))
    yield from column(data_root / "tnews" / "train.tsv", 0)
    yield from column(data_root / "csl_category" / "train.tsv", 1)
    yield from column(data_root / "csl_title" / "dev.tsv", 1, 2)
    yield from column(data_root / "stsb_zh" / "STS-B.train.data", 0, 1)
    yield from column(data_root / "tatoeba_zh_en" / "cmn.txt", 1)
    for line in (data_root / "uner_zh" / "zh_gsdsimp-ud-train.iob2").read_text("utf-8").split("\n"):
        if line.startswith("# text = "):
            yield line.removeprefix("# text = ")
    answers = json.loads((data_root / "cmrc2018" / "cmrc2018_dev.json").read_text("utf-8"))
    for row in answers["data"]:
        yield from (paragraph["context"] for paragraph in row["paragraphs"])


def texts_of(data_root: Path) -> list[str]:
    """What is pretrained on, each text once."""
    known = dict.fromkeys(other_texts(data_root))
    for dialogue in dialogues(data_root, "train"):
        for turn in dialogue:
            facts = (fact["attrvalue"] for fact in turn.get("attrs", ()))
            known.update(dict.fromkeys([turn["message"], *facts]))
    return [text for text in known if text.strip()]


def pretrained(data_root: Path) -> Path:
    """The folder of the pretrained model; made where it is missing."""
    run = FOLDER / "pretrained"
    model = run / "model"
    if not (model / "config.json").is_file():
        shutil.rmtree(run, ignore_errors=True)
        file = FOLDER / "texts.csv"
        write_csv(file, [("text",), *((text,) for text in texts_of(data_root))])
        options = [f"--data.corpus.files={file}", *PRETRAINING, *SCHEDULE, f"--run.folder={run}"]
        quiet = "--trainer.enable_progress_bar=false"
        subprocess.run([sys.executable, "src/pretrain.py", *options, quiet], check=True)
    return model


def options_of(name: str, data_root: Path) -> list[str]:
    """The options that name model and files, which are made."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "template.jinja").write_text(TEMPLATE, "utf-8")
    options = ["--task=chat", "--data.input.max_length=512", *TUNING]
    options.append(f"--data.input.template={FOLDER / 'template.jinja'}")
    for split in ("train", "val", "test"):
        lines = [
            [
                {"role": ("user", "assistant")[place % 2], "content": turn}
                for place, turn in enumerate(row)
            ]
            for row in rows_of(data_root, split)
        ]
        file = FOLDER / f"{split}.jsonl"
        written = (json.dumps({"messages": line}, ensure_ascii=False) for line in lines)
        file.write_text("\n".join(written) + "\n", "utf-8")
        options.append(f"--data.{split}={file}")
    model = pretrained(data_root)
    return [*options, f"--model.backbone.name={model}", f"--data.input.tokenizer={model}"]


def mixed(models: tuple[KneserNey, KneserNey], val: list[Any], test: list[Any]) -> float:
    """Bits of test by two models, of which one has the share that says val best."""
    of_val, of_test = ([model.chances(texts) for model in models] for texts in (val, test))

    def bits(chances: list[NDArray[np.float64]], share: float) -> float:
        return float(-np.log2(share * chances[0] + (1 - share) * chances[1]).sum())

    best = min(np.linspace(0, 1, 21), key=lambda share: bits(of_val, share))
    return bits(of_test, best)


def bits_per_character(name: str, folder: Path, data_root: Path) -> dict[str, float]:
    """Of test, by a run and by 5-grams, and the share of characters the tokenizer doesn't know."""
    tokenizer = AutoTokenizer.from_pretrained(pretrained(data_root))
    end = tokenizer.eos_token_id

    def ids(texts: list[str]) -> list[list[int]]:
        return [[*row, end] for row in tokenizer(texts, add_special_tokens=False)["input_ids"]]

    answers = {
        split: [turn for row in rows_of(data_root, split) for turn in row[1::2]]
        for split in ("val", "test")
    }
    val, test = ids(answers["val"]), ids(answers["test"])
    talk = [turn for row in rows_of(data_root, "train") for turn in row]
    models = tuple(
        KneserNey(ids(texts), len(tokenizer)) for texts in ([*texts_of(data_root), *talk], talk)
    )
    metrics = json.loads((folder / "metrics.json").read_text("utf-8"))
    count = sum(map(len, test))
    ways = {
        "model": count * math.log2(metrics["test/perplexity"]),
        "all_texts": -np.log2(models[0].chances(test)).sum(),
        "dialogues": -np.log2(models[1].chances(test)).sum(),
        "mixed": mixed(models, val, test),
    }
    characters = sum(map(len, answers["test"]))
    unknown = sum(row.count(tokenizer.unk_token_id) for row in test) / characters
    return {f"bits/{way}": float(bits) / characters for way, bits in ways.items()} | {
        "test/unknown": unknown
    }


def line_of(key: Key, rows: list[Row]) -> tuple[str, bool]:
    """The line of the set, and whether its bar is met."""
    names = ("model", "all_texts", "dialogues", "mixed")
    bits = {
        name: statistics.fmean(row["metrics"][f"bits/{name}"] for row in rows) for name in names
    }
    unknown = 100 * rows[0]["metrics"]["test/unknown"]
    cells = [key[0], rows[0]["recipe"], *(f"{bits[name]:.3f}" for name in names), f"{unknown:.2f}"]
    return f"| {' | '.join([*cells, *cost(rows)])} |", bits["model"] < bits["all_texts"]


BENCHMARK = Benchmark(
    "kdconv",
    ["kdconv"],
    options_of,
    ("chat", "chat"),
    ("val/perplexity", "test/perplexity", "bits/model", "bits/all_texts", "bits/mixed"),
    HEAD,
    line_of,
    bits_per_character,
)

if __name__ == "__main__":
    sys.exit(BENCHMARK.main(__doc__))
