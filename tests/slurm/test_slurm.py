"""Jobs on a real SLURM of two nodes, submitted as a person does: `make test-slurm`.

The cluster may be one machine that plays two nodes: processes meet on its loopback.
"""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import optuna
import pytest
import yaml
from conftest import Command, reviews, write_csv
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

ROOT = Path(__file__).parents[2]
LIMIT = 240.0  # seconds that a job may take here, waiting for its turn included
SETTINGS = {
    **{"MASTER_ADDR": "127.0.0.1", "GLOO_SOCKET_IFNAME": "lo", "OMP_NUM_THREADS": "1"},
    **{"GRES": "", "CPUS": "1", "TIME": "10", "NODES": "2", "DEVICES": "2"},
}
SMALL = {
    "data": {"train": "my.csv", "text": "review", "label": "stars", "batch": {"size": 4}},
    "model": {"backbone": {"class_path": "TextCNN", "init_args": {"filters": 8}}},
    "trainer": {"accelerator": "cpu", "strategy": "ddp", "log_every_n_steps": 1, "max_epochs": 30},
    "run": {"threads": 1},
}


def slurm_is_here() -> bool:
    """Whether there is a cluster that answers, with two nodes."""
    if shutil.which("sinfo") is None:
        return False
    command = ["sinfo", "--noheader", "--format=%D"]
    nodes = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30).stdout
    return sum(map(int, nodes.split())) >= 2


