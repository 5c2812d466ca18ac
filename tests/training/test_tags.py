"""Spans of texts, from a file to predictions of them."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from conftest import Command, write_csv
from span_rows import rows, write

import weitiao
from weitiao.cli.main import main
from weitiao.io.tables import Reader

TINY = (
    "--task=tags",
    "--recipe=tags",
    "--model.backbone.init_args.width=32",
    "--model.optim.lr=0.02",
    "--data.batch.size=8",
    "--trainer.accelerator=cpu",
    "--trainer.devices=1",
)


@pytest.fixture(scope="module")
def tagged(tmp_path_factory: pytest.TempPathFactory, command: Command) -> Path:
    """A folder with a run that has learned `rows`."""
    folder = tmp_path_factory.mktemp("tagged")
    write(folder / "my.csv", rows(160))
    done = command("train", "--data.train=my.csv", *TINY, "--trainer.max_epochs=8", cwd=folder)
    assert done.code == 0, done.err
    (folder / "screen.txt").write_text(done.out + done.err, "utf-8")
    return folder


def metrics_of(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "logs/latest/metrics.json").read_text("utf-8"))


def test_names_are_learned_and_told_by_type_beside_simpler_models(tagged: Path) -> None:
    metrics, screen = metrics_of(tagged), (tagged / "screen.txt").read_text("utf-8")
    assert metrics["test/f1"] > 0.9
    assert {"baseline/f1", "dictionary/f1", "baseline/f1_class/PER"} <= metrics.keys()
    assert metrics["dictionary/f1"] > 0.5
    for part in ("F1 of spans, strict", "F1 of LOC", "F1 of PER", "dictionary", "spans per type"):
        assert part in screen
    with (tagged / "logs/latest/classes.csv").open(encoding="utf-8") as file:
        assert [row["label"] for row in csv.DictReader(file)] == ["LOC", "PER"]


def test_predictions_have_the_places_of_the_text_as_it_was_read(
    tagged: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tagged)
    monkeypatch.setattr(sys, "argv", ["train.py"])
    texts = ["<b>今天</b>　王秀英   和 New York", "没有人", ""]
    write_csv(Path("new.csv"), [(text,) for text in texts], header=("text",))
    given = ["--ckpt_path=logs/latest/checkpoints/best.ckpt", "--data.predict=new.csv"]
    assert main(["predict", *given, "--out=out.jsonl", "--hardware.accelerator=cpu"]) == 0
    found = [json.loads(line) for line in Path("out.jsonl").read_text("utf-8").splitlines()]
    assert [row["text"] for row in found] == texts
    names = [texts[0][span["start"] : span["end"]] for span in found[0]["label"]]
    assert names == ["王秀英", "New York"]
    assert found[0]["words"] == "王秀英 (PER), New York (LOC)"
    assert [len(row["probability"]) for row in found] == [len(row["label"]) for row in found]
    assert all(0 < sure <= 1 for row in found for sure in row["probability"])
    assert found[2]["label"] == []
    said = weitiao.load(tagged / "logs/latest").predict(texts)
    assert said.labels == [row["label"] for row in found]


def test_predictions_in_conll_are_read_again_as_the_same_spans(
    tagged: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tagged)
    monkeypatch.setattr(sys, "argv", ["train.py"])
    write(Path("more.csv"), [*rows(30, seed=3), ("", []), ("two\nlines 王伟", [])])
    given = ["--ckpt_path=logs/latest/checkpoints/best.ckpt", "--data.predict=more.csv"]
    for name in ("out.conll", "out.jsonl"):
        assert main(["predict", *given, f"--out={name}", "--hardware.accelerator=cpu"]) == 0
    columns = {"text": "text", "label": "label"}
    back = Reader(columns, cells="spans").read("out.conll", Path("back.arrow"))
    found = [json.loads(line) for line in Path("out.jsonl").read_text("utf-8").splitlines()]
    found = [row for row in found if row["text"]]  # a text without a word is no block of lines
    assert len(back) == len(found) == 31
    for text, label, row in zip(*(back[c].to_pylist() for c in columns), found, strict=True):
        names = [(text[b:e], kind) for b, e, kind in json.loads(label)]
        spans = ((row["text"][s["start"] : s["end"]], s["label"]) for s in row["label"])
        assert names == [(" ".join(name.split()), kind) for name, kind in spans]  # on a line each


def test_a_file_of_conll_holds_spans_only(
    trained: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(trained)
    monkeypatch.setattr(sys, "argv", ["train.py"])
    given = ["--ckpt_path=logs/latest/checkpoints/best.ckpt", "--data.predict=my.csv"]
    assert main(["predict", *given, "--out=out.conll", "--hardware.accelerator=cpu"])
    assert "CoNLL columns hold spans" in capsys.readouterr().err
    assert not Path("out.conll").exists()


def test_test_predictions_are_scored_as_they_stand_in_the_file(tagged: Path) -> None:
    with (tagged / "logs/latest/predictions.csv").open(encoding="utf-8") as file:
        lines = [*csv.DictReader(file)]
    said, true = (
        {(row["id"], *span) for row in lines for span in map(tuple, json.loads(row[name]))}
        for name in ("label", "true")
    )
    f1 = 2 * len(said & true) / (len(said) + len(true))
    assert metrics_of(tagged)["test/f1"] == pytest.approx(f1)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("backbone", "chain"),
    [*((one, "crf") for one in ("Transformer", "TextCNN", "Bag", "Recurrent")), ("Bag", "linear")],
)
def test_every_backbone_learns_a_few_rows_by_heart(
    backbone: str, chain: str, tmp_path: Path, command: Command
) -> None:
    few = [(text[: 40 + number], spans) for number, (text, spans) in enumerate(rows(32, seed=1))]
    write(tmp_path / "few.csv", few)
    files = ["--data.train=few.csv", "--data.val=few.csv", "--data.audit.drop_leaks=false"]
    model = [f"--model.backbone={backbone}", f"--model.objective.chain={chain}"]
    how = ["--model.optim.lr=0.01", "--trainer.max_epochs=60", "--data.batch.size=8"]
    how += ["--model.backbone.buckets=2000"] if backbone == "Bag" else []  # 65,536 take a minute
    done = command(
        "fit", *files, "--task=tags", "--recipe=none", *model, *how, "--data.split.test=0",
        "--trainer.accelerator=cpu", cwd=tmp_path,
    )  # fmt: skip
    assert done.code == 0, done.err
    assert metrics_of(tmp_path)["val/f1"] == 1


def test_long_texts_are_read_in_windows(tagged: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tagged)
    sentence, spans = rows(2)[1]
    long = sentence * 30  # several windows of 256 ids
    shift = range(0, len(long), len(sentence))
    true = {(b + by, e + by, kind) for by in shift for b, e, kind in spans}
    (said,) = weitiao.load("logs/latest").predict([long]).labels
    found = {(span["start"], span["end"], span["label"]) for span in said}
    assert len(found & true) > 0.8 * len(true)


def test_spans_inside_of_a_unit_are_counted_and_too_many_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["train.py"])
    write(Path("my.csv"), [(f"abcdef {i}", [(2, 4, "X")]) for i in range(40)])
    tokenizer = ["--data.input.encode.tokenizer=wordpiece", "--data.input.encode.min_count=30"]
    assert main(["fit", "--data.train=my.csv", *TINY, *tokenizer, "--trainer.max_epochs=1"])
    err = " ".join(capsys.readouterr().err.split())
    assert "32 of 32 spans of train (100.0%) begin or end inside a unit" in err
    assert "(first: my.csv, row " in err
    assert "tokenizer characters" in err


@pytest.mark.parametrize("types", [("PER", "LOC"), ("PER", "GPE")])
def test_a_run_that_starts_from_another_keeps_the_tags_of_the_same_types(
    types: tuple[str, str],
    tagged: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tagged)
    monkeypatch.setattr(sys, "argv", ["train.py"])
    names = dict(zip(("PER", "LOC"), types, strict=True))
    more = [(text, [(b, e, names[kind]) for b, e, kind in spans]) for text, spans in rows(90, 7)]
    write(Path("more.csv"), more)
    given = ("--model.start=logs/latest", "--task=tags", "--model.optim.lr=0")
    given += ("--data.train=more.csv", f"--run.folder={types[1]}", "--trainer.max_epochs=1")
    assert main(["fit", *given, "--trainer.accelerator=cpu", "--data.split.test=0"]) == 0
    same = types == ("PER", "LOC")
    said = "its backbone and its objective" if same else "other labels, a new objective"
    assert said in " ".join(capsys.readouterr().err.split())
    before, after = (
        torch.load(f"{run}/checkpoints/best.ckpt", weights_only=True)["state_dict"]
        for run in ("logs/latest", types[1])
    )
    name = "objective.chain.steps"  # which are 0 where they are new
    assert torch.equal(before[name], after[name]) == same


def test_without_windows_the_objective_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["train.py"])
    write(Path("my.csv"), rows(40))
    assert main(["fit", "--data.train=my.csv", *TINY, "--data.input.encode.truncation=head"])
    assert "--data.input.encode.truncation windows" in capsys.readouterr().err
