"""A checkpoint in use: it alone decides how new text is treated, and what the classes are."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from checkpoint_use import BEST, forget_training, read_csv
from conftest import TINY, Command, reviews, write_csv


def test_predict_writes_every_row_in_the_inputs_order(
    workplace: Path, command: Command, tmp_path: Path
) -> None:
    texts = [text * (1 + i % 3) for i, (text, _) in enumerate(reviews(30, seed=5))]
    write_csv(workplace / "new.csv", [(t,) for t in [*texts, texts[0], ""]], ["review"])
    forget_training(workplace)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    done = command(
        "predict",
        f"--ckpt_path={workplace / BEST}",
        f"--data.predict={workplace / 'new.csv'}",
        "--hardware.accelerator=cpu",
        cwd=elsewhere,
    )
    assert done.code == 0, done.err
    rows = read_csv(elsewhere / "predictions.csv")
    assert list(rows[0]) == ["id", "text", "label", "p(好评)", "p(差评)"]
    assert [row["text"] for row in rows] == [*texts, texts[0], ""]
    assert [int(row["id"]) for row in rows] == list(range(32))
    shares = np.array([[float(row["p(好评)"]), float(row["p(差评)"])] for row in rows])
    np.testing.assert_allclose(shares.sum(1), 1, atol=2e-6)
    best = shares.argmax(1)
    assert [row["label"] for row in rows] == [("好评", "差评")[i] for i in best]
    assert rows[0]["p(好评)"] == rows[30]["p(好评)"]
    assert sorted(p.name for p in elsewhere.iterdir()) == ["predictions.csv"]


def test_predict_gives_the_probabilities_of_the_model(
    trained: Path, run_of: Path, command: Command, tmp_path: Path
) -> None:
    tested = read_csv(run_of / "predictions.csv")
    new = write_csv(tmp_path / "new.csv", [(row["text"],) for row in tested], ["review"])
    done = command(
        "predict",
        f"--ckpt_path={trained / BEST}",
        f"--data.predict={new}",
        "--hardware.accelerator=cpu",
        "--out=out/labels.csv",
        cwd=tmp_path,
    )
    assert done.code == 0, done.err
    for row, before in zip(read_csv(tmp_path / "out/labels.csv"), tested, strict=True):
        assert float(row["p(好评)"]) == pytest.approx(float(before["p(好评)"]), abs=2e-6)


def test_predict_reads_another_format_and_column(
    trained: Path, command: Command, tmp_path: Path
) -> None:
    lines = [json.dumps({"no": f"r{i}", "words": t}) for i, (t, _) in enumerate(reviews(3))]
    (tmp_path / "new.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    done = command(
        "predict",
        f"--ckpt_path={trained / BEST}",
        "--data.predict=new.jsonl",
        "--data.text=words",
        "--data.id=no",
        cwd=tmp_path,
    )
    assert done.code == 0, done.err
    assert [row["id"] for row in read_csv(tmp_path / "predictions.csv")] == ["r0", "r1", "r2"]


@pytest.mark.parametrize(
    "option",
    [
        "--data.input.clean.emoji=drop",
        "--data.target.labels=[a,b]",
        "--model.objective.head.dropout=0.5",
        "--config=x",
    ],
)
@pytest.mark.parametrize("verb", ["predict", "test"])
def test_what_the_checkpoint_decides_cannot_be_set(
    option: str, verb: str, trained: Path, command: Command, tmp_path: Path
) -> None:
    new = write_csv(tmp_path / "new.csv", reviews(3))
    done = command(
        verb, f"--ckpt_path={trained / BEST}", f"--data.{verb}={new}", option, cwd=tmp_path
    )
    assert done.code == 2
    assert "come from the checkpoint" in done.err
    assert len(done.err.splitlines()) < 10


@pytest.mark.parametrize(
    ("content", "header", "said"),
    [
        ([("a",)], ["text"], ["new.csv", "'review'", "'text'"]),
        ([], ["review"], ["new.csv", "no row"]),
        (None, [], ["new.csv", "empty"]),
    ],
    ids=["no_text_column", "header_only", "empty"],
)
def test_predict_tells_what_is_wrong_with_the_file(
    content: list[tuple[str]] | None,
    header: list[str],
    said: list[str],
    trained: Path,
    command: Command,
    tmp_path: Path,
) -> None:
    if content is None:
        (tmp_path / "new.csv").touch()
    else:
        write_csv(tmp_path / "new.csv", content, header)
    done = command(
        "predict", f"--ckpt_path={trained / BEST}", "--data.predict=new.csv", cwd=tmp_path
    )
    assert done.code == 1, done.err
    assert "Traceback" not in done.err
    for words in said:
        assert words in done.err
    assert sorted(p.name for p in tmp_path.iterdir()) == ["new.csv"]


def test_predict_does_not_overwrite_its_input(
    trained: Path, command: Command, tmp_path: Path
) -> None:
    new = write_csv(tmp_path / "predictions.csv", reviews(3))
    before = new.read_bytes()
    done = command(
        "predict", f"--ckpt_path={trained / BEST}", f"--data.predict={new}", cwd=tmp_path
    )
    assert done.code == 1
    assert "--out" in done.err
    assert new.read_bytes() == before


@pytest.mark.slow
def test_new_files_need_neither_groups_nor_ids(command: Command, tmp_path: Path) -> None:
    rows = [(text, label, f"a{i % 20}", f"r{i}") for i, (text, label) in enumerate(reviews(60))]
    write_csv(tmp_path / "my.csv", rows, ("review", "stars", "author", "no"))
    named = ("--data.train=my.csv", "--data.group=author", "--data.id=no")
    assert command("fit", *named, *TINY, "--trainer.max_epochs=1", cwd=tmp_path).code == 0
    write_csv(tmp_path / "new.csv", reviews(9, seed=1))
    for verb in ("predict", "test"):
        use = (verb, f"--ckpt_path={BEST}", f"--data.{verb}=new.csv", "--out=out.csv")
        done = command(*use, cwd=tmp_path)
        assert "column 'no': there is no such column" in done.err
        assert "--data.id '' numbers the rows" in done.err
        done = command(*use, "--data.id=", cwd=tmp_path)
        assert done.code == 0, done.err
        assert [row["id"] for row in read_csv(tmp_path / "out.csv")] == [*map(str, range(9))]


def test_a_lone_carriage_return_comes_back(trained: Path, command: Command, tmp_path: Path) -> None:
    texts = ["房间很好\r服务很差", "\r", "手机\r\n屏幕", "价格很好"]
    lines = [json.dumps({"no": f"r{i}\rx", "review": text}) for i, text in enumerate(texts)]
    (tmp_path / "new.jsonl").write_text("\n".join(lines), "utf-8")
    new = ("--data.predict=new.jsonl", "--data.id=no")
    done = command("predict", f"--ckpt_path={trained / BEST}", *new, cwd=tmp_path)
    assert done.code == 0, done.err
    rows = read_csv(tmp_path / "predictions.csv")
    assert [row["text"] for row in rows] == texts
    assert [row["id"] for row in rows] == [f"r{i}\rx" for i in range(4)]
    # our own reader takes them for input again
    again = ("--data.predict=predictions.csv", "--data.text=text", "--out=again.csv")
    done = command("predict", f"--ckpt_path={trained / BEST}", *again, cwd=tmp_path)
    assert done.code == 0, done.err
    assert [row["label"] for row in read_csv(tmp_path / "again.csv")] == [r["label"] for r in rows]


@pytest.mark.parametrize("verb", ["predict", "test"])
def test_texts_outside_the_vocabulary_are_told(
    verb: str, trained: Path, command: Command, tmp_path: Path
) -> None:
    known = reviews(20, seed=4)
    foreign = [("traditional 漢語", "好评"), ("🍣🍜", "差评"), ("ὀψέ", "好评")]
    shares = []
    for rows in (known, known + foreign * 5):
        write_csv(tmp_path / "new.csv", rows)
        ckpt, file = f"--ckpt_path={trained / BEST}", f"--data.{verb}=new.csv"
        done = command(verb, ckpt, file, "--out=out.csv", cwd=tmp_path)
        assert done.code == 0, done.err
        line = next(x for x in done.err.splitlines() if "unknown ids: " in x)
        told = re.search(rf"unknown ids: {verb} ([\d.]+)% \(train ([\d.]+)%\)", line)
        assert told, line
        shares.append((line.startswith("! "), float(told[1]), float(told[2])))
        assert ("! of 15 of the texts the model knows nothing" in done.err) == (rows != known)
    assert [large for large, *_ in shares] == [False, True]
    assert shares[0][1] < 5 < shares[1][1]
    assert shares[0][2] == shares[1][2]


@pytest.mark.slow
def test_words_of_files_travel_in_the_checkpoint(command: Command, tmp_path: Path) -> None:
    write_csv(tmp_path / "my.csv", reviews(60))
    (tmp_path / "words.txt").write_text("房间服务 9\n酒店很\n", "gb18030")
    (tmp_path / "stop.txt").write_text("今天\n觉得\n", "utf-8")
    words = ("--data.input.encode.tokenizer=words", "--data.input.encode.min_count=1")
    files = ("--data.input.segment.user_dict=words.txt", "--data.input.segment.stop_words=stop.txt")
    options = (*TINY, *words, *files, "--trainer.max_epochs=1")
    done = command("fit", "--data.train=my.csv", *options, cwd=tmp_path)
    assert done.code == 0, done.err
    write_csv(tmp_path / "new.csv", [("今天酒店很好，房间服务差",), ("房间很好",)], ["review"])
    (tmp_path / "sub").mkdir()
    use = ("predict", f"--ckpt_path={tmp_path / BEST}", f"--data.predict={tmp_path / 'new.csv'}")
    said = []
    for gone in (False, True):
        if gone:
            (tmp_path / "words.txt").unlink()
            (tmp_path / "stop.txt").write_text("房间\n很\n", "utf-8")
        for folder in (tmp_path, tmp_path / "sub"):
            done = command(*use, cwd=folder)
            assert done.code == 0, done.err
            said.append((folder / "predictions.csv").read_text("utf-8"))
    assert said == said[:1] * 4
