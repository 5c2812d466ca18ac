"""Whether a change moved anything: two revisions train the same configurations, digit by digit.

    python benchmarks/unmoved.py --old REVISION [--new REVISION] [--only NAME …] [--rounds 5]

Each configuration is run by the code of both revisions in a process of its own, on the same files,
which are cut from the embedded corpus. Every value of metrics.csv that is no time, every prediction
and every value of a search's trials must be the same text. With --rounds the two take turns, and
the medians of their processor seconds are compared as well: of the whole, and of what comes before
the first step, of the steps and of evaluation (`timed_parts.py`). Exit code 0: nothing moved.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).parents[1]
CORPUS = ROOT / ".cache" / "corpus" / "reviews.csv"
TIMED = Path(__file__).with_name("timed_parts.py")
TIMES = ("speed", "seconds", "time", "memory", "folder", "worker")
"""Parts of the names of values that differ from run to run: times, places, processes."""
Row = dict[str, str]
Command = list[str]

SMALL = ["--trainer.enable_progress_bar=false", "--trainer.accelerator=cpu", "--run.threads=1"]
NETWORK = ["--model.backbone=Transformer", "--model.backbone.layers=1", "--model.backbone.width=32"]
TEXTCNN = ["--model.backbone=TextCNN", "--model.pooling=max"]


def train(file: str, *options: str, epochs: int = 2) -> Command:
    """The command line of a training with its test."""
    given = [f"--data.train={file}", "--recipe=none", f"--trainer.max_epochs={epochs}"]
    return ["src/train.py", "train", *given, *SMALL, *options]


def pretrain(objective: str) -> Command:
    """The command line of a pretraining."""
    given = ["--config=configs/pretrain/default.yaml", "--data.corpus.files=one.csv"]
    given += [f"--data.objective={objective}", "--trainer.max_epochs=1"]
    return ["src/pretrain.py", *given, *SMALL]


CONFIGURATIONS: dict[str, list[Command]] = {
    "one class": [train("one.csv", *NETWORK)],
    "recipe": [train("one.csv", "--recipe=reviews")],
    "several labels": [train("several.csv", "--data.task=multilabel", *TEXTCNN)],
    "scale": [train("scale.csv", "--data.task=ordinal", *NETWORK)],
    "number": [train("number.csv", "--data.task=regression", *TEXTCNN)],
    "pairs": [train("pairs.csv", "--data.pair=second", "--recipe=pairs")],
    "bag": [train("one.csv", "--config=configs/model/bag.yaml")],
    "lstm": [train("one.csv", "--config=configs/model/lstm.yaml")],
    "lora": [
        train(
            "one.csv",
            *("--model.backbone=Pretrained", "--model.backbone.name=tiny"),
            *("--data.encode.tokenizer=tiny", "--data.encode.max_length=48"),
            "--model.backbone.lora={rank: 4}",
            "--model.calibrate=true",
        )
    ],
    "augmentation": [train("one.csv", "--config=configs/data/augment.yaml", *TEXTCNN)],
    "word vectors": [
        train(
            *("one.csv", "--data.encode.tokenizer=words", "--data.segment.method=jieba"),
            *("--data.encode.vectors=vectors.txt", *TEXTCNN),
        )
    ],
    "two processes": [
        train("one.csv", "--trainer.devices=2", "--trainer.strategy=ddp", *NETWORK),
    ],
    "resumed": [
        train("one.csv", *NETWORK, epochs=1),
        [
            *("src/train.py", "train", "--ckpt_path=logs/latest/checkpoints/last.ckpt"),
            "--trainer.max_epochs=3",
        ],
    ],
    "search": [
        [
            *("src/tune.py", "--trials=5", "--workers=0", "--recipe=none", "--data.train=one.csv"),
            *("--trainer.max_epochs=1", *SMALL, *TEXTCNN),
        ],
    ],
    "masked pretraining": [pretrain("masked")],
    "causal pretraining": [pretrain("causal")],
}


def write_data(folder: Path, rows: int) -> None:
    """Write files of each kind of label, word vectors and a tiny encoder into ``folder``."""
    with CORPUS.open(encoding="utf-8", newline="") as file:
        every = [(r["text"][:120], r["label"]) for r in csv.DictReader(file)]
    texts = random.Random(0).sample(every, rows)
    named = {
        "one": [["text", "label"], *texts],
        "several": [["text", "label"], *((t, "|".join(labels_in(t))) for t, _ in texts)],
        "scale": [["text", "label"], *((t, str(1 + len(t) // 25 % 5)) for t, _ in texts)],
        "number": [["text", "label"], *((t, str(len(t) + t.count("好"))) for t, _ in texts)],
        "pairs": [
            ["text", "second", "label"],
            *((t, u, str(v == w)) for (t, v), (u, w) in pairwise(texts)),
        ],
    }
    for name, lines in named.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(lines)
    units = sorted({char for text, _ in texts for char in text if not char.isspace()})
    draw = random.Random(1)
    vectors = (
        f"{unit} " + " ".join(f"{draw.gauss(0, 1):.4f}" for _ in range(16)) for unit in units
    )
    (folder / "vectors.txt").write_text("\n".join(vectors) + "\n", "utf-8")
    write_encoder(folder / "tiny", units)


def labels_in(text: str) -> Iterator[str]:
    """Labels that can be learned: which of some frequent characters a text has."""
    return (char for char in "好不很" if char in text)


def write_encoder(folder: Path, units: Sequence[str]) -> None:
    """Save a BERT of two layers with random weights and a tokenizer of characters."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    special = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]"}
    special |= {"sep_token": "[SEP]", "mask_token": "[MASK]"}
    ids = {unit: i for i, unit in enumerate([*special.values(), *units])}
    tokenizer = Tokenizer(models.WordLevel(ids, "[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special).save_pretrained(folder)
    torch.manual_seed(0)
    sizes = {"hidden_size": 32, "num_attention_heads": 2, "intermediate_size": 64}
    BertModel(BertConfig(vocab_size=len(ids), num_hidden_layers=2, **sizes)).save_pretrained(folder)


@dataclass(frozen=True)
class Outcome:
    """What a configuration left.

    Args:
        values: name of a file → its rows, without times.
        seconds: of processor: of the whole, and of parts of its first process.
    """

    values: dict[str, list[Row]]
    seconds: dict[str, float]


def run(tree: Path, data: Path, commands: Sequence[Command]) -> Outcome:
    """Run the commands by the code of ``tree`` in an empty folder beside the data."""
    with tempfile.TemporaryDirectory(dir=data) as scratch:
        folder = Path(scratch)
        for file in data.iterdir():
            if file != folder:
                (folder / file.name).symlink_to(file)
        (folder / "configs").symlink_to(tree / "configs")
        environment = os.environ | {"PYTHONPATH": str(tree / "src"), "OMP_NUM_THREADS": "1"}
        busy, seconds = processor_seconds(), Counter[str]()
        for script, *options in commands:
            command = [sys.executable, str(TIMED), "parts.json", str(tree / script), *options]
            ended = subprocess.run(command, cwd=folder, env=environment, capture_output=True)
            if ended.returncode:
                raise SystemExit(f"{tree}: {' '.join(command)}\n{ended.stderr.decode()[-3000:]}")
            seconds.update(json.loads((folder / "parts.json").read_text("utf-8")))
        whole = {"whole": processor_seconds() - busy}
        return Outcome(dict(results(folder / "logs")), whole | dict(seconds))


def results(logs: Path) -> Iterator[tuple[str, list[Row]]]:
    """The values of a run, or of a study."""
    for name in ("metrics.csv", "predictions.csv", "tune/default/trials.csv"):
        path = logs / name if "/" in name else logs / "latest" / name
        if path.is_file():
            with path.open(encoding="utf-8", newline="") as file:
                yield name, [without_times(row) for row in csv.DictReader(file)]


def without_times(row: Row) -> Row:
    """The values that are the same in each run."""
    named = row.get("metric", "")  # of metrics.csv, whose rows are a value each
    return {
        name: value
        for name, value in row.items()
        if not any(t in name or (name == "value" and t in named) for t in TIMES)
    }


def processor_seconds() -> float:
    """What all finished child processes used."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def differences(old: Outcome, new: Outcome) -> list[str]:
    """Where the two differ, in lines; the first of each file."""
    found = [f"{name}: only one has it" for name in old.values.keys() ^ new.values.keys()]
    if not old.values:
        found.append("there is nothing to compare")
    for name in old.values.keys() & new.values.keys():
        one, other = old.values[name], new.values[name]
        if len(one) != len(other):
            found.append(f"{name}: {len(one)} rows, {len(other)} rows")
        for place, (was, now) in enumerate(zip(one, other, strict=False), 1):
            if was != now:
                keys = sorted(k for k in was.keys() | now.keys() if was.get(k) != now.get(k))
                first = f"{keys[0]}: {was.get(keys[0])} → {now.get(keys[0])}"
                found.append(f"{name}, row {place}: {len(keys)} values, {first}")
                break
    return found


def compared(rounds: Sequence[Sequence[Outcome]]) -> str:
    """Medians of the processor seconds of old and new, part by part, with their ratio."""
    parts = []
    for part in (p for p in rounds[0][0].seconds if p in rounds[0][1].seconds):
        was, now = (statistics.median(r[i].seconds[part] for r in rounds) for i in (0, 1))
        parts.append(f"{part} {was:.2f} → {now:.2f} s ({now / was:.2f})")
    return ", ".join(parts)


@contextmanager
def tree_of(revision: str | None, place: Path) -> Iterator[Path]:
    """A checkout of ``revision`` at ``place``; without one, the tree this file is in."""
    if revision is None:
        yield ROOT
        return
    worktree = ["git", "-C", str(ROOT), "worktree"]
    add = [*worktree, "add", "--detach", str(place), revision]
    subprocess.run(add, check=True, capture_output=True)
    try:
        yield place
    finally:
        subprocess.run([*worktree, "remove", "--force", str(place)], check=True)


def main() -> int:
    """Compare; gives 1 if anything moved."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--old", required=True, help="revision to compare with")
    parser.add_argument("--new", help="revision; without it, the work tree")
    parser.add_argument("--only", nargs="+", choices=CONFIGURATIONS, default=list(CONFIGURATIONS))
    parser.add_argument("--rows", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=1, help="turns, to compare times")
    options = parser.parse_args()
    moved = 0
    with tempfile.TemporaryDirectory() as scratch, ExitStack() as trees:
        data = Path(scratch) / "data"
        data.mkdir()
        write_data(data, options.rows)
        given = {"old": options.old, "new": options.new}
        both = [trees.enter_context(tree_of(r, Path(scratch) / n)) for n, r in given.items()]
        for name in options.only:
            commands = CONFIGURATIONS[name]
            rounds = [[run(tree, data, commands) for tree in both] for _ in range(options.rounds)]
            found = differences(*rounds[0])
            moved += bool(found)
            print(f"{name}: {'; '.join(found) or 'same'}; {compared(rounds)}", flush=True)
    return int(moved > 0)


if __name__ == "__main__":
    sys.exit(main())
