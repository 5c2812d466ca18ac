"""The verb ``retrieve``: a corpus from a file, asked by texts and files."""

from __future__ import annotations

import csv
import itertools
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from conftest import TINY, Command, reviews, write_csv
from pairs_of_texts import SMALL, drawn, write

from weitiao.cli.main import main

PAIRS = drawn("retrieval", 200)
MINED = ("negatives", "--index=index", "--ckpt_path=run", "--data.file=my.csv")


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory, command: Command) -> Path:
    """A folder with a model of pairs, and an index of all second texts."""
    folder = tmp_path_factory.mktemp("found")
    write(folder / "my.csv", "retrieval", PAIRS)
    model = ("--task=retrieval", "--recipe=retrieval", "--trainer.max_epochs=3")
    done = command("fit", *model, *SMALL, "--run.folder=run", cwd=folder)
    assert done.code == 0, done.err
    write_csv(folder / "bad.csv", [*PAIRS, ("一", "  "), ("一",)], ("text", "pair"))
    given = ("--ckpt_path=run", "--index=index", "--data.file=bad.csv")
    done = command("retrieve", "index", *given, "--data.on_bad_row=quarantine", cwd=folder)
    assert done.code == 0, done.err
    assert "index of 200 texts" in done.err
    assert "1 rows could not be read" in done.err
    assert "1 rows have no text" in done.err
    return folder


