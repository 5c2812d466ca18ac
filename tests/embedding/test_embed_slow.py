"""The command beside others: train.py takes its file, TensorBoard shows it, Ctrl-C ends it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from conftest import TINY, Command, reviews, write_csv
from planted import write_corpus

pytestmark = pytest.mark.slow
SCRIPT = Path(__file__).parents[2] / "src" / "embed.py"


def embed(*arguments: str, cwd: Path, hash_seed: str = "random") -> subprocess.Popen[str]:
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONHASHSEED": hash_seed}
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), *arguments],
        cwd=cwd,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("method", ["skipgram", "fasttext"])
def test_the_same_seed_gives_the_same_bytes_whatever_the_hashes_of_strings(method, tmp_path):
    write_corpus(tmp_path / "c.txt", count=20_000)  # several batches of gensim
    for name, seed in (("a", "1"), ("b", "2")):
        options = ("--files=c.txt", "--corpus.deduplicate=false", f"--method={method}")
        process = embed(*options, f"--out={name}.bin", cwd=tmp_path, hash_seed=seed)
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said
    assert (tmp_path / "a.bin").read_bytes() == (tmp_path / "b.bin").read_bytes()


def test_a_training_begins_with_the_vectors(command: Command, tmp_path: Path) -> None:
    write_csv(tmp_path / "my.csv", reviews(200))
    named = ("--files=my.csv", "--corpus.text=review", "--min_count=1", "--out=my.vec.gz")
    done = command(*named, cwd=tmp_path, script="embed.py")
    assert done.code == 0, done.err
    done = command(
        "fit",
        "--data.train=my.csv",
        *(option for option in TINY if "backbone" not in option),
        "--model.backbone=Recurrent",
        "--model.backbone.vectors=freeze",
        "--data.encode.tokenizer=words",
        "--data.encode.min_count=1",
        "--data.encode.vectors=my.vec.gz",
        cwd=tmp_path,
    )
    assert done.code == 0, done.err
    told = json.loads((tmp_path / "logs/latest/audit.json").read_text("utf-8"))["vectors"]
    assert (told["vocabulary_share"], told["width"]) == (1.0, 100)


@pytest.mark.parametrize("logdir", ["logs", "logs/embed-words"])
def test_tensorboard_shows_the_words(logdir: str, command: Command, tmp_path: Path) -> None:
    write_corpus(tmp_path / "c.txt")
    named = ("--files=c.txt", "--corpus.deduplicate=false", "--projected=9")
    for _ in range(2):  # a second call replaces the first
        done = command(*named, cwd=tmp_path, script="embed.py")
        assert done.code == 0, done.err
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    board = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tensorboard.main",
            f"--logdir={logdir}",
            *("--host=localhost", f"--port={port}"),
        ],
        cwd=tmp_path,
        stderr=subprocess.DEVNULL,
    )
    try:
        address = f"http://localhost:{port}/data/plugin/projector"
        (run,) = json.loads(answer(f"{address}/runs", until=lambda text: text != b"[]"))
        assert run == ("." if logdir.endswith("words") else "embed-words")
        (info,) = json.loads(answer(f"{address}/info?run={run}"))["embeddings"]
        assert info["tensorShape"] == [9, 100]
        name = f"run={run}&name={info['tensorName']}"
        assert len(answer(f"{address}/tensor?{name}")) == 9 * 100 * 4
        metadata = answer(f"{address}/metadata?{name}").decode().splitlines()
        assert metadata[:2] == ["word\tcount", "。\t1500"]
        assert len(metadata) == 10
    finally:
        board.terminate()
        board.wait(timeout=30)


def answer(address: str, until: Callable[[bytes], bool] = lambda text: True) -> bytes:
    """What the server answers, once it does."""
    deadline = time.monotonic() + 60
    while True:
        try:
            with urlopen(address, timeout=30) as reply:
                text = reply.read()
            if until(text) or time.monotonic() > deadline:
                return text
        except URLError:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.2)


def test_ctrl_c_leaves_nothing_half_written(tmp_path: Path) -> None:
    write_corpus(tmp_path / "c.txt")
    process = embed("--files=c.txt", "--epochs=1000000", cwd=tmp_path)
    deadline = time.monotonic() + 60
    while not [*tmp_path.glob(".cache/words/*/seal.tsv")] and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(1)  # training
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert (process.returncode, said.strip()) == (130, "stopped by SIGINT")
    assert not [p for p in tmp_path.rglob("*") if p.suffix == ".part"]
    assert [*(tmp_path / "vectors").iterdir()] == []
