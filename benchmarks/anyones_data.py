"""The recipes on seven corpora, at full size and at few rows a class, beside the linear baseline.

    python benchmarks/anyones_data.py --data-root ../shared/data [--model-root ../shared/models]
        [--only NAME …] [--sizes all 50 10] [--encoder] [--seeds 1 2 3] [--draws 10] [--table]

Without --encoder the recipe is the one that `--recipe auto` takes where no pretrained encoder is at
hand; with it, the one that it takes where there is one. At full size each seed is a training on
the files as they are; at N rows a class each draw takes N rows a class of train, and as many of
validation, from the leak-free rows. What is done stands in benchmarks/results/anyones_data.json
after each training, so that a benchmark that was killed goes on where it was. docs/anyones_data.md
is written from it.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from anyones_page import page
from experiments import CHNSENTICORP, REVIEWS, SST2, STSB_ZH, TNEWS, TREC, Source
from results import commit, processor

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "anyones_data.json"
PAGE = ROOT / "docs" / "anyones_data.md"
CLINC = Source(
    "CLINC150",
    "github.com/clinc/oos-eval, `data/data_full.json` without its out-of-scope rows",
    "CC BY 3.0",
    "{data}/clinc150",
    {"train": "train.csv", "val": "dev.csv", "test": "test.csv"},
    {
        "train.csv": "2a9d68a5aa8eced57aa55b4d27b3a7742e63d7e0c48e1c194b36e0b3f0555e40",
        "dev.csv": "445adacc61faa90f94ea6190721b2b821a29aa11b48ed6c62f04d3e13a21ac23",
        "test.csv": "511c3ecc91a5bbc79193347e16eb492c81379580a6d30a2a37e3e3e4deaf91d2",
    },
)
CSL = Source(
    "CSL category",
    "github.com/ydli-ai/CSL, `benchmark/cls_ctg`",
    "Apache-2.0",
    "{data}/csl_category",
    {"train": "train.tsv", "val": "dev.tsv", "test": "test.tsv"},
    {
        "train.tsv": "a9680e3952b4f2d2bb70792ca94c391d956607bff48ffcc182cbe152d86b67f2",
        "dev.tsv": "7549de53ae2a29f1fe014b250ea53324b7dcaaca7b7ca5c10cb9f17fec769751",
        "test.tsv": "337cace3a8854f993dca462c9ae34e785beaccd016e11c938016c79c91ca9c83",
    },
)
TEXT, LABEL = "data.input.text", "data.target.label"
COLUMNS = {TEXT: "0", LABEL: "1", "data.header": "false"}
LINES = {"data.format": "lines"}
NUMBER = {"data.target": "Number", "task": "regression"}
SETS: dict[str, tuple[Source, dict[str, str]]] = {
    "reviews": (REVIEWS, {}),
    "chnsenticorp": (CHNSENTICORP, {TEXT: "text_a"}),
    "tnews": (TNEWS, COLUMNS),
    "trec": (TREC, LINES),
    "sst2": (SST2, LINES),
    "clinc150": (CLINC, {LABEL: "intent"}),
    "csl": (CSL, COLUMNS | {TEXT: "1", LABEL: "2"}),
    "stsb_zh": (
        STSB_ZH,
        COLUMNS | {"data.input.pair": "1", LABEL: "2", "data.format": "tsv"} | NUMBER,
    ),
}
Row = dict[str, Any]


def planned(names: list[str], sizes: list[str], seeds: list[int], draws: int) -> Iterator[Row]:
    """The trainings to do: all sets at one size, then the next size."""
    for size in sizes:
        for seed in seeds if size == "all" else range(1, draws + 1):
            for name in names:
                if size == "all" or name != "stsb_zh":  # a regression has no classes
                    yield {"name": name, "size": size, "seed": seed}


def options_of(name: str, data_root: Path) -> list[str]:
    """The options that name a set's files and columns."""
    source, columns = SETS[name]
    folder = source.folder.format(data=data_root)
    files = {split: f"{folder}/{file}" for split, file in source.splits.items()}
    named = {f"data.{split}": file for split, file in files.items()}
    return [f"--{key}={value}" for key, value in (named | columns).items()]


