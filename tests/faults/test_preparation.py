"""Data are prepared once and whole, whoever is killed and however many want them at once."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from conftest import Command, reviews, write_csv

from weitiao.io.cache import damaged

pytestmark = [pytest.mark.slow, pytest.mark.faults]

SRC = Path(__file__).parents[2] / "src"
OPTIONS = [
    *("--data.train=my.csv", "--data.text=review", "--data.target.label=stars"),
    *("--data.input.encode.tokenizer=words", "--data.input.segment.method=jieba"),
    *("--model.backbone.layers=1", "--model.backbone.width=8", "--run.threads=1"),
    *("--trainer.max_epochs=1", "--trainer.limit_train_batches=1", "--trainer.limit_val_batches=1"),
    *("--trainer.accelerator=cpu", "--trainer.devices=1", "--trainer.enable_progress_bar=false"),
]
PREPARE = """
import sys
from pathlib import Path
from weitiao.data.audit import Auditor
from weitiao.inputs.text import Text
from weitiao.inputs.text.tokenization import Encoder
from weitiao.data.prepare import Preparation
from weitiao.io.tables import Reader
from weitiao.data.split import Splitter

reader = Reader({"text": "review", "label": "stars"})
texts = Text("review", encode=Encoder("words"))
preparation = Preparation(reader, texts, Auditor(), Splitter())
print("ready", flush=True)
sys.stdin.readline()
print(preparation({"train": "my.csv"}, Path(sys.argv[1])).folder.name)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("preparation")
    write_csv(folder / "my.csv", reviews(10_000))
    return folder


def contents(cache: Path) -> dict[str, bytes]:
    """The files of the one folder of a cache."""
    (prepared,) = (path for path in cache.iterdir() if path.is_dir())
    assert not damaged(prepared)
    return {path.name: path.read_bytes() for path in prepared.iterdir()}


def test_a_preparation_that_is_killed_at_any_moment_leaves_nothing_that_counts(
    command: Command, folder: Path, full: bool, record_property: Any
) -> None:
    kills, draw = 20 if full else 3, random.Random(0)
    command("fit", "--help=all", cwd=folder)
    since = time.monotonic()
    done = command("fit", *OPTIONS, "--data.cache=unbroken", cwd=folder)
    assert done.code == 0, done.err
    ends = time.monotonic() - since
    killed = 0
    for number in range(kills):
        moment = ends * (number + draw.random()) / kills
        once = command("fit", *OPTIONS, "--data.cache=killed", cwd=folder, kill_after=moment)
        whole = [p for p in (folder / "killed").glob("*/") if p.suffix != ".part"]
        assert not any(map(damaged, whole))
        if whole:
            break
        killed += once.code != 0
    done = command("fit", *OPTIONS, "--data.cache=killed", cwd=folder)
    assert done.code == 0, done.err
    assert "damaged" not in done.err
    assert contents(folder / "killed") == contents(folder / "unbroken")
    record_property("cases", kills)
    record_property("outcome", f"{killed} killed before the data were whole")
    assert killed


@pytest.mark.parametrize(("processes", "killed"), [(2, 0), (4, 0), (4, 2)])
def test_processes_that_prepare_at_once_make_one_cache(
    processes: int, killed: int, folder: Path, record_property: Any
) -> None:
    alone, shared = f"alone-{processes}-{killed}", f"shared-{processes}-{killed}"
    together(folder, alone, 1)
    printed, errors = together(folder, shared, processes, killed)
    assert len(set(printed)) == 1
    assert len(printed) == processes - killed
    made = sum("read train" in told for told in errors)
    assert made == 1 if not killed else made <= 1 + killed
    assert contents(folder / shared) == contents(folder / alone)
    record_property("cases", processes)


def together(
    folder: Path, cache: str, processes: int, killed: int = 0
) -> tuple[list[str], list[str]]:
    """What processes print that begin at once; the first ones are killed while they are at it."""
    started = [
        subprocess.Popen(
            [sys.executable, "-c", PREPARE, cache],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": str(SRC)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(processes)
    ]
    for process in started:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in started:
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()
    for process in started[:killed]:
        time.sleep(0.3)
        process.kill()
    told = [process.communicate(timeout=120) for process in started]
    codes = [process.returncode for process in started]
    assert codes[killed:] == [0] * (processes - killed), told
    return [out.strip() for out, _ in told[killed:]], [err for _, err in told]
