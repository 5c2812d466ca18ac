"""What pretraining and word vectors gain, remade by one command.

    python benchmarks/pretraining.py --data-root ../shared/data --model-root ../shared/models
        [--only NAME …] [--root logs/gain] [--threads N] [--table]

A comparison of pretrainings with none is one `src/gain.py`, in a process of its own; of word
vectors with random ones, one `src/embed.py` on the training texts and one `src/train.py train` a
seed. Both go on where they were killed. Scores stand in benchmarks/results/pretraining.json;
docs/pretraining_results.md is written from it, with --table without running anything.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from experiments import CHNSENTICORP, ENCODER, REVIEWS, TNEWS, Source
from pretraining_page import page
from results import commit, processor
from training import train

from weitiao.comparison.gain import NONE
from weitiao.data.datamodule import DataModule

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "pretraining.json"
PAGE = ROOT / "docs" / "pretraining_results.md"
SEEDS = 3
MODELS = "--config configs/default.yaml --config configs/model/pretrained.yaml"
SMALL = f"{MODELS} --model.optim.lr 3e-4"  # 2 layers of 128, with random weights or pretrained
PARTS = {"500": "--trainer.max_epochs 10", "all": "--trainer.max_epochs 4"}
SCRATCH = "--config configs/pretrain/default.yaml"
FOUR_LAYERS = (
    f"{SCRATCH} --model.network Continued --model.network.name {ENCODER.folder}"
    f" --model.network.layers 4 --data.tokenizer.name {ENCODER.folder}"
    " --model.optim.lr 1e-4 --trainer.max_epochs 2"
)
Row = dict[str, Any]


@dataclass(frozen=True)
class Comparison:
    """Pretrainings beside none.

    Args:
        source: labelled data.
        pretrain: name → options of pretraining; ``{texts}`` stands for the texts of train,
            ``{data}`` and ``{model}`` for the roots.
        finetune: options of fine-tuning.
        sizes: rows to fine-tune on → further options.
        columns: YAML that names the columns; None = the usual ones.
        further: more files that are needed.
    """

    source: Source
    pretrain: Mapping[str, str]
    finetune: str
    sizes: Mapping[str, str]
    columns: str | None = None
    further: tuple[Source, ...] = ()

    @property
    def sources(self) -> tuple[Source, ...]:
        """All files that it needs."""
        return self.source, *self.further

    def run(self, folder: Path, roots: Mapping[str, Path], threads: int) -> Iterator[Row]:
        """All fine-tunings."""
        fixed = f" --run.threads {threads}"
        texts = texts_of(self.source, self.columns, folder, roots)
        pretrain = {
            name: options.format(texts=texts, **roots) + fixed
            for name, options in self.pretrain.items()
        }
        files = " ".join(files_of(self.source, roots))
        columns = f" --config {self.columns}" if self.columns else ""
        given = {"pretrain": json.dumps(pretrain), "rows": json.dumps(dict(self.sizes))}
        given |= {"finetune": f"{self.finetune}{columns} {files}{fixed}", "folder": str(folder)}
        options = [f"--{name}={value}" for name, value in given.items()]
        subprocess.run(
            [sys.executable, "src/gain.py", *options, f"--seeds={SEEDS}"], cwd=ROOT, check=True
        )
        with (folder / "gain.csv").open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                numbers = {name: float(row[name]) for name in ("score", "baseline", "seconds")}
                yield {**row, **numbers, "seed": int(row["seed"])} | self._pretrained(folder, row)

    @staticmethod
    def _pretrained(folder: Path, row: Mapping[str, str]) -> Row:
        """How long its pretraining took, and how well it learned."""
        if row["pretraining"] == NONE:
            return {}
        run = folder / "pretrain" / row["pretraining"]
        metrics = json.loads((run / "metrics.json").read_text("utf-8"))
        return {
            "pretraining_seconds": metrics["fit/seconds"],
            "perplexity": metrics["val/perplexity"],
        }


@dataclass(frozen=True)
class Vectors:
    """Word vectors that were trained on the training texts, beside random ones.

    Args:
        source: labelled data.
        finetune: options of ``train`` for a model that reads words.
        sizes: rows to fine-tune on → further options.
    """

    source: Source
    finetune: str
    sizes: Mapping[str, str]

    @property
    def sources(self) -> tuple[Source, ...]:
        """All files that it needs."""
        return (self.source,)

    def run(self, folder: Path, roots: Mapping[str, Path], threads: int) -> Iterator[Row]:
        """All trainings."""
        vectors = folder / "skipgram.vec"
        if not vectors.is_file():
            texts = texts_of(self.source, None, folder, roots)
            command = ["src/embed.py", "--files", str(texts), "--out", str(vectors)]
            subprocess.run([sys.executable, *command, "--projected=0"], cwd=ROOT, check=True)
        shared = [*self.finetune.split(), *files_of(self.source, roots), f"--run.threads={threads}"]
        for size, more in self.sizes.items():
            for seed in range(1, SEEDS + 1):
                part = [f"--data.split.train={size}", f"--data.split.train_seed={seed}"]
                part = part if size != "all" else []
                with_vectors = [f"--data.input.encode.vectors={vectors}"]
                for name, own in ((NONE, []), ("skipgram", with_vectors)):
                    options = [*shared, *more.split(), *part, *own, f"--seed_everything={seed}"]
                    done = train(options, folder / f"{name}-{size}-{seed}").metrics
                    scores = {"score": done["test/f1_macro"], "baseline": done["baseline/f1_macro"]}
                    scores |= {"seconds": done["fit/seconds"], "seed": seed}
                    yield {"pretraining": name, "rows": size, **scores}


COMPARISONS: dict[str, Comparison | Vectors] = {
    "reviews": Comparison(
        REVIEWS,
        {"words": SCRATCH, "id": f"{SCRATCH} --data.masking.unit id"},
        SMALL,
        PARTS,
    ),
    "chnsenticorp": Comparison(
        CHNSENTICORP,
        {"words": f"{SCRATCH} --data.corpus.files {{texts}}"},
        SMALL,
        PARTS,
        "configs/data/chnsenticorp.yaml",
    ),
    "tnews": Comparison(
        TNEWS,
        {"words": f"{SCRATCH} --data.corpus.files {{texts}}"},
        SMALL,
        {"500": PARTS["500"], "all": "--trainer.max_epochs 2"},
        "configs/data/tnews.yaml",
    ),
    "reviews-encoder": Comparison(
        REVIEWS,
        {"continued": FOUR_LAYERS},
        f"{MODELS} --model.optim.lr 1e-4",
        {"500": "--trainer.max_epochs 6", "all": "--trainer.max_epochs 1"},
        further=(ENCODER,),
    ),
    "reviews-vectors": Vectors(
        REVIEWS,
        "--config configs/default.yaml --recipe reviews --model.objective.wide null"
        " --data.input.encode.tokenizer words --model.backbone.embedding 100",
        {"500": "--trainer.max_epochs 12", "all": ""},
    ),
}


def files_of(source: Source, roots: Mapping[str, Path]) -> list[str]:
    """Options that name a source's files."""
    folder = source.folder.format(**roots)
    return [f"--data.{split}={folder}/{name}" for split, name in source.splits.items()]


