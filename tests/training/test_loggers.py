"""Loggers of others write beside ours, and get the same values."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
import yaml
from conftest import TINY, Command, reviews, run_behind, write_csv
from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer

CSV = """\
trainer:
  logger:
    - class_path: lightning.pytorch.loggers.CSVLogger
      init_args: {save_dir: theirs, name: mine}
"""


def test_another_logger_gets_what_ours_get(command: Command, tmp_path: Path) -> None:
    write_csv(tmp_path / "my.csv", reviews(120))
    (tmp_path / "loggers.yaml").write_text(CSV, "utf-8")
    done = command("train", "--config=loggers.yaml", "--data.train=my.csv", *TINY, cwd=tmp_path)
    assert done.code == 0, done.err
    theirs = tmp_path / "theirs" / "mine" / "version_0"
    with (theirs / "metrics.csv").open(newline="", encoding="utf-8") as file:
        found = {
            (int(row["step"]), name): float(value)
            for row in csv.DictReader(file)
            for name, value in row.items()
            if value and name not in ("step", "epoch")
        }
    with (tmp_path / "logs/latest/metrics.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    ours = {(int(row["step"]), row["metric"]): float(row["value"]) for row in rows}
    assert found == pytest.approx(ours)
    options = yaml.safe_load((theirs / "hparams.yaml").read_text("utf-8"))
    assert options["model.optim.lr"] == 0.01
    config = yaml.safe_load((tmp_path / "logs/latest/config.yaml").read_text("utf-8"))
    assert config["trainer"]["logger"][0]["init_args"]["save_dir"] == "theirs"
    board = EventMultiplexer().AddRunsFromDirectory(str(tmp_path / "logs")).Reload()
    (run,) = board.Runs()  # and not that of latest as well
    assert "best/f1_macro" in board.Runs()[run]["tensors"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("false", "metrics.csv and TensorBoard are always written"),
        ("lightning.pytorch.loggers.MLFlowLogger", "pip install -U 'mlflow>=1.0.0'"),
        ("no.such.Logger", "no code of weitiao, and runs if you allow it only"),
        (
            "lightning.pytorch.loggers.Mine",
            "there is no Mine in lightning.pytorch.loggers\n  → inst",
        ),
    ],
)
def test_a_logger_that_there_is_not_is_refused(
    given: str, said: str, command: Command, tmp_path: Path
) -> None:
    write_csv(tmp_path / "my.csv", reviews(60))
    options = ("--data.train=my.csv", *TINY, f"--trainer.logger={given}")
    done = command("fit", *options, cwd=tmp_path, missing=["mlflow"])
    assert done.code in (1, 2)
    assert "Traceback" not in done.err
    assert said in done.err
    assert not (tmp_path / "logs").exists()


def test_mlflow_takes_labels_in_any_script(command: Command, tmp_path: Path) -> None:
    mlflow = pytest.importorskip("mlflow")  # not among our requirements
    write_csv(tmp_path / "my.csv", reviews(60))
    place = f"sqlite:///{tmp_path}/mlflow.db"
    options = ("--trainer.logger=weitiao.training.mlflow_logger.MLflow",)
    options += (f"--trainer.logger.tracking_uri={place}",)
    done = command("fit", "--data.train=my.csv", *TINY, *options, cwd=tmp_path)
    assert done.code == 0, done.err
    client = mlflow.MlflowClient(place)
    (run,) = client.search_runs([client.get_experiment_by_name("lightning_logs").experiment_id])
    assert {"val/f1_class/好评", "val/f1_class/差评"} <= run.data.metrics.keys()
    assert run.info.status == "FINISHED"


@pytest.mark.slow
@pytest.mark.parametrize("fast", ["true", "false"])
def test_a_real_tensorboard_lists_each_run_once(fast: str, trained: Path, tmp_path: Path) -> None:
    """Its server in Rust, and that in Python; both follow links."""
    address = tmp_path / "address"
    server = [sys.executable, "-m", "tensorboard.main", f"--load_fast={fast}", "--port=0"]
    with address.open("wb") as said:
        board = subprocess.Popen([*server, f"--logdir={trained / 'logs'}"], stderr=said)
    try:
        runs = _answer(address, board)
    finally:
        board.terminate()
        board.wait(timeout=30)
    assert runs == [f"{run_behind(trained / 'logs' / 'latest').name}/tensorboard"]


def _answer(said: Path, board: subprocess.Popen[bytes]) -> list[str]:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and board.poll() is None:
        found = re.search(r"http://\S+:\d+/", said.read_text("utf-8"))
        try:
            if found:
                with urlopen(f"{found[0]}data/runs", timeout=30) as reply:
                    if runs := json.load(reply):
                        return runs
        except URLError:
            pass
        time.sleep(0.2)
    raise AssertionError(said.read_text("utf-8"))
