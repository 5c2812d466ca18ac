"""Does augmentation help? The same training with and without it, over several seeds.

    python benchmarks/augmentation.py --rows 500 --seeds 1 2 3 4 5 [--models default]
        [--augment YAML] [--out JSON]

For each seed stratified samples of training and validation split (0 rows = all) serve to train in
three ways: as it is; as it is for as many steps as augmentation takes; with augmentation. The test
split is that of the whole corpus. The table compares augmentation with the second way: a
paired t-test of the seeds' macro F1, and McNemar's exact test of the test rows, all seeds together.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import yaml
from rich.console import Console
from rich.table import Table
from scipy.stats import binomtest, ttest_rel
from sklearn.model_selection import train_test_split

from weitiao.data.datamodule import DataModule
from weitiao.downloads.corpus import TARGET
from weitiao.io.csv_file import write_csv

ROOT = Path(__file__).parents[1]
DEFAULT = ROOT / "configs" / "recipes" / "reviews.yaml"
MODELS = {"default": (), "TextCNN alone": ("--model.objective.wide=null",)}
SPLITS = ("train", "val", "test")
WAYS = ("plain", "plain, as many steps", "augmented")


def default_data(folder: Path) -> DataModule:
    """The corpus, prepared as the default configuration does."""
    return DataModule(train=str(ROOT / TARGET), cache=str(folder / "cache"))


def write(table: pa.Table, path: Path) -> None:
    """Texts and labels as CSV."""
    rows = zip(table["text"].to_pylist(), table["label"].to_pylist(), strict=True)
    write_csv(path, [("text", "label"), *rows])


def sample(table: pa.Table, rows: int, seed: int) -> pa.Table:
    """So many rows, each label's share kept; 0 = all."""
    if not 0 < rows < len(table):
        return table
    labels = table["label"].to_pylist()
    picked, _ = train_test_split(
        np.arange(len(labels)), train_size=rows, stratify=labels, random_state=seed
    )
    return table.take(pa.array(np.sort(picked)))


def train(folder: Path, seed: int, options: list[str]) -> dict[str, Any]:
    """Scores of one training on the files of the folder, and which test rows it got right."""
    command = [sys.executable, str(ROOT / "src" / "train.py"), "train", f"--config={DEFAULT}"]
    command += [*options, *(f"--data.{split}={folder / split}.csv" for split in SPLITS)]
    command += [f"--data.cache={folder / 'cache'}", f"--run.root={folder / 'logs'}"]
    command += ["--run.threads=1", f"--seed_everything={seed}", "--data.input.clean.steps=[empty]"]
    since = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    run = folder / "logs" / "latest"
    with (run / "predictions.csv").open(encoding="utf-8", newline="") as file:
        right = [row["label"] == row["true"] for row in csv.DictReader(file)]
    metrics = json.loads((run / "metrics.json").read_text("utf-8"))
    scores = {name: metrics[f"{name}/f1_macro"] for name in ("val", "test", "baseline")}
    return scores | {"right": right, "seconds": time.perf_counter() - since}


def measure(
    folder: Path,
    data: DataModule,
    rows: int,
    seeds: list[int],
    models: list[str],
    augment: Path,
) -> list[dict[str, Any]]:
    """Each model in every way, each seed with a sample of its own."""
    chain = yaml.safe_load(augment.read_text("utf-8"))["data"]["augment"]
    times = chain.get("copies", 1) + chain.get("keep_originals", False)
    epochs = yaml.safe_load(DEFAULT.read_text("utf-8"))["trainer"]["max_epochs"]
    longer = [f"--trainer.max_epochs={times * epochs}"]
    runs = []
    for seed in seeds:
        for split in SPLITS:
            size = 0 if split == "test" else rows
            write(sample(data.rows(split), size, seed), folder / f"{split}.csv")
        for model, of_model in ((model, MODELS[model]) for model in models):
            for way, of_way in zip(WAYS, ([], longer, [f"--config={augment}"]), strict=True):
                run = train(folder, seed, [*of_model, *of_way])
                runs.append({"rows": rows, "model": model, "way": way, "seed": seed} | run)
                said = {k: v for k, v in runs[-1].items() if k != "right"}
                print(json.dumps(said), file=sys.stderr, flush=True)
    return runs


def compare(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A row for each number of rows, model and way, beside the plain training of as many steps."""
    found = []
    groups = dict.fromkeys((run["rows"], run["model"], run["way"]) for run in runs)
    for rows, model, way in groups:
        of_way, of_plain = (
            [r for r in runs if (r["rows"], r["model"], r["way"]) == (rows, model, w)]
            for w in (way, WAYS[1])
        )
        test, plain = (np.array([r["test"] for r in rs]) for rs in (of_way, of_plain))
        right, plain_right = (np.concatenate([r["right"] for r in rs]) for rs in (of_way, of_plain))
        only, only_plain = int((right & ~plain_right).sum()), int((plain_right & ~right).sum())
        row: dict[str, Any] = {"rows": rows, "model": model, "way": way, "seeds": len(test)}
        row |= {"val": np.mean([r["val"] for r in of_way]), "test": test.mean()}
        row |= {"sd": test.std(ddof=1), "baseline": np.mean([r["baseline"] for r in of_way])}
        row |= {"gain": (test - plain).mean(), "seconds": np.mean([r["seconds"] for r in of_way])}
        if way != WAYS[1]:
            row["t_p"] = float(ttest_rel(test, plain).pvalue)
            row["mcnemar_p"] = binomtest(only, max(only + only_plain, 1)).pvalue
        found.append({k: float(v) if isinstance(v, np.floating) else v for k, v in row.items()})
    return found


def show(rows: list[dict[str, Any]]) -> None:
    """Print the comparison."""
    table = Table(title="macro F1 in %, mean of the seeds", title_justify="left")
    for name in ("rows", "model", "training", "val", "test", "±", "gain", "t-test p", "McNemar p"):
        table.add_column(name, justify="left" if name in ("model", "training") else "right")
    table.add_column("s", justify="right")
    for row in rows:
        scores = (f"{100 * row[name]:.2f}" for name in ("val", "test", "sd"))
        tests = (f"{row[name]:.3f}" if name in row else "" for name in ("t_p", "mcnemar_p"))
        gain = f"{100 * row['gain']:+.2f}" if "t_p" in row else ""
        size = str(row["rows"] or "all")
        cells = (size, row["model"], row["way"], *scores, gain, *tests, f"{row['seconds']:.0f}")
        table.add_row(*cells)
    Console(width=120).print(table)


def main() -> None:
    """Train, compare, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[500, 0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--augment", type=Path, default=ROOT / "configs/data/augment.yaml")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/results/augmentation.json")
    options = parser.parse_args()
    runs = []
    with tempfile.TemporaryDirectory() as root:
        data = default_data(Path(root))
        for rows in options.rows:
            runs += measure(Path(root), data, rows, options.seeds, options.models, options.augment)
    table = compare(runs)
    show(table)
    chain = yaml.safe_load(options.augment.read_text("utf-8"))["data"]["augment"]
    options.out.parent.mkdir(exist_ok=True)
    result = json.dumps({"augment": chain, "rows": table}, indent=2)
    options.out.write_text(result + "\n", "utf-8")


if __name__ == "__main__":
    main()
