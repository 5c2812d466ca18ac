"""Shared by all tests: the command line in processes of its own, and one small trained run."""

from __future__ import annotations

import csv
import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from fault_table import pytest_itemcollected as pytest_itemcollected
from fault_table import pytest_terminal_summary as pytest_terminal_summary
from hypothesis import settings

settings.register_profile("any machine", deadline=None)  # a busy one takes its time
settings.load_profile("any machine")
TESTS = Path(__file__).parent
GOOD = ("很好", "喜欢", "满意", "不错", "推荐")
BAD = ("很差", "失望", "退货", "破损", "难吃")
NEUTRAL = ("酒店", "房间", "服务", "手机", "屏幕", "水果", "快递", "内容", "价格", "今天", "觉得")
TINY = (
    "--data.text=review",
    "--data.target.label=stars",
    "--model.backbone=weitiao.models.backbones.transformer.Transformer",
    "--model.backbone.init_args.layers=1",
    "--model.backbone.init_args.width=16",
    "--trainer.accelerator=cpu",
    "--trainer.devices=1",
    "--trainer.max_epochs=3",
    "--trainer.log_every_n_steps=1",
    "--data.batch.size=32",
    "--model.optim.lr=0.01",
)
"""Options that make a run a matter of a second."""


def reviews(count: int, seed: int = 0, noise: float = 0.1) -> list[tuple[str, str]]:
    """Distinct short Chinese reviews with their label, some of them under the wrong one."""
    draw = random.Random(seed)
    rows: dict[str, str] = {}
    while len(rows) < count:
        label, words = draw.choice((("好评", GOOD), ("差评", BAD)))
        text = draw.choices(NEUTRAL, k=draw.randint(4, 12)) + draw.choices(words, k=2)
        draw.shuffle(text)
        if draw.random() < noise:
            label = "差评" if label == "好评" else "好评"
        rows["".join(text) + "。"] = label
    return list(rows.items())


def write_csv(
    path: Path, rows: Sequence[Sequence[str]], header: Sequence[str] = ("review", "stars")
) -> Path:
    """A CSV file in UTF-8."""
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])
    return path


def run_behind(latest: Path) -> Path:
    """The folder of the run that ``latest`` leads to."""
    return (latest / "checkpoints").resolve().parent


def calibration_error(probabilities: np.ndarray, targets: np.ndarray) -> float:
    """Expected calibration error over 15 bins of equal width (Guo et al. 2017, equation 3)."""
    sure, right = probabilities.max(1), probabilities.argmax(1) == targets
    places = np.minimum((sure * 15).astype(int), 14)
    bins = [(sure[places == b], right[places == b]) for b in range(15)]
    return sum(abs(s.sum() - r.sum()) for s, r in bins) / len(targets)


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    code: int
    out: str
    err: str


Command = Callable[..., Outcome]


def pytest_addoption(parser: pytest.Parser) -> None:
    """How many faults are tried."""
    parser.addoption("--faults", default="small", choices=("small", "full"))


@pytest.fixture(scope="session")
def full(request: pytest.FixtureRequest) -> bool:
    """Whether faults are tried at full size."""
    return bool(request.config.getoption("--faults") == "full")


OF_COMMANDS = {
    "OMP_NUM_THREADS": "1",
    "COLUMNS": "100",
    "GOMP_SPINCOUNT": "1000",  # as of the command, which sets it before it loads torch
    # for callbacks of tests, in processes that a run starts
    "PYTHONPATH": os.pathsep.join(filter(None, [str(TESTS / "helpers"), os.getenv("PYTHONPATH")])),
}
"""The environment of commands."""


@pytest.fixture(scope="session")
def command(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Command]:
    """Runs `python src/SCRIPT ARGUMENTS` in a folder, forked from a process that has torch."""
    server = subprocess.Popen(
        [sys.executable, str(TESTS / "helpers" / "forkserver.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | OF_COMMANDS,
    )
    outputs = tmp_path_factory.mktemp("outputs")
    assert server.stdin is not None
    assert server.stdout is not None

    def run(
        *argv: str | Path,
        cwd: Path,
        missing: Sequence[str] = (),
        script: str = "train.py",
        kill_after: float | None = None,
    ) -> Outcome:
        files = {"stdout": str(outputs / "out"), "stderr": str(outputs / "err")}
        request = {"argv": [str(a) for a in argv], "cwd": str(cwd), "missing": list(missing)}
        request |= {"script": script, "kill_after": kill_after, **files}
        print(json.dumps(request), file=server.stdin, flush=True)
        code = int(server.stdout.readline())
        return Outcome(code, *(Path(file).read_text("utf-8") for file in files.values()))

    yield run
    server.stdin.close()
    server.wait(timeout=30)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, command: Command) -> Path:
    """A folder with `my.csv` (200 rows) and the run of it; copy it to alter it (`workplace`)."""
    folder = tmp_path_factory.mktemp("trained")
    write_csv(folder / "my.csv", reviews(200))
    done = command("train", "--data.train=my.csv", *TINY, cwd=folder)
    assert done.code == 0, done.err
    (folder / "stdout.txt").write_text(done.out, "utf-8")
    (folder / "stderr.txt").write_text(done.err, "utf-8")
    return folder


@pytest.fixture
def workplace(trained: Path, tmp_path: Path) -> Path:
    """A copy of `trained` that a test may alter."""
    return shutil.copytree(trained, tmp_path / "workplace", symlinks=True)


@pytest.fixture(scope="session")
def run_of(trained: Path) -> Path:
    """The folder of the trained run."""
    return run_behind(trained / "logs" / "latest")