@pytest.fixture
def here(found: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(found)
    return found


def asked(capsys: pytest.CaptureFixture[str], *options: str) -> list[dict[str, Any]]:
    """What a query tells."""
    assert main(["retrieve", "query", "--ckpt_path=run", "--index=index", *options]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_text_is_answered(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = asked(capsys, f"--text={PAIRS[7][0]}", f"--text={PAIRS[9][0]}", "--top=3")
    assert [row["rank"] for row in rows] == [1, 2, 3] * 2
    scores = [row["score"] for row in rows[:3]]
    assert scores == sorted(scores, reverse=True)
    assert {row["file"] for row in rows} == {"bad.csv"}
    right = [row for row in rows[:3] if row["text"] == PAIRS[7][1]]
    assert right
    assert right[0]["row"] == 9


def test_a_file_asks(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = ("--data.file=my.csv", "--top=5", "--out=said.csv")
    assert asked(capsys, *out) == []
    with Path("said.csv").open(newline="", encoding="utf-8") as file:
        rows = [*csv.DictReader(file)]
    assert len(rows) == 5 * len(PAIRS)
    answers = dict(PAIRS)
    hits = sum(row["text"] == answers[row["query"]] for row in rows)
    assert hits > 0.8 * len(PAIRS)
    asked(capsys, "--data.file=my.csv", "--top=5", "--out=said.jsonl")
    lines = Path("said.jsonl").read_text("utf-8").splitlines()
    same = [json.loads(line)["text"] for line in lines]
    assert same == [row["text"] for row in rows]


def test_the_lowest_cosine_is_a_bound(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = asked(capsys, f"--text={PAIRS[7][0]}", "--top=200")
    bound = rows[4]["score"] - 1e-4
    assert asked(capsys, f"--text={PAIRS[7][0]}", "--top=200", f"--least={bound}") == rows[:5]
    given = ("--ckpt_path=run", "--index=index", "--least=1", "--out=made/none.CSV")
    assert main(["retrieve", "query", *given, "--text=啊", "--text=哦"]) == 0
    assert "2 of 2 queries are not as near to any text" in capsys.readouterr().err
    assert Path("made/none.CSV").exists()


def test_near_duplicates_of_a_file(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    texts = [pair for _, pair in PAIRS]
    write_csv(Path("texts.csv"), [(text,) for text in [*texts, f"{texts[3]}！"]], ("text",))
    given = ["--ckpt_path=run", "--index=texts", "--data.file=texts.csv", "--data.text=text"]
    try:
        assert main(["retrieve", "index", *given]) == 0
        assert main(["retrieve", "duplicates", "--index=texts", "--least=0.8"]) == 0
    finally:
        shutil.rmtree("texts", ignore_errors=True)
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (texts[3], f"{texts[3]}！") in [(row["text"], row["other_text"]) for row in rows]


def test_negatives_are_mined_for_a_file_of_pairs(here: Path, command: Command) -> None:
    further = (PAIRS[0][0], PAIRS[5][1])  # a query with a second right text
    write(Path("pairs.csv"), "retrieval", [*PAIRS, further, ("一", " ")])
    given = ("--ckpt_path=run", "--index=index", "--data.file=pairs.csv", "--top=50")
    done = command("retrieve", "negatives", *given, "--out=mined.jsonl", cwd=here)
    assert done.code == 0, done.err
    assert "1 rows have no text" in done.err
    rows = [json.loads(line) for line in Path("mined.jsonl").read_text("utf-8").splitlines()]
    assert [(row["query"], row["pos"]) for row in rows] == [(q, [p]) for q, p in [*PAIRS, further]]
    assert f"negatives of 201 rows: {sum(len(row['neg']) for row in rows):,}" in done.err
    documents = {pair for _, pair in PAIRS}
    for row in rows:
        assert {*row["neg"]} <= documents - {*row["pos"]}
        assert len({*row["neg"]}) == len(row["neg"]) <= 8
    assert PAIRS[5][1] not in rows[0]["neg"]
    assert PAIRS[0][1] not in rows[-1]["neg"]
    near = asked_of(here, command, PAIRS[7][0])
    right = next(row["score"] for row in near if row["text"] == PAIRS[7][1])
    expected = [row["text"] for row in near if row["score"] <= 0.95 * right]
    assert rows[7]["neg"] == expected[:8]


def asked_of(here: Path, command: Command, text: str) -> list[dict[str, Any]]:
    given = ("--ckpt_path=run", "--index=index", f"--text={text}", "--top=50")
    done = command("retrieve", "query", *given, cwd=here)
    return [json.loads(line) for line in done.out.splitlines()]


@pytest.mark.slow
def test_what_was_mined_is_learned_from(here: Path, command: Command) -> None:
    given = ("--ckpt_path=run", "--index=index", "--data.file=my.csv", "--out=again.jsonl")
    assert command("retrieve", "negatives", *given, cwd=here).code == 0
    columns = ("--data.text=query", "--data.pair=pos", "--data.input.negatives=neg")
    model = ("--task=retrieval", "--recipe=retrieval", "--trainer.max_epochs=2", *SMALL[:-1])
    done = command("fit", *model, "--data.train=again.jsonl", *columns, cwd=here)
    assert done.code == 0, done.err


@pytest.mark.slow
def test_a_reranker_learns_from_what_was_mined_and_ranks_what_was_found(
    here: Path, command: Command
) -> None:
    def run(*options: str) -> None:
        done = command(*options, cwd=here)
        assert done.code == 0, done.err

    found = ("--ckpt_path=run", "--index=index", "--data.file=my.csv")
    run("retrieve", "negatives", *found, "--out=labelled.csv")
    pairs = ("--data.text=query", "--data.pair=text")
    model = ("--task=classification", "--recipe=pairs", "--data.group=query", "--run.folder=rerank")
    run("fit", *model, *SMALL[:-1], "--data.train=labelled.csv", *pairs, "--trainer.max_epochs=3")
    run("retrieve", "query", *found, "--top=10", "--out=found.csv")
    given = ("--ckpt_path=rerank", "--data.predict=found.csv", "--hardware.accelerator=cpu")
    run("predict", *given, *pairs, "--out=scored.csv")
    with Path("scored.csv").open(newline="", encoding="utf-8") as file:
        rows = [*csv.DictReader(file)]
    assert len(rows) == 10 * len(PAIRS)
    answers, right = dict(PAIRS), 0
    for query, some in itertools.groupby(rows, lambda row: row["text"]):
        best = max(some, key=lambda row: float(row["p(1)"]))
        right += best["pair"] == answers[query]
    assert right > 0.5 * len(PAIRS)  # by chance a tenth


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("index", "--index=new"), "index needs a model"),
        (("index", "--index=new", "--ckpt_path=run"), "index needs texts"),
        (("index", "--index=new", "--ckpt_path=run", "--data.file=my.csv", "--out=a.csv"), "out"),
        (("index", "--index=index", "--ckpt_path=run", "--data.file=my.csv"), "already"),
        (("index", "--index=new", "--ckpt_path=run", "--data.file=none.csv"), "none.csv"),
        (("index", "--index=new", "--ckpt_path=run", "--data.file=empty.csv"), "no row"),
        (("query", "--index=index", "--ckpt_path=run"), "what is asked"),
        (("query", "--index=index", "--ckpt_path=run", "--text=a", "--data.file=my.csv"), "either"),
        (("query", "--index=none", "--ckpt_path=run", "--text=a"), "no index"),
        (("query", "--index=index", "--ckpt_path=run", "--text= "), "no row has a text"),
        (("query", "--index=index", "--ckpt_path=run", "--text=a", "--out=a.txt"), "format"),
        (("query", "--index=index", "--ckpt_path=run", "--text=a", "--top=0"), "at least 1"),
        (("duplicates", "--index=index", "--text=a"), "no effect"),
        (("query", "--ckpt_path=run", "--text=a"), "index needs a value"),
        (("query", "--index=index", "--ckpt_path=run", "--text=a", "--least=2"), "a cosine"),
        (("duplicates", "--index=index", "--negatives.count=2"), "no effect"),
        (("query", "--index=index", "--ckpt_path=run", "--text=a", "--data.pair=b"), "no effect"),
        ((*MINED, "--out=my.csv"), "overwrite"),
        (MINED, "a file to write"),
        ((*MINED, "--out=a.jsonl", "--negatives.margin=3"), "from 0 to 2"),
        ((*MINED, "--out=a.jsonl", "--negatives.share=0"), "above 0"),
        ((*MINED, "--out=a.jsonl", "--data.pair=none"), "no such column"),
        ((*MINED, "--out=a.jsonl", "--text=a"), "no effect"),
    ],
)
def test_what_can_not_be_done_is_told(
    options: tuple[str, ...], words: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_csv(Path("empty.csv"), [("一", " ")], ("text", "pair"))
    assert main(["retrieve", *options])
    assert words in capsys.readouterr().err
    assert not Path("new").exists()


@pytest.mark.parametrize(
    "what", [("query", "--text=a"), ("negatives", "--data.file=my.csv", "--out=a.jsonl")]
)
def test_another_model_is_told(
    what: tuple[str, ...], here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree("run", "other", dirs_exist_ok=True)
    path = Path("other/checkpoints/best.ckpt")
    content = torch.load(path, weights_only=True)
    torch.save(content | {"epoch": 99}, path)
    assert main(["retrieve", *what, "--ckpt_path=other", "--index=index"])
    assert "another model" in capsys.readouterr().err


def test_a_model_of_classes_has_no_vectors(
    tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_csv(tmp_path / "my.csv", reviews(60))
    options = ("--data.train=my.csv", *TINY, "--trainer.max_epochs=1", "--run.folder=run")
    assert command("fit", *options, cwd=tmp_path).code == 0
    given = ("--ckpt_path=run", "--index=index", "--data.file=my.csv")
    done = command("retrieve", "index", *given, cwd=tmp_path)
    assert done.code
    assert "no vector of a text" in done.err
