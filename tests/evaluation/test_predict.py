"""Labels for texts of the command line and standard input, and files of every kind of them."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from cards import target_card
from conftest import reviews, write_csv
from tiny_models import objective_of

from weitiao.card import DataCard, TokenInput
from weitiao.cli.main import main
from weitiao.evaluation.prediction_files import print_predictions, write_predictions
from weitiao.training.rowwise import Predicted

BEST = "logs/latest/checkpoints/best.ckpt"
NASTY = [
    "这家店真好吃",
    "-很差",
    "null",
    "[a, b]",
    "12",
    '{"a": 1}',
    "",
    " a b ",
    "1e3",
    "𠮷野家🍜",
]

Predict = Callable[..., tuple[int, str, str]]


@pytest.fixture
def predict(
    trained: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Predict:
    """Runs ``predict`` in an empty folder; gives exit code, standard output, standard error."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["train.py"])

    def run(*options: str, given: bytes = b"") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
        capsys.readouterr()
        try:
            code = main(["predict", f"--ckpt_path={trained / BEST}", *options])
        except SystemExit as end:
            code = int(end.code or 0)
        return code, *capsys.readouterr()

    return run


def rows_of(out: str) -> list[dict]:
    return [json.loads(line) for line in out.split("\n") if line]


def test_texts_of_the_command_line_come_out_as_json_lines(predict: Predict) -> None:
    code, out, err = predict(*(f"--text={text}" for text in NASTY))
    assert code == 0, err
    rows = rows_of(out)
    assert [row["text"] for row in rows] == NASTY
    assert [row["id"] for row in rows] == [str(i) for i in range(len(NASTY))]
    for row in rows:
        shares = row["probabilities"]
        assert set(shares) == {"好评", "差评"}
        assert sum(shares.values()) == pytest.approx(1, abs=1e-5)
        assert row["label"] == max(shares, key=shares.get)
    assert not list(Path().iterdir())  # nothing is written where nobody asked for it


@pytest.mark.parametrize(
    ("given", "options", "texts"),
    [
        ("好\n差\n", [], ["好", "差"]),
        ("好\n\n差", [], ["好", "", "差"]),  # a line in, a line out
        ("\ufeff好\r\n差\r\n", [], ["好", "差"]),
        ("房间很好\n服务很差\n".encode("gb18030"), [], ["房间很好", "服务很差"]),
        ('{"review": "好"}\n{"review": "a\\rb"}\n', ["--data.format=jsonl"], ["好", "a\rb"]),
        ('review\n"a,b"\n', ["--data.format=csv"], ["a,b"]),
        ("好,1\n", ["--data.format=csv", "--data.header=false", "--data.text=0"], ["好"]),
    ],
    ids=["lines", "blank", "windows", "gbk", "jsonl", "csv", "headerless"],
)
def test_standard_input_is_read_as_a_file_is(
    given: str | bytes, options: list[str], texts: list[str], predict: Predict
) -> None:
    data = given if isinstance(given, bytes) else given.encode()
    code, out, err = predict("--data.predict=-", *options, given=data)
    assert code == 0, err
    assert [row["text"] for row in rows_of(out)] == texts


def test_the_same_text_gets_the_same_label_from_everywhere(predict: Predict) -> None:
    texts = [text for text, _ in reviews(5, seed=4)]
    write_csv(Path("new.csv"), [(text,) for text in texts], ["review"])
    assert predict("--data.predict=new.csv", "--out=o/new.jsonl")[0] == 0
    assert predict("--data.predict=new.csv")[0] == 0
    assert predict("--data.predict=new.csv", "--out=new.parquet")[0] == 0
    by_file = rows_of(Path("o/new.jsonl").read_text("utf-8"))
    assert rows_of(predict("--data.predict=new.csv", "--out=-")[1]) == by_file
    assert rows_of(predict(*(f"--text={text}" for text in texts))[1]) == by_file
    lines = "\n".join(texts).encode()
    assert rows_of(predict("--data.predict=-", given=lines)[1]) == by_file
    with Path("predictions.csv").open(encoding="utf-8", newline="") as file:
        for row, other, third in zip(
            csv.DictReader(file), by_file, pq.read_table("new.parquet").to_pylist(), strict=True
        ):
            assert (row["text"], row["label"]) == (other["text"], other["label"])
            assert float(row["p(好评)"]) == pytest.approx(other["probabilities"]["好评"], abs=1e-6)
            assert (third["id"], third["label"]) == (row["id"], row["label"])
            assert third["p(好评)"] == pytest.approx(float(row["p(好评)"]), abs=1e-6)


BAD = b'{"review": "\xe5\xa5\xbd"}\n{"other": 1}\n{oops\n{"review": "b"}\n[1]\n'


