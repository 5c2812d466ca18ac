"""Named entities of Chinese and English: the recipes of spans beside simpler models.

    python benchmarks/tags.py --data-root ../shared/data [--only uner_zh wnut17] [--encoder]
        [--seeds 1 2 3] [--with "OPTIONS"] [--table]

Without --encoder the recipe is `tags`, from scratch; with it, `pretrained_tags`. What is done
stands in benchmarks/results/tags.json after each training, so that a benchmark that was killed goes
on where it was; docs/tags_results.md is written from it. Bars: with the encoder, entity F1 (strict)
of 76 on UNER's Chinese and 35 on WNUT 17; from scratch, more than the linear model on UNER. The
exit code is 1 where a mean misses its bar. `--with` tries other options and stores nothing: choose
by val/f1.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from collections import defaultdict
from itertools import product
from pathlib import Path
from typing import Any

from results import commit, processor
from training import train

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "tags.json"
PAGE = ROOT / "docs" / "tags_results.md"
WNUT17 = ("wnut17train.conll", "emerging.dev.conll", "emerging.test.annotated")
SETS = {
    "uner_zh": ("uner_zh", "zh_gsdsimp-ud-{}.iob2", ("train", "dev", "test")),
    "wnut17": ("wnut17", "{}", WNUT17),
}
BARS = {("uner_zh", True): 76.0, ("wnut17", True): 35.0}
HEAD = """# Named entities

Written by `benchmarks/tags.py` from `benchmarks/results/tags.json`; don't edit it. F1 of entities
in % on test: strict (begin, end and type, over all entities: seqeval's strict IOB2), mean ±
deviation over seeds. `tags` is the recipe from scratch, `pretrained_tags` that with the encoder.
Beside it the linear model (a support vector machine of each word or hanzi and its neighbours, C
chosen on dev) and the dictionary of train's entities, of the longest match.

| data | recipe | F1 | bar | linear | dictionary | edges alone | val F1 | seeds | s | MB |
|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|
"""
Row = dict[str, Any]


def options_of(name: str, data_root: Path) -> list[str]:
    """The options that name a set's files."""
    folder, pattern, parts = SETS[name]
    names = zip(("train", "val", "test"), parts, strict=True)
    files = {split: data_root / folder / pattern.format(part) for split, part in names}
    named = [f"--data.{split}={file}" for split, file in files.items()]
    return [*named, "--data.format=conll", "--task=tags"]


def measure(name: str, encoder: bool, seed: int, data_root: Path, more: list[str]) -> Row:
    """Do a training; its whole row."""
    recipe = "pretrained_tags" if encoder else "tags"
    options = [
        *options_of(name, data_root),
        "--recipe",
        recipe,
        "--seed_everything",
        str(seed),
        *more,
    ]
    with tempfile.TemporaryDirectory() as root:
        run = train([*options, "--trainer.enable_progress_bar=false"], Path(root))
    return {
        **{"name": name, "encoder": encoder, "seed": seed, "recipe": recipe},
        "metrics": run.metrics,
        "seconds": round(run.seconds, 1),
        "megabytes": round(run.megabytes),
        **{"processor": processor(), "commit": commit()},
    }


def stored() -> list[Row]:
    """What earlier trainings left."""
    return json.loads(RESULTS.read_text("utf-8")) if RESULTS.is_file() else []


def key_of(row: Row) -> tuple[str, bool, int]:
    """What a training is known by."""
    return row["name"], row["encoder"], row["seed"]


def store(row: Row) -> None:
    """Add a row."""
    part = RESULTS.with_suffix(".part")
    part.write_text(json.dumps(sorted([*stored(), row], key=key_of), indent=1) + "\n", "utf-8")
    part.replace(RESULTS)


def lines(rows: list[Row]) -> tuple[list[str], bool]:
    """The lines of the table, and whether all bars are met."""
    groups: dict[tuple[str, bool], list[Row]] = defaultdict(list)
    for row in rows:
        groups[row["name"], row["encoder"]].append(row)
    found, met = [], True
    for key, group in sorted(groups.items()):
        linear = _mean(group, "baseline/f1")
        bar = BARS.get(key, linear if key == ("uner_zh", False) else None)
        met &= bar is None or _mean(group, "test/f1") >= bar
        names = ("baseline/f1", "dictionary/f1", "test/f1_edges", "val/f1")
        columns = [f"{_mean(group, name):.1f}" for name in names]
        scores = [100 * row["metrics"]["test/f1"] for row in group]
        spread = f" ± {statistics.stdev(scores):.1f}" if len(scores) > 1 else ""
        cells = [key[0], group[0]["recipe"], f"{statistics.fmean(scores):.1f}{spread}"]
        cells += ["" if bar is None else f"{bar:.1f}", *columns, str(len(group))]
        cells += [
            f"{statistics.fmean(row[n] for row in group):.0f}" for n in ("seconds", "megabytes")
        ]
        found.append(f"| {' | '.join(cells)} |")
    return found, met


def _mean(rows: list[Row], name: str) -> float:
    return 100 * statistics.fmean(row["metrics"][name] for row in rows)


def main() -> int:
    """Train what is missing, write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-root", type=Path, default=Path("../shared/data"))
    parser.add_argument("--only", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--encoder", action="store_true", help="with the pretrained encoder")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--with", dest="more", default="", help="other options; nothing is stored")
    parser.add_argument("--table", action="store_true", help="only write docs/tags_results.md")
    options = parser.parse_args()
    for seed, name in () if options.table else product(options.seeds, options.only):
        if options.more or (name, options.encoder, seed) not in map(key_of, stored()):
            more = options.more.split()
            row = measure(name, options.encoder, seed, options.data_root, more)
            if not more:
                store(row)
            scores = {n: round(row["metrics"][n], 4) for n in ("val/f1", "test/f1", "baseline/f1")}
            print(*key_of(row), scores, row["seconds"], "s", flush=True)
    table, met = lines(stored())
    PAGE.write_text(HEAD + "\n".join(table) + "\n", "utf-8")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
