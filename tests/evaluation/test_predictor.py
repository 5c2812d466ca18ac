"""`weitiao.load` and `weitiao.fit`: the library as Python code and notebooks use it."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch
from conftest import TINY, Command, reviews, write_csv

import weitiao
from weitiao.serving.query import answers

TEXTS = [text for text, _ in reviews(30, seed=5)]
SMALL = {
    name.removeprefix("--").replace("data.text", "data.input.text"): value
    for name, value in (o.split("=") for o in TINY)
}


@pytest.fixture(scope="module")
def model(run_of: Path) -> Any:
    return weitiao.load(run_of, device="cpu")


def test_labels_and_probabilities_are_those_of_the_command_line(
    model: Any, run_of: Path, command: Command, tmp_path: Path
) -> None:
    write_csv(tmp_path / "new.csv", [(text, "") for text in TEXTS])
    done = command(
        "predict", f"--ckpt_path={run_of / 'checkpoints' / 'best.ckpt'}", "--data.predict=new.csv",
        "--hardware.accelerator=cpu", cwd=tmp_path,
    )  # fmt: skip
    assert done.code == 0, done.err
    with (tmp_path / "predictions.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    found = model.predict(TEXTS)
    assert found.labels == [row["label"] for row in rows]
    assert len(found) == len(TEXTS)
    written = [[float(row[f"p({name})"]) for name in found.classes] for row in rows]
    np.testing.assert_allclose(found.probabilities, written, atol=1e-6)


def test_what_was_cleaned_and_what_was_not_read_is_told(model: Any) -> None:
    long = "很好" * 100
    found = model.predict(["  <b>很好</b>", long])
    assert found.cleaned == ["很好", long]
    short, (((begin, end),)) = found.unread[0], found.unread[1][0]
    assert short == [[]]
    assert 100 < begin < end == len(long)
    assert model.predict([long[:begin]]).probabilities == pytest.approx(
        found[1:].probabilities, abs=1e-6
    )


def test_rows_are_named_as_in_training(model: Any) -> None:
    named = [{"review": text, "stars": "?"} for text in TEXTS]
    assert model.predict(named).labels == model.predict(TEXTS).labels
    assert len(model.predict([])) == 0


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("好", "this is one row"),
        (pa.table({"review": ["好"]}), "this is a table, .*\n.*to_dict"),
        (["好", ("a", "b")], "row 2: this is not a text"),
        (["好", 3.5], "row 2: this is not a text"),
        (["好", "a\ud800"], "row 2, column 'review': half of a surrogate pair"),
        ([{"text": "好"}], "row 1, column 'review': no such column"),
    ],
)
def test_what_is_no_row_is_refused(model: Any, rows: Any, told: str) -> None:
    with pytest.raises(weitiao.DataError, match=told):
        model.predict(rows)


@pytest.mark.slow
def test_using_a_model_prints_and_writes_nothing(run_of: Path, tmp_path: Path) -> None:
    code = f"import weitiao; weitiao.load({str(run_of)!r}, device='cpu').predict(['很好'])"
    heavy = {"lightning", "torchmetrics", "matplotlib", "sklearn"}
    code += f"; import sys; assert not {heavy} & sys.modules.keys()"
    before = {path: path.stat().st_mtime_ns for path in run_of.rglob("*")}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("", "")
    assert not [*tmp_path.iterdir()]
    assert {path: path.stat().st_mtime_ns for path in run_of.rglob("*")} == before


def test_importing_it_imports_nothing_heavy() -> None:
    code = "import weitiao, sys; print({'torch', 'numpy', 'lightning'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = weitiao.nothing


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to train in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["notebook"])
    write_csv(tmp_path / "my.csv", reviews(120))
    return tmp_path


def test_a_run_is_that_of_the_command_line(
    own: Path, command: Command, capfd: pytest.CaptureFixture[str]
) -> None:
    options = SMALL | {"data.train": "my.csv", "trainer.max_epochs": 1, "run.threads": 1}
    done = command("fit", "--data.train=my.csv", *TINY, "--trainer.max_epochs=1", "--run.threads=1",
                   "--run.folder=other", cwd=own)  # fmt: skip
    assert done.code == 0, done.err
    run = weitiao.fit(options, quiet=True)
    assert capfd.readouterr() == ("", "")  # the data are prepared
    other = json.loads((own / "other" / "metrics.json").read_text("utf-8"))
    assert {**run.scores, "fit/seconds": 0} == {**other, "fit/seconds": 0}
    assert len(weitiao.load(run, device="cpu").predict(TEXTS)) == len(TEXTS)


PAIRS = [(text, text[::-1]) for text in TEXTS]


@pytest.mark.parametrize(
    ("task", "label", "kind"),
    [("classification", "{0}", str), ("multilabel", "{0}|x", list), ("regression", "{1}", float)],
)
def test_pairs_and_labels_of_every_kind(own: Path, task: str, label: str, kind: type) -> None:
    cells = [(t, t[::-1], label.format(name, len(t))) for t, name in reviews(120)]
    write_csv(own / "pairs.csv", cells, ("review", "other", "stars"))
    options = {"data.text": "review", "data.pair": "other", "data.label": "stars"}
    options |= {"data.train": "pairs.csv", "data.task": task, "model.backbone": "Bag"}
    run = weitiao.fit(options | {"trainer.max_epochs": 1, "trainer.accelerator": "cpu"}, quiet=True)
    model = weitiao.load(run.folder.best, device="cpu")
    found = model.predict(PAIRS)
    assert len(found) == len(PAIRS)
    assert {type(name) for name in found.labels} == {kind}
    assert (found.probabilities is None) == (task == "regression")
    served = json.loads(json.dumps(answers(PAIRS, found)))
    assert [row["label"] for row in served] == found.labels
    assert all(("probabilities" in row) == (task != "regression") for row in served)
    named = [{"review": text, "other": other} for text, other in PAIRS]
    assert model.predict(named).labels == found.labels
    with pytest.raises(weitiao.DataError, match="row 1: this is not a pair of texts"):
        model.predict(TEXTS)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"data.input.txet": "review"}, r"did you mean --data.input.text\?"),
        ({"trainer.max_epochs": "many"}, "trainer.max_epochs"),
        ({"data.train": "nope.csv"}, "nope.csv"),
        ({"run.monitor": "val/nothing"}, "run.monitor"),
    ],
)
def test_what_the_command_line_refuses_is_an_error(
    own: Path, more: dict[str, Any], told: str
) -> None:
    with pytest.raises((weitiao.ConfigError, weitiao.DataError), match=told):
        weitiao.fit(SMALL | {"data.train": "my.csv"} | more, quiet=True)


def test_an_interrupt_saves_and_a_second_call_continues(own: Path) -> None:
    before = signal.getsignal(signal.SIGINT)
    options = SMALL | {"data.train": "my.csv", "trainer.max_epochs": 400, "run.save_every": 5}

    def interrupt() -> None:
        while not (own / "logs/latest/checkpoints/last.ckpt").exists():
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    with pytest.raises(KeyboardInterrupt):
        weitiao.fit(options, quiet=True)
    assert signal.getsignal(signal.SIGINT) is before
    last = own / "logs/latest/checkpoints/last.ckpt"
    done = torch.load(last, weights_only=True)["epoch"]
    run = weitiao.fit({"ckpt_path": last, "trainer.max_epochs": done + 2}, quiet=True)
    assert run.trainer.current_epoch == done + 2
