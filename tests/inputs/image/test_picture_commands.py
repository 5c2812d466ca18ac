"""Pictures on the command line: killed, resumed to the same digits, and used."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from conftest import Command
from resumed_runs import by_test, rows
from small_pictures import stripes, write_pictures

RUN = (
    *(
        "--task=pictures",
        "--recipe=pictures",
        "--data.train=train",
        "--data.input.size=16",
        "--data.batch.size=8",
    ),
    *("--model.backbone.width=8", "--data.input.augment.colour=0.3", "--run.threads=1"),
    *("--run.matmul=blas", "--run.save_every=1", "--trainer.accelerator=cpu"),
    *("--trainer.max_epochs=8", "--trainer.log_every_n_steps=1", "--model.optim.lr=0.01"),
    "--trainer.enable_progress_bar=false",
)


@pytest.mark.slow
def test_a_killed_training_of_pictures_goes_on_to_the_same_digits_and_is_used(
    command: Command, tmp_path: Path
) -> None:
    write_pictures(tmp_path / "train", 30)
    done = command("train", *RUN, "--run.folder=whole", cwd=tmp_path)
    assert done.code == 0, done.err
    assert "recipe: pictures" in done.err
    assert "linear" in done.out
    killed = by_test("kill_at.KillAt"), "--trainer.callbacks.step=11"
    ended = command("fit", *RUN, "--run.folder=cut", *killed[0], killed[1], cwd=tmp_path)
    assert ended.code == -9
    last, without = "--ckpt_path=cut/checkpoints/last.ckpt", "--trainer.callbacks=null"
    done = command("fit", last, without, "--allow_code=kill_at", cwd=tmp_path)
    assert done.code == 0, done.err
    fitted = [row for row in rows(tmp_path / "whole") if not row[2].startswith("test/")]
    assert rows(tmp_path / "cut") == fitted

    new = write_pictures(tmp_path / "new", 3, seed=500)
    (new / "broken.png").write_bytes(b"x")
    best = "--ckpt_path=whole/checkpoints/best.ckpt"
    refused = command("predict", best, "--data.predict=new", cwd=tmp_path)
    assert refused.code == 1
    assert "new, row 4, column 'path': no JPEG, PNG or WebP" in refused.err
    aside = ("--data.predict=new", "--data.on_bad_row=quarantine", "--out=said.csv")
    done = command("predict", best, *aside, cwd=tmp_path)
    assert done.code == 0, done.err
    with (tmp_path / "said.csv").open(encoding="utf-8") as file:
        said = [*csv.DictReader(file)]
    assert [*said[0]][:5] == ["id", "path", "label", "p(across)", "p(down)"]
    assert (said[3]["path"], said[3]["label"]) == ("", "")  # as of every bad row
    assert "new, row 4, column 'path': no JPEG" in said[3]["error"]
    good = [row for row in said if not row["error"]]
    assert [row["label"] for row in good] == [row["path"].partition("/")[0] for row in good]

    stripes("down", 900).save(tmp_path / "one.png")
    done = command("predict", best, "--text=one.png", "--out=-", cwd=tmp_path)
    assert json.loads(done.out)["label"] == "down", done.err
    done = command("test", best, "--data.test=new", "--data.label=label", cwd=tmp_path)
    assert done.code == 1
    assert "beside the folders of classes" in done.err
    served = command("whole", cwd=tmp_path, script="serve.py")
    assert served.code == 1
    assert "files by their names" in served.err
    exported = command("whole", "--to=folder", cwd=tmp_path, script="export.py")
    assert exported.code == 1
    assert "no texts" in exported.err
