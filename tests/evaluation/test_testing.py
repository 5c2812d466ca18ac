"""The verb test: the score of training again, other files, what each of them scores."""

from __future__ import annotations

import json
import shutil
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from checkpoint_use import BEST, forget_training, read_csv
from conftest import Command, reviews, run_behind, write_csv
from rich.console import Console

from weitiao.evaluation.testing import run_test


def test_test_repeats_the_score_of_training(workplace: Path, command: Command) -> None:
    folder = run_behind(workplace / "logs" / "latest")
    before = json.loads((folder / "metrics.json").read_text("utf-8"))
    rows = (folder / "predictions.csv").read_text("utf-8")
    (folder / "predictions.csv").resolve().unlink()
    shutil.rmtree(workplace / ".cache")
    done = command("test", f"--ckpt_path={BEST}", "--hardware.accelerator=cpu", cwd=workplace)
    assert done.code == 0, done.err
    after = json.loads((folder / "metrics.json").read_text("utf-8"))
    assert after == pytest.approx(before, abs=1e-6)
    assert (folder / "predictions.csv").read_text("utf-8") == rows
    assert "macro F1" in done.out
    assert "baseline" in done.out
    assert "unknown ids: test 0.00% (train 0.00%)" in done.err


def test_test_refuses_a_split_that_is_not_the_runs_own(workplace: Path, command: Command) -> None:
    write_csv(workplace / "my.csv", reviews(200, seed=9))
    done = command("test", f"--ckpt_path={BEST}", cwd=workplace)
    assert done.code == 1
    assert "fingerprint" in done.err
    assert done.out == ""


def test_a_test_on_several_files_says_what_each_of_them_scores(
    workplace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(workplace)
    names = [
        str(write_csv(tmp_path / f"{n}.csv", reviews(40, seed=n, noise=n / 10))) for n in (3, 5)
    ]

    def tested(*files: str) -> tuple[dict[str, float], str]:
        screen = StringIO()
        arguments = [f"--ckpt_path={BEST}", f"--data.test=[{','.join(files)}]"]
        return run_test(arguments, Console(file=screen, width=200)), screen.getvalue()

    alone = {name: tested(name)[0]["test/f1_macro"] for name in names}
    assert alone[names[0]] != alone[names[1]]
    found, shown = tested(*names)
    assert {name: found[f"test/f1_macro/{name}"] for name in names} == pytest.approx(alone)
    parts = [f"{name} {100 * score:.2f} %" for name, score in alone.items()]
    assert f"macro F1 by file: {', '.join(parts)}" in shown
    assert not any(name in key for key in tested(names[0])[0] for name in names)


def test_test_from_another_folder_says_how_to_name_the_file(
    workplace: Path, command: Command, tmp_path: Path
) -> None:
    done = command("test", f"--ckpt_path={(workplace / BEST).resolve()}", cwd=tmp_path)
    assert done.code == 1
    assert "my.csv: the run's test split is of this file, which is not found from here" in done.err
    assert "→ call it in the folder of the training; --data.test FILE" in done.err


def test_test_on_a_file_keeps_the_names_of_the_classes(
    workplace: Path, command: Command, tmp_path: Path
) -> None:
    rows = sorted(reviews(40, seed=3, noise=0), key=lambda row: row[1], reverse=True)
    assert rows[0][1] == "差评"  # the second class of the checkpoint comes first here
    write_csv(tmp_path / "new.csv", rows)
    forget_training(workplace)
    before = (workplace / "logs/latest/metrics.json").read_bytes()
    done = command(
        "test",
        f"--ckpt_path={BEST}",
        f"--data.test={tmp_path / 'new.csv'}",
        f"--out={tmp_path / 'out.csv'}",
        cwd=workplace,
    )
    assert done.code == 0, done.err
    out = read_csv(tmp_path / "out.csv")
    assert [(row["text"], row["true"]) for row in out] == rows
    right = np.mean([row["true"] == row["label"] for row in out])
    assert right > 0.7  # a mix-up of names would give less than 0.3
    assert f"{100 * right:.2f}" in done.out
    assert "baseline" not in done.out  # it was measured on another file
    assert (workplace / "logs/latest/metrics.json").read_bytes() == before


def test_test_on_a_file_with_a_new_label_is_refused(
    trained: Path, command: Command, tmp_path: Path
) -> None:
    write_csv(tmp_path / "new.csv", [*reviews(5), ("还行", "中评")])
    done = command("test", f"--ckpt_path={trained / BEST}", "--data.test=new.csv", cwd=tmp_path)
    assert done.code == 1
    for words in ("new.csv", "row 7", "'stars'", "'中评'"):
        assert words in done.err
    assert "Traceback" not in done.err


def test_only_the_best_checkpoint_writes_into_its_run(command: Command, workplace: Path) -> None:
    run = run_behind(workplace / "logs" / "latest")
    before = {name: (run / name).read_bytes() for name in ("metrics.json", "predictions.csv")}
    last = run / "checkpoints" / "last.ckpt"
    done = command("test", "--ckpt_path", last, "--out=last.csv", cwd=workplace)
    assert done.code == 0, done.err
    assert (workplace / "last.csv").exists()
    assert before == {name: (run / name).read_bytes() for name in before}


def test_a_copied_checkpoint_can_be_tested_on_a_file(command: Command, workplace: Path) -> None:
    best = run_behind(workplace / "logs" / "latest") / "checkpoints" / "best.ckpt"
    shutil.copy(best, workplace / "copy.ckpt")
    done = command("test", "--ckpt_path=copy.ckpt", "--data.test=my.csv", cwd=workplace)
    assert done.code == 0, done.err
    assert "macro F1" in done.out