def texts_of(source: Source, columns: str | None, folder: Path, roots: Mapping[str, Path]) -> Path:
    """A file of the source's training texts without labels, a line each."""
    target = folder / "texts.txt"
    if not target.is_file():
        given = dict(part[2:].split("=") for part in files_of(source, roots))
        options = {name.removeprefix("data."): file for name, file in given.items()}
        named = yaml.safe_load((ROOT / columns).read_text("utf-8"))["data"] if columns else {}
        rows = DataModule(**options, **named).rows("train")
        folder.mkdir(parents=True, exist_ok=True)
        lines = (" ".join(text.split()) for text in rows["text"].to_pylist())
        target.write_text("\n".join(lines) + "\n", "utf-8")
    return target


def main() -> int:
    """Compare what isn't compared yet, write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-root", type=Path, default=Path("../shared/data"))
    parser.add_argument("--model-root", type=Path, default=Path("../shared/models"))
    parser.add_argument("--only", nargs="+", choices=COMPARISONS, default=list(COMPARISONS))
    parser.add_argument("--root", type=Path, default=Path("logs/gain"), help="of all runs")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--table", action="store_true", help="only write the page")
    options = parser.parse_args()
    roots = {"data": options.data_root, "model": options.model_root}
    for name in [] if options.table else options.only:
        comparison = COMPARISONS[name]
        for source in comparison.sources:
            source.check(roots)
        rows = list(comparison.run(options.root / name, roots, options.threads))
        facts = {"threads": options.threads, "processor": processor(), "commit": commit()}
        store(name, {"facts": facts, "rows": rows})
    PAGE.write_text(page(stored()), "utf-8")
    return 0


def stored() -> dict[str, Any]:
    """What was measured so far, by the name of the comparison."""
    return json.loads(RESULTS.read_text("utf-8")) if RESULTS.is_file() else {}


def store(name: str, measured: Row) -> None:
    """Keep what was measured, in place of what was there."""
    found = stored() | {name: measured}
    part = RESULTS.with_suffix(".part")
    ordered = {name: found[name] for name in COMPARISONS if name in found}
    part.write_text(json.dumps(ordered, indent=1) + "\n", "utf-8")
    part.replace(RESULTS)


if __name__ == "__main__":
    sys.exit(main())
