"""A database's password is nowhere but in the environment."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from conftest import TINY, reviews
from option_world import HEADER, save_database

from weitiao.cli.main import main

SECRET = "hunter2"
URL = f"sqlite:///my.db?password={SECRET}"
QUERY = "SELECT text AS review, label AS stars FROM reviews ORDER BY no"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["train.py"])
    numbered = enumerate(reviews(60))
    cells = [{"text": text, "label": label, "no": f"{i:03}"} for i, (text, label) in numbered]
    save_database(
        tmp_path / "my.db", [tuple(row.get(name, "") for name in HEADER) for row in cells]
    )
    return tmp_path


def where_it_stands(folder: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    told = capsys.readouterr()
    return [str(path) for path in files if SECRET.encode() in path.read_bytes()] + [
        text for text in (told.out, told.err) if SECRET in text
    ]


def test_a_password_of_the_environment_is_written_nowhere(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WEITIAO_DATABASE", URL)
    for name in ("HF_TOKEN", "WANDB_API_KEY", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, f"{SECRET}-{name}")
    database = "--data.database=${WEITIAO_DATABASE}"
    fit = ["fit", f"--data.train={QUERY}", database, *TINY, "--trainer.max_epochs=1"]
    assert main(fit) == 0
    best = "--ckpt_path=logs/latest/checkpoints/best.ckpt"
    assert main(["predict", best, f"--data.predict={QUERY}", database]) == 0
    assert len(Path("predictions.csv").read_text("utf-8").splitlines()) == 61
    assert main(["predict", best, f"--data.predict={QUERY}"]) == 1  # not the training database
    config = Path("logs/latest/config.yaml").read_text("utf-8")
    assert "database: ${WEITIAO_DATABASE}" in config
    assert b"${WEITIAO_DATABASE}" in Path("logs/latest/checkpoints/best.ckpt").read_bytes()
    assert where_it_stands(here, capsys) == []


def test_a_password_that_is_written_out_is_refused(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fit", f"--data.train={QUERY}", f"--data.database={URL}", *TINY]) == 1
    told = capsys.readouterr()
    assert "${DB_PASSWORD}" in told.err
    assert SECRET not in told.out + told.err
    assert where_it_stands(here, capsys) == []


@pytest.mark.slow
@pytest.mark.faults
def test_a_search_writes_a_password_nowhere_either(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WEITIAO_DATABASE", URL)
    Path("space.yaml").write_text("model.objective.pooling: {choices: [mean, max]}", "utf-8")
    Path("base.yaml").write_text("seed_everything: 3", "utf-8")
    database = ("--data.database=${WEITIAO_DATABASE}", f"--data.train={QUERY}")
    search = ["--space=space.yaml", "--config=base.yaml", "--trials=2", "--workers=0"]
    assert main(["tune", *search, *database, *TINY, "--trainer.max_epochs=1"]) == 0
    assert b"${WEITIAO_DATABASE}" in Path("logs/tune/default/journal.log").read_bytes()
    assert where_it_stands(here, capsys) == []