def test_bad_rows_stay_in_their_place_without_a_label(predict: Predict) -> None:
    options = ("--data.predict=-", "--data.format=jsonl")
    code, out, err = predict(*options, given=BAD)
    assert (code, out) == (1, "")
    assert "standard input, row 2, column 'review'" in err
    assert "--data.on_bad_row quarantine" in err
    code, out, err = predict(*options, "--data.on_bad_row=quarantine", given=BAD)
    assert code == 0, err
    assert "3 bad rows" in err
    rows = rows_of(out)
    assert [row["text"] for row in rows] == ["好", None, None, "b", None]
    assert [row["label"] is None for row in rows] == [False, True, True, False, True]
    assert [row["probabilities"] is None for row in rows] == [False, True, True, False, True]
    assert rows[0]["error"] is None
    assert rows[1]["error"].startswith("standard input, row 2, column 'review': ")
    assert "row 3: this is not JSON" in rows[2]["error"]
    Path("bad.jsonl").write_bytes(BAD)
    Path("good.jsonl").write_text('{"review": "c"}\n', "utf-8")
    files = "--data.predict=[good.jsonl, bad.jsonl]"
    assert predict(files, "--data.on_bad_row=quarantine")[0] == 0
    with Path("predictions.csv").open(encoding="utf-8", newline="") as file:
        cells = [
            (row["text"], bool(row["label"]), row["error"][:9]) for row in csv.DictReader(file)
        ]
    assert cells == [
        ("c", True, ""),
        ("好", True, ""),
        ("", False, "bad.jsonl"),
        ("", False, "bad.jsonl"),
        ("b", True, ""),
        ("", False, "bad.jsonl"),
    ]


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        ([], 1, "--data.predict - (standard input) or --text TEXT"),
        (["--pair=a"], 1, "--data.predict FILE"),
        (["--text=a", "--pair=b"], 1, "trained on single texts"),
        (["--text=a", "--data.predict=x.csv"], 1, "data.predict has no effect on --text"),
        (["--text=a", "--data.id=no"], 1, "data.id has no effect on --text"),
        (["--text=a", "--out=a.xlsx"], 1, ".csv, .jsonl, .parquet"),
        (["--text=a", "--out=labels"], 1, "a file without suffix"),
        (["--text=\udce5"], 1, "not UTF-8"),
        (["--data.predict=-"], 1, "standard input: the file holds no row"),
        (["--data.predict=[-, my.csv]"], 1, "read alone"),
        (["--data.predict=-", "--hardware.devices=2"], 1, "--data.predict FILE"),
    ],
)
def test_what_cannot_be_labelled_is_told_before_the_work(
    options: list[str], code: int, said: str, predict: Predict
) -> None:
    done, out, err = predict(*options)
    assert (done, out) == (code, "")
    assert said in err
    assert "/tmp" not in err.replace(str(Path().resolve()), "")


@pytest.mark.parametrize(
    ("verb", "column", "said"),
    [
        ("predict", "nothing", "→ --data.text NAME;"),
        ("predict", "reviews", "did you mean 'review'? Say --data.text review;"),
        ("test", "star", "→ --data.text NAME;"),  # stars is the label's already
    ],
)
def test_a_missing_column_of_a_file_is_told_with_its_option(
    verb: str,
    column: str,
    said: str,
    predict: Predict,
    trained: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_csv(Path("new.csv"), reviews(3))
    run = trained / "logs" / "latest"  # the folder is taken as its best checkpoint
    options = (f"--ckpt_path={run}", f"--data.{verb}=new.csv", f"--data.text={column}")
    assert main([verb, *options]) == 1
    assert said in capsys.readouterr().err


def test_json_taken_for_texts_is_told(predict: Predict) -> None:
    code, _, err = predict("--data.predict=-", given=b'{"review": "a"}\n')
    assert code == 0
    assert "--data.format jsonl" in err


def test_on_a_terminal_stands_a_table(
    predict: Predict, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    code, out, err = predict("--text=好[b]好", "--text=" + "长" * 200)
    assert code == 0, err
    assert "probability" in out
    assert "好[b]好" in out
    assert rows_of(predict("--text=好", "--out=-")[1])[0]["text"] == "好"  # as asked for


CARDS = {
    "classification": (np.array([[0.7, 0.3], [0.4, 0.6]]), np.array([0, 1]), ["a", "b"]),
    "multilabel": (
        np.array([[0.7, 0.6], [0.1, 0.2]]),
        np.array([[1, 1], [0, 0]], bool),
        ["a", "b"],
    ),
    "regression": (np.array([1.25, np.inf]), np.array([1.25, np.inf]), []),
}
LABELS = {"classification": ["a", "b"], "multilabel": [["a", "b"], []], "regression": [1.25, None]}


@pytest.mark.parametrize("task", CARDS)
def test_each_task_has_its_own_kind_of_label(
    task: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shares, decided, labels = CARDS[task]
    texts = ["一", "二\u2028三"]
    table = pa.table({"id": ["x", "y"], "text": texts, "original": texts, "pair": ["p", "q"]})
    target = target_card(task, labels, [1] * len(labels))
    objective = objective_of(DataCard(TokenInput(9, 0, 9), target, {"train": 2}))
    predicted = Predicted(table, shares, decided)
    write_predictions(tmp_path / "a.jsonl", predicted, objective)
    rows = rows_of((tmp_path / "a.jsonl").read_text("utf-8"))
    assert [row["label"] for row in rows] == LABELS[task]
    assert [(row["id"], row["text"], row["pair"]) for row in rows] == [
        ("x", texts[0], "p"),
        ("y", texts[1], "q"),
    ]
    if labels:
        assert rows[0]["probabilities"] == dict(zip(labels, shares[0].tolist(), strict=True))
    write_predictions(tmp_path / "a.parquet", predicted, objective)
    found = pq.read_table(tmp_path / "a.parquet")["label"].to_pylist()
    assert found == [float("inf") if label is None else label for label in LABELS[task]]
    print_predictions(predicted, objective, table=True)
    assert texts[0] in capsys.readouterr().out
    narrow = io.TextIOWrapper(io.BytesIO(), encoding="latin-1")
    monkeypatch.setattr(sys, "stdout", narrow)
    print_predictions(predicted, objective, table=False)
    narrow.flush()
    assert rows_of(narrow.buffer.getvalue().decode("ascii")) == rows
