"""A run is a folder that names what it is made of; `latest` always leads to a whole one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from conftest import TINY, Command, reviews, run_behind, write_csv

from weitiao.errors import ConfigError
from weitiao.training.run_folder import LINKED, RunFolder, write_json

SWAPS = """
import sys
from pathlib import Path
from weitiao.training.run_folder import RunFolder
folder = RunFolder(Path(sys.argv[1]), started=True)
print("ready", flush=True)
sys.stdin.read()
for _ in range(30):
    folder.point_latest_here()
"""


def test_a_run_leaves_its_files(run_of: Path) -> None:
    names = {str(p.relative_to(run_of)) for p in run_of.rglob("*") if p.is_file()}
    assert names >= {
        "config.yaml",
        "data_card.json",
        "audit.json",
        "metrics.json",
        "metrics.csv",
        "predictions.csv",
        "classes.csv",
        "checkpoints/best.ckpt",
        "checkpoints/last.ckpt",
    }
    assert not [name for name in names if Path(name).name.startswith(".")]  # nothing half-written


def test_latest_has_relative_links_to_the_newest_run(trained: Path, run_of: Path) -> None:
    latest = trained / "logs" / "latest"
    found = {link.name: os.readlink(link) for link in latest.iterdir() if link.name != ".lock"}
    assert found == {name: f"../{run_of.name}/{name}" for name in LINKED}
    made = {path.name for path in run_of.iterdir()} - {"tensorboard", "run.lock"}
    assert made == {name for name in LINKED if (latest / name).exists()}
    assert run_of.parent == (trained / "logs").resolve()
    assert sorted(p.name for p in run_of.parent.iterdir()) == sorted([run_of.name, "latest"])


def test_the_run_behind_latest_is_taken_by_its_own_name(workplace: Path) -> None:
    folder = RunFolder.of_checkpoint(workplace / "logs/latest/checkpoints/last.ckpt")
    run = run_behind(workplace / "logs/latest")
    assert folder.path == run
    folder.start(latest=True)
    assert run_behind(workplace / "logs/latest") == run


def test_latest_of_an_earlier_version_and_of_somebody_else(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "run", started=True)
    (tmp_path / "latest").symlink_to("run")
    run.point_latest_here()
    assert (tmp_path / "latest" / "checkpoints").samefile(run.checkpoints)
    (tmp_path / "mine" / "latest").mkdir(parents=True)
    (tmp_path / "mine" / "latest" / "notes.txt").write_text("", "utf-8")
    RunFolder(tmp_path / "mine" / "run", started=True).point_latest_here()
    assert [path.name for path in (tmp_path / "mine" / "latest").iterdir()] == ["notes.txt"]


def test_metrics_are_flat_numbers_under_the_names_of_the_board(run_of: Path) -> None:
    metrics = json.loads((run_of / "metrics.json").read_text("utf-8"))
    assert {"val/f1_macro", "test/f1_macro", "test/accuracy", "baseline/f1_macro"} <= metrics.keys()
    assert all(isinstance(value, int | float) for value in metrics.values())


def test_nothing_of_the_embedded_corpus_is_in_a_run_on_own_data(
    command: Command, tmp_path: Path
) -> None:
    rows = [(text, {"好评": "+", "差评": "-"}[label]) for text, label in reviews(150)]
    for name, part in (("my", rows[:100]), ("val", rows[100:125]), ("test", rows[125:])):
        write_csv(tmp_path / f"{name}.csv", part)
    default = Path(__file__).parents[2] / "configs" / "default.yaml"
    files = [f"--data.{split}={split}.csv" for split in ("val", "test")]
    done = command("fit", f"--config={default}", "--data.train=my.csv", *files, *TINY, cwd=tmp_path)
    assert done.code == 0, done.err
    for split, name in (("train", "my.csv"), ("val", "val.csv"), ("test", "test.csv")):
        assert f"{split}={name}" in done.err  # the values in effect
    folder = tmp_path / "logs" / "latest"
    card = json.loads((folder / "data_card.json").read_text("utf-8"))
    assert sorted(card["target"]["init_args"]["labels"]) == ["+", "-"]
    assert card["rows"] == {"train": 100, "val": 25, "test": 25}
    config = yaml.safe_load((folder / "config.yaml").read_text("utf-8"))
    assert [config["data"][s] for s in card["rows"]] == ["my.csv", "val.csv", "test.csv"]
    for name in ("config.yaml", "data_card.json", "audit.json"):
        content = (folder / name).read_text("utf-8")
        assert not [w for w in ("corpus", "positive") if w in content]


def test_the_config_of_a_run_gives_the_same_run_again(
    workplace: Path, command: Command, run_of: Path
) -> None:
    done = command("fit", "--config=logs/latest/config.yaml", cwd=workplace)
    assert done.code == 0, done.err
    again = json.loads((workplace / "logs/latest/metrics.json").read_text("utf-8"))
    before = json.loads((run_of / "metrics.json").read_text("utf-8"))
    assert run_behind(workplace / "logs/latest").name != run_of.name
    assert again["val/loss"] == before["val/loss"]


def test_latest_never_dangles_under_many_writers(tmp_path: Path) -> None:
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", SWAPS, str(tmp_path / f"run{i}")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2] / "src")},
        )
        for i in range(3)
    ]
    link = tmp_path / "latest"
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"ready\n"
    RunFolder(tmp_path / "run0", started=True).point_latest_here()
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.close()
    seen: set[str] = set()
    reads = 0
    while any(writer.poll() is None for writer in writers):
        seen.add(os.readlink(link / "checkpoints"))
        assert (link / "checkpoints").is_dir()
        reads += 1
    assert [writer.returncode for writer in writers] == [0, 0, 0]
    assert reads > 100
    assert seen <= {f"../run{i}/checkpoints" for i in range(3)}
    links = [os.readlink(path) for path in link.iterdir() if path.is_symlink()]
    assert len(links) == len(LINKED)
    assert len({Path(target).parts[1] for target in links}) == 1  # of one run, all of them
    assert sorted(p.name for p in tmp_path.iterdir()) == ["latest", "run0", "run1", "run2"]


def test_runs_of_the_same_second_get_folders_of_their_own(tmp_path: Path) -> None:
    folders = [RunFolder.new(tmp_path / "logs", "same") for _ in range(5)]
    assert len({folder.path for folder in folders}) == 5


def test_a_fault_before_the_start_leaves_no_folder(tmp_path: Path) -> None:
    root = tmp_path / "logs"
    folder = RunFolder.new(root, "x")
    with pytest.raises(OSError, match="early"), folder.removed_unless_started():
        raise OSError("early")
    assert not folder.path.exists()


def test_a_fault_before_the_start_keeps_what_lay_there(tmp_path: Path) -> None:
    run = tmp_path / "logs" / "mine"
    run.mkdir(parents=True)
    for name in ("config.yaml", "metrics.csv", "notes.txt"):
        (run / name).write_text("", "utf-8")
    folder = RunFolder.at(run)
    with pytest.raises(OSError, match="early"), folder.removed_unless_started():
        raise OSError("early")
    assert (run / "notes.txt").exists()
    assert not (run / "metrics.csv").exists()  # of a run that saved nothing


def test_a_fault_after_the_start_keeps_the_folder(tmp_path: Path) -> None:
    folder = RunFolder.new(tmp_path / "logs", "x")
    folder.start(latest=True)
    with pytest.raises(OSError, match="late"), folder.removed_unless_started():
        raise OSError("late")
    assert run_behind(tmp_path / "logs" / "latest") == folder.path


def test_metrics_are_merged(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run", started=True)
    folder.add_metrics({"val/f1_macro": 0.5, "test/f1_macro": 0.1})
    assert folder.add_metrics({"test/f1_macro": 0.4}) == {"val/f1_macro": 0.5, "test/f1_macro": 0.4}
    assert json.loads(folder.metrics.read_text("utf-8"))["test/f1_macro"] == 0.4


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "metrics.json"
    write_json({"a": 1}, path)
    with pytest.raises(TypeError):
        write_json({"a": object()}, path)
    assert json.loads(path.read_text("utf-8")) == {"a": 1}
    assert list(tmp_path.iterdir()) == [path]


def test_a_checkpoint_outside_a_run_is_told(tmp_path: Path) -> None:
    (tmp_path / "lone.ckpt").touch()
    with pytest.raises(ConfigError, match=r"doesn't lie in a run's folder"):
        RunFolder.of_checkpoint(tmp_path / "lone.ckpt")
    assert [p.name for p in tmp_path.iterdir()] == ["lone.ckpt"]