def drawn(name: str, per_class: int, draw: int, data_root: Path, folder: Path) -> list[str]:
    """Write N rows a class of train and of validation, and the test split; their options."""
    from weitiao.io.csv_file import write_csv
    from weitiao.training.recipe import data_of

    prepared = data_of(options_of(name, data_root)).prepared
    for split in ("train", "val", "test"):
        table = prepared.rows(split)
        rows = np.arange(table.num_rows)
        if split == "test" and "leaked" in table.column_names:
            rows = rows[~table["leaked"].to_numpy()]
        if split != "test":
            labels = np.array(table["label"].to_pylist())
            order = np.random.default_rng((draw, split == "val")).permutation(rows)
            rows = np.concatenate(
                [order[labels[order] == x][:per_class] for x in np.unique(labels)]
            )
        texts, labels = (table.take(rows)[c].to_pylist() for c in ("original", "label"))
        lines = [("text", "label"), *zip(texts, labels, strict=True)]
        write_csv(folder / f"{split}.csv", lines)
    return [f"--data.{split}={folder}/{split}.csv" for split in ("train", "val", "test")]


def measure(plan: Row, recipe: str | None, model: Path | None, data_root: Path) -> Row:
    """Do a planned training; its whole row."""
    from weitiao.cli.main import main
    from weitiao.training.recipe import choose, data_of, facts_of

    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        options = options_of(plan["name"], data_root)
        if plan["size"] != "all":
            options = drawn(plan["name"], int(plan["size"]), plan["seed"], data_root, root)
        recipe = recipe or choose(facts_of(data_of(options), model))[0]
        named = ("model.backbone.name", "data.input.encode.tokenizer") if model else ()
        options += [f"--{name}={model}" for name in named]
        options += ["--recipe", recipe, "--seed_everything", str(plan["seed"])]
        options += ["--run.root", str(root / "logs"), "--trainer.enable_progress_bar=false"]
        options += ["--trainer.accelerator=cpu"]
        if plan["size"] != "all":
            options += ["--data.cache", str(root / "cache")]
        said, since, busy = io.StringIO(), time.perf_counter(), time.process_time()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            code = main(["train", *options])
        if code:
            raise SystemExit(f"{plan}: {said.getvalue()[-2000:]}")
        run = root / "logs" / "latest"
        metrics = json.loads((run / "metrics.json").read_text("utf-8"))
        card = json.loads((run / "data_card.json").read_text("utf-8"))
        files = (run / "config.yaml").resolve().parent.rglob("*")  # `latest` holds links
        stats = {f.stat().st_ino: f.stat().st_size for f in files if f.is_file()}
    kept = {name: value for name, value in metrics.items() if "class/" not in name}
    return plan | {
        "recipe": recipe,
        "metrics": kept,
        "rows": card["rows"],
        "classes": len(card["target"]["init_args"].get("labels", [])),
        "seconds": round(time.perf_counter() - since, 1),
        "cpu_seconds": round(time.process_time() - busy, 1),
        "bytes": sum(stats.values()),  # a file of two names counts once
        "processor": processor(),
        "commit": commit(),
    }


def stored() -> list[Row]:
    """What earlier trainings left."""
    return json.loads(RESULTS.read_text("utf-8")) if RESULTS.is_file() else []


def key_of(row: Row) -> tuple[str, str, int, bool]:
    """What a training is known by."""
    return row["name"], row["size"], row["seed"], row["encoder"]


def store(row: Row) -> None:
    """Add a row, in place of one of the same key."""
    rows = [old for old in stored() if key_of(old) != key_of(row)]
    part = RESULTS.with_suffix(f".{os.getpid()}.part")
    part.write_text(json.dumps(sorted([*rows, row], key=key_of), indent=1) + "\n", "utf-8")
    part.replace(RESULTS)


def main() -> int:
    """Train what is missing, write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-root", type=Path, default=Path("../shared/data"))
    parser.add_argument("--model-root", type=Path, default=Path("../shared/models"))
    parser.add_argument("--only", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--sizes", nargs="+", default=["all", "50", "10"])
    parser.add_argument("--encoder", action="store_true", help="with the pretrained encoder")
    parser.add_argument("--recipe", help="instead of the one that is chosen from the data")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--draws", type=int, default=10)
    parser.add_argument("--table", action="store_true", help="only write docs/anyones_data.md")
    options = parser.parse_args()
    model = options.model_root / "multilingual-e5-small-zh-en" if options.encoder else None
    for name in () if options.table else options.only:
        SETS[name][0].check({"data": options.data_root})
    plans = planned(options.only, options.sizes, options.seeds, options.draws)
    for plan in () if options.table else plans:
        plan["encoder"] = options.encoder
        if key_of(plan) not in map(key_of, stored()):
            row = measure(plan, options.recipe, model, options.data_root)
            store(row)
            score = "test/spearman" if row["classes"] == 0 else "test/f1_macro"
            ours, theirs = row["metrics"][score], row["metrics"][score.replace("test", "baseline")]
            print(*key_of(row), f"{ours:.4f} baseline {theirs:.4f} {row['seconds']} s", flush=True)
    PAGE.write_text(page(stored()), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