pytestmark = [
    pytest.mark.slurm,
    pytest.mark.skipif(not slurm_is_here(), reason="no SLURM with two nodes (sinfo)"),
]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A checkout with small data, on a disk that all nodes share."""
    for name in ("src", "slurm", "configs"):
        shutil.copytree(ROOT / name, tmp_path / name)
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    write_csv(tmp_path / "my.csv", reviews(400))
    (tmp_path / "small.yaml").write_text(yaml.safe_dump(SMALL), "utf-8")
    return tmp_path


def submit(site: Path, *arguments: str, **settings: str) -> str:
    """Submit a job; gives its number."""
    done = subprocess.run(
        ["slurm/submit.sh", *arguments],
        cwd=site,
        env=os.environ | SETTINGS | settings,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    found = re.search(r"Submitted batch job (\d+)", done.stdout)
    assert found, done.stdout
    return found[1]


def said(*command: str) -> str:
    """What a command of SLURM prints; nothing, if it fails, as for a step that is not there yet."""
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def wait(what: Callable[[], bool], output: Callable[[], str]) -> None:
    """Wait until something is so.

    Raises:
        AssertionError: it took too long; with what the job has printed.
    """
    until = time.monotonic() + LIMIT
    while not what():
        assert time.monotonic() < until, output()
        time.sleep(0.2)


def printed(site: Path) -> str:
    return "\n".join(path.read_text("utf-8") for path in sorted(site.glob("logs/slurm-*.out")))


def ended(site: Path, job: str) -> dict[str, str]:
    """Wait for a job; what SLURM says of it, of an array of its first task."""
    facts: dict[str, str] = {}

    def over() -> bool:
        shown = said("scontrol", "show", "job", "--oneliner", job)
        each = [dict(re.findall(r"(\w+)=(\S+)", line)) for line in shown.splitlines()]
        facts.update(each[0])
        return all(one["JobState"] in ("COMPLETED", "FAILED", "CANCELLED") for one in each)

    wait(over, lambda: printed(site))
    return facts


def rows(run: Path) -> list[tuple[str, ...]]:
    """All logged values but those of the clock."""
    with (run / "metrics.csv").open(encoding="utf-8") as file:
        return [
            tuple(row.values())
            for row in csv.DictReader(file)
            if not row["metric"].startswith("speed/")
        ]


def test_two_nodes_with_two_processes_each_train_and_one_of_them_talks(site: Path) -> None:
    job = submit(site, "train", "train", "--config", "small.yaml", "--trainer.max_epochs=2")
    assert ended(site, job)["JobState"] == "COMPLETED", printed(site)
    assert printed(site).count("run folder") == 1
    assert "macro F1" in printed(site)


def test_a_job_told_to_make_room_is_queued_again_and_ends_as_one_that_was_not(site: Path) -> None:
    # of more than two, the first step after a resume sums gradients in another order
    one_each = {"NODES": "2", "DEVICES": "1"}
    whole = submit(site, "train", "fit", "--config", "small.yaml", **one_each)
    assert ended(site, whole)["JobState"] == "COMPLETED", printed(site)
    told = submit(site, "train", "fit", "--config", "small.yaml", **one_each)
    log = site / "logs" / f"job-{told}" / "metrics.csv"
    wait(lambda: log.exists() and log.read_text().count("\n") > 100, lambda: printed(site))
    subprocess.run(["scancel", "--signal=USR1", told], check=True)
    facts = ended(site, told)
    assert (facts["JobState"], facts["Restarts"]) == ("COMPLETED", "1"), printed(site)
    runs = [site / "logs" / f"job-{job}" for job in (whole, told)]
    assert rows(runs[1]) == rows(runs[0])
    assert sorted(p.name for p in (runs[1] / "checkpoints").iterdir()) == sorted(
        p.name for p in (runs[0] / "checkpoints").iterdir()
    )
    assert not list(site.rglob("hpc_ckpt*"))


def test_a_signal_that_comes_first_thing_does_not_kill_the_job(site: Path) -> None:
    job = submit(site, "train", "fit", "--config", "small.yaml", NODES="1", DEVICES="1")
    step = ("scontrol", "show", "step", f"{job}.0")
    wait(lambda: "State=RUNNING" in said(*step), lambda: printed(site))
    time.sleep(0.3)  # until Python has come to its first line
    subprocess.run(["scancel", "--signal=USR1", job], check=True)
    facts = ended(site, job)
    assert (facts["JobState"], facts["Restarts"]) == ("COMPLETED", "1"), printed(site)


def test_a_job_that_comes_no_further_is_not_queued_again_and_again(site: Path) -> None:
    job = submit(site, "train", "fit", "--config", "small.yaml", NODES="1", DEVICES="1")
    step = ("scontrol", "show", "step", f"{job}.0")
    shown = ("scontrol", "show", "job", "--oneliner", job)
    for told in range(2):
        wait(lambda told=told: f"Restarts={told} " in said(*shown), lambda: printed(site))
        wait(lambda: "State=RUNNING" in said(*step), lambda: printed(site))
        time.sleep(0.3)
        subprocess.run(["scancel", "--signal=USR1", job], check=True)
        wait(lambda: "State=RUNNING" not in said(*step), lambda: printed(site))
    facts = ended(site, job)
    assert (facts["JobState"], facts["Restarts"]) == ("FAILED", "1"), printed(site)
    assert "nothing was saved within TIME=10; not queued again" in printed(site)


@pytest.mark.parametrize("time", ["3", "2:59", "0:03:00", "0-00:03", "0-0:2:40"])
def test_a_time_that_is_no_longer_than_the_warning_is_refused(site: Path, time: str) -> None:
    done = subprocess.run(
        ["slurm/submit.sh", "--dry-run", "train", "fit"],
        cwd=site,
        env=os.environ | SETTINGS | {"TIME": time, "WARNING": "180"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert f"TIME={time} is no longer than WARNING=180 seconds" in done.stderr


def test_another_number_of_tasks_is_refused_at_once_with_both(site: Path) -> None:
    since = time.monotonic()
    three = "srun --ntasks=3 --overcommit .venv/bin/python src/train.py fit --config small.yaml"
    done = subprocess.run(
        [*three.split(), "--run.folder=x", "--trainer.devices=2"],
        cwd=site,
        env=os.environ | SETTINGS,
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT,
    )
    assert done.returncode == 1
    assert "started 3 processes, but devices = 2 on num_nodes = 1 makes 2" in done.stderr
    assert not (site / "x").exists()
    assert time.monotonic() - since < 60


def test_jobs_of_an_array_share_a_study_and_one_that_is_requeued_gives_its_trial_back(
    site: Path,
) -> None:
    (site / "space.yaml").write_text("model.optim.lr: {low: 1.0e-4, high: 1.0e-2, log: true}\n")
    search = ("--trials=8", "--space=space.yaml", "--pruner=none")
    files = ("--config", "small.yaml", "--trainer.strategy=auto", "--trainer.max_epochs=6")
    job = submit(site, "tune", "2", *search, *files)
    folder = site / "logs" / "tune" / f"job-{job}"
    wait(lambda: len(list(folder.glob("trials/*"))) > 2, lambda: printed(site))
    subprocess.run(["scancel", "--signal=USR1", f"{job}_1"], check=True)
    assert ended(site, job)["JobState"] == "COMPLETED", printed(site)
    assert "Restarts=1" in said("scontrol", "show", "job", "--oneliner", f"{job}_1")
    storage = JournalStorage(JournalFileBackend(str(folder / "journal.log")))
    trials = optuna.load_study(study_name=f"job-{job}", storage=storage).trials
    done = [trial for trial in trials if trial.state == TrialState.COMPLETE]
    assert len(done) == 8
    assert len({trial.params["model.optim.lr"] for trial in done}) == 8
    assert (folder / "report.html").is_file()


def test_devices_are_asked_for_by_the_name_that_the_site_gives_them(site: Path) -> None:
    done = subprocess.run(
        ["slurm/submit.sh", "--dry-run", "tune", "8", "--trials", "200"],
        cwd=site,
        env=os.environ | SETTINGS | {"GRES": "gpu:a100", "PARTITION": "long", "WARNING": "90"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for part in ("--array=1-8", "--gres=gpu:a100:1", "--partition=long", "--signal=USR1@90"):
        assert part in done.split()
    assert done.split()[-3:] == ["slurm/tune.sbatch", "--trials", "200"]


def test_an_array_labels_a_folder_as_one_process_does(
    site: Path, trained: Path, command: Command
) -> None:
    (site / "new").mkdir()
    for number in range(5):
        write_csv(site / "new" / f"{number}.csv", reviews(30 + number, seed=number))
    options = [f"--ckpt_path={trained / 'logs/latest/checkpoints/best.ckpt'}"]
    options += ["--data.predict=new/*.csv", "--hardware.accelerator=cpu"]
    job = submit(site, "predict", "2", *options, "--out=labels/*.jsonl")
    done = command("predict", *options, "--out=whole/*.jsonl", cwd=site)
    assert done.code == 0, done.err
    assert ended(site, job)["JobState"] == "COMPLETED", printed(site)
    expected = {path.name: path.read_bytes() for path in (site / "whole").glob("*.jsonl")}
    assert len(expected) == 5
    found = {path.name: path.read_bytes() for path in (site / "labels").glob("*.jsonl")}
    assert found == expected
