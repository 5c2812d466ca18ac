"""A checkpoint in use: it alone decides how new text is treated, and what the classes are."""

from __future__ import annotations

import csv
import json
import pickle
import re
import shutil
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import TINY, Command, reviews, run_behind, write_csv
from rich.console import Console

from weitiao.evaluation.testing import run_test

BEST = "logs/latest/checkpoints/best.ckpt"


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def forget_training(workplace: Path) -> None:
    (workplace / "my.csv").unlink()
    shutil.rmtree(workplace / ".cache")


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


class Malice:
    def __reduce__(self) -> tuple:
        return (Path.touch, (Path("owned"),))


def spoil(kind: str, source: Path, target: Path) -> None:
    """Make a checkpoint that must be refused."""
    if kind == "absent":
        return
    if kind == "broken":
        target.write_bytes(source.read_bytes()[:1000])
    elif kind == "text":
        target.write_text("no checkpoint at all", "utf-8")
    elif kind == "foreign":
        torch.save({"state_dict": {}}, target)
    elif kind == "tensor":
        torch.save(torch.zeros(3), target)
    elif kind == "pickle":
        target.write_bytes(pickle.dumps(Malice()))
    else:
        content = torch.load(source, weights_only=True)
        if kind == "malicious":
            content["extra"] = Malice()
        elif kind == "two_cards":
            content["DataModule"]["card"]["target"]["init_args"]["labels"].reverse()
        elif kind == "no_card":
            del content["DataModule"]["card"]
        elif kind == "other_sizes":
            content["state_dict"][
                "head.1.weight"
                if "head.1.weight" in content["state_dict"]
                else next(iter(content["state_dict"]))
            ] = torch.zeros(7, 7)
        torch.save(content, target)


KINDS = [
    "absent",
    "broken",
    "text",
    "foreign",
    "tensor",
    "pickle",
    "malicious",
    "two_cards",
    "no_card",
    "other_sizes",
]


@pytest.mark.parametrize("kind", KINDS)
def test_a_spoilt_checkpoint_is_refused_and_runs_nothing(
    kind: str, run_of: Path, command: Command, tmp_path: Path
) -> None:
    new = write_csv(tmp_path / "new.csv", reviews(3))
    spoil(kind, run_of / "checkpoints" / "best.ckpt", tmp_path / "spoilt.ckpt")
    done = command("predict", "--ckpt_path=spoilt.ckpt", f"--data.predict={new}", cwd=tmp_path)
    print(done.err)
    assert done.code == 1, done.err
    assert "Traceback" not in done.err
    assert "spoilt.ckpt" in done.err
    assert len(done.err.splitlines()) < 10
    left = {p.name for p in tmp_path.iterdir()} - {"spoilt.ckpt"}
    assert left == {"new.csv"}  # no "owned", no predictions


def test_resume_of_a_malicious_checkpoint_runs_nothing(workplace: Path, command: Command) -> None:
    last = workplace / "logs/latest/checkpoints/last.ckpt"
    spoil("malicious", last, last)
    done = command("fit", f"--ckpt_path={last}", cwd=workplace)
    assert done.code == 1, done.err
    assert "last.ckpt" in done.err
    assert not (workplace / "owned").exists()


def test_a_checkpoint_may_not_ask_for_foreign_code(command: Command, workplace: Path) -> None:
    checkpoint = run_behind(workplace / "logs" / "latest") / "checkpoints" / "best.ckpt"
    content = torch.load(checkpoint, weights_only=True)
    content["hyper_parameters"]["backbone"] = {
        "class_path": "weitiao.models.backbones.pretrained.Pretrained",
        "init_args": {"name": "someone/model", "trust_remote_code": True},
    }
    torch.save(content, checkpoint)
    options = ("--ckpt_path", checkpoint, "--data.predict=my.csv", "--out=out.csv")
    refused = command("predict", *options, cwd=workplace)
    assert refused.code == 1
    assert "--trust_remote_code true" in refused.err


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
