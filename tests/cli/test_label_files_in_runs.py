"""Labels of people's files in whole runs: text and label swapped, slips mended in all commands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import TINY, Command, reviews, write_csv

TEXTS = [text for text, _ in reviews(60)]
FAST = ("--trainer.max_epochs=1", "--trainer.enable_progress_bar=false")

SWAPPED = {
    "columns": ([(label, text) for text, label in reviews(60)], "each of the 2 texts of train"),
    "a_class_of_one_row": (
        [("中评", "好"), *((label, text) for text, label in reviews(60))],
        "2 of the 3 texts of train stand",
    ),
    "labels_all_distinct": ([(text, f"no {i}") for i, text in enumerate(TEXTS)], "each of the 60"),
}


@pytest.mark.parametrize("name", SWAPPED)
def test_text_and_label_in_each_others_place_are_told(
    name: str, command: Command, tmp_path: Path
) -> None:
    rows, said = SWAPPED[name]
    write_csv(tmp_path / "my.csv", rows)
    done = command("train", "--data.train=my.csv", *TINY, cwd=tmp_path)
    assert done.code == 1
    assert f"error: my.csv, column 'stars': {said}" in done.err
    assert "--data.input.text stars --data.target.label review" in done.err


def test_lines_of_text_and_label_are_told(command: Command, tmp_path: Path) -> None:
    lines = "".join(f"{text}\t{label}\n" for text, label in reviews(60))
    (tmp_path / "my.txt").write_text(lines, "utf-8")
    options = [*TINY, "--data.text=text", "--data.target.label=label"]
    files = ["--data.train=my.txt", "--data.format=lines"]
    done = command("train", *files, *options, cwd=tmp_path)
    assert done.code == 1
    assert "each of the 2 texts of train stand under several labels" in done.err
    way_out = "--data.format tsv --data.header false --data.input.text 0 --data.target.label 1"
    assert way_out in done.err
    done = command("fit", *files, *options, *way_out.split(), *FAST, cwd=tmp_path)
    assert done.code == 0, done.err


def test_slips_are_told_by_a_run_and_new_rows_are_read_alike(
    command: Command, tmp_path: Path
) -> None:
    names = ["a\u200b、b", "b、c", "c、a", "b", "c", "nan"]
    write_csv(tmp_path / "my.csv", [(text, names[i % 6]) for i, text in enumerate(TEXTS)])
    options = ["--task=multilabel", "--data.target.separator=、", "--data.placeholders=bad"]
    more = ["--data.on_bad_row=quarantine", *FAST]
    done = command("fit", "--data.train=my.csv", *TINY, *options, *more, cwd=tmp_path)
    assert done.code == 0, done.err
    assert "10 rows could not be read and were set aside" in done.err
    assert "labels freed of invisible characters, or composed (NFC): 10" in done.err
    card = json.loads((tmp_path / "logs/latest/data_card.json").read_text("utf-8"))
    assert card["target"]["init_args"]["labels"] == ["a", "b", "c"]
    write_csv(tmp_path / "new.csv", [(text, "\ufeffa、c") for text in TEXTS[:4]])
    best = ["--ckpt_path=logs/latest/checkpoints/best.ckpt", "--data.test=new.csv"]
    done = command("test", *best, "--hardware.accelerator=cpu", cwd=tmp_path)
    assert done.code == 0, done.err
