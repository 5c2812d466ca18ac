"""Files are labelled part by part: a killed call goes on, and nothing half looks whole."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from conftest import OF_COMMANDS, Command, reviews, write_csv

from weitiao.cli.main import main
from weitiao.evaluation import streaming
from weitiao.evaluation.partial_file import PartialFile
from weitiao.evaluation.streaming import label

TRAIN = Path(__file__).parents[2] / "src" / "train.py"
BEST = "logs/latest/checkpoints/best.ckpt"
SUFFIXES = ("csv", "jsonl", "parquet")
PARTS = 5  # of seven rows and less

Predict = Callable[..., tuple[int, str]]


@pytest.fixture
def predict(
    trained: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Predict:
    """Runs ``predict`` in a folder with ``new.csv``, seven rows a part; exit code and messages."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["train.py"])
    monkeypatch.setattr(streaming, "ROWS", 7)
    write_csv(Path("new.csv"), reviews(7 * PARTS - 2, seed=4))

    def run(*options: str, file: str = "new.csv") -> tuple[int, str]:
        capsys.readouterr()
        given = [f"--data.predict={file}", "--hardware.accelerator=cpu", *options]
        code = main(["predict", f"--ckpt_path={trained / BEST}", *given])
        return code, capsys.readouterr().err

    return run


class Killed(BaseException):
    """Stands for a signal that nothing is told of."""


@pytest.fixture
def killed_after(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], Any]:
    """Lets what writes be killed in the middle of a part, after so many whole ones."""

    def begin(parts: int) -> Any:
        patch, whole, left = pytest.MonkeyPatch(), PartialFile.append, iter(range(parts))

        def append(self: PartialFile, data: bytes, *more: Any) -> None:
            if next(left, None) is None:
                with self.part.open("ab") as file:
                    file.write(data[: len(data) // 2])
                raise Killed
            whole(self, data, *more)

        patch.setattr(PartialFile, "append", append)
        return patch

    return begin


def interrupt(predict: Predict, killed_after: Callable[[int], Any], parts: int, *options: str):
    patch = killed_after(parts)
    with pytest.raises(Killed):
        predict(*options)
    patch.undo()


def hidden() -> set[str]:
    return {path.name for path in Path().iterdir() if path.name.startswith(".")}


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_killed_call_goes_on_at_the_right_row(
    suffix: str,
    predict: Predict,
    killed_after: Callable[[int], Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out, whole = Path(f"a.{suffix}"), Path(f"whole.{suffix}")
    assert predict(f"--out={whole}")[0] == 0
    interrupt(predict, killed_after, 2, f"--out={out}")
    assert not out.exists()
    assert hidden() == {f".{out}.part", f".{out}.progress"}
    labelled: list[int] = []

    def counted(*args: Any) -> Any:
        for predicted, count in label(*args):
            labelled.append(count)
            yield predicted, count

    monkeypatch.setattr("weitiao.evaluation.labelling.label", counted)
    code, err = predict(f"--out={out}")
    assert code == 0, err
    assert f"{out}: 14 of 33 rows are done; it goes on" in err
    assert "33 predictions" in err
    assert labelled == [7, 7, 5]
    assert out.read_bytes() == whole.read_bytes()
    assert hidden() == set()


def test_a_parquet_file_has_a_row_group_of_each_part(predict: Predict) -> None:
    assert predict("--out=a.parquet")[0] == 0
    assert pq.ParquetFile("a.parquet").num_row_groups == PARTS


def another_input(trained: Path) -> list[str]:
    write_csv(Path("new.csv"), reviews(7 * PARTS - 2, seed=5))
    return []


def another_model(trained: Path) -> list[str]:
    copy = Path("other.ckpt")
    copy.write_bytes((trained / BEST).read_bytes())
    return [f"--ckpt_path={copy}"]


def a_shorter_part(trained: Path) -> list[str]:
    os.truncate(".a.csv.part", 10)
    return []


def broken_progress(trained: Path) -> list[str]:
    Path(".a.csv.progress").write_text('{"rows": "many"}', "utf-8")
    return []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (another_input, "a.csv was begun with another input: it begins anew"),
        (another_model, "a.csv was begun with another model: it begins anew"),
        (lambda _: ["--data.batch.size=3"], "begun with another options: it begins anew"),
        (a_shorter_part, ""),
        (broken_progress, ""),
    ],
)
def test_what_has_changed_begins_anew(
    change: Callable[[Path], list[str]],
    said: str,
    predict: Predict,
    killed_after: Callable[[int], Any],
    trained: Path,
) -> None:
    interrupt(predict, killed_after, 2, "--out=a.csv")
    more = change(trained)
    code, err = predict("--out=a.csv", *more)
    assert code == 0, err
    assert said in err
    assert "it goes on" not in err
    predict("--out=b.csv", *more)
    assert Path("a.csv").read_bytes() == Path("b.csv").read_bytes()


def test_a_result_that_another_process_writes_is_refused(predict: Predict) -> None:
    with Path(".a.csv.part").open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        code, err = predict("--out=a.csv")
    assert code == 1
    assert "out: another process is writing a.csv" in err


BAD = ['{"review": "好"}', "{oops", "[1]", '{"review": "b"}', '{"review": "c"}', "{", "{}"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_parts_are_the_whole_with_bad_rows_too(
    suffix: str, predict: Predict, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("first.jsonl").write_text("{oops\n" + '{"review": "d"}\n' * 3 + "{oops\n", "utf-8")
    Path("bad.jsonl").write_text("\n".join(BAD * 3) + "\n", "utf-8")
    files, options = "[first.jsonl, bad.jsonl]", ("--data.on_bad_row=quarantine",)
    found = []
    for rows in (1, 2, 3, 100):
        monkeypatch.setattr(streaming, "ROWS", rows)
        out = Path(f"{rows}.{suffix}")
        code, err = predict(*options, f"--out={out}", file=files)
        assert code == 0, err
        assert "14 bad rows have no label" in err
        if suffix == "parquet":
            found.append([(r["id"], r["error"]) for r in pq.read_table(out).to_pylist()])
        else:
            lines = out.read_text("utf-8").splitlines()
            found.append([line.partition("0.")[0] for line in lines])
    assert found[0] == found[1] == found[2] == found[3]


def test_a_bad_row_is_told_before_the_work_and_leaves_nothing(predict: Predict) -> None:
    Path("bad.jsonl").write_text('{"review": "好"}\n' * 20 + "{oops\n", "utf-8")
    code, err = predict("--out=a.csv", file="bad.jsonl")
    assert code == 1
    assert "bad.jsonl, row 21" in err
    assert not Path("a.csv").exists()
    assert hidden() == set()


@pytest.fixture
def folder(predict: Predict) -> Path:
    """Four files to label."""
    Path("in").mkdir()
    for i, name in enumerate(("a.csv", "b.tsv", "c.csv", "d.csv")):
        path = write_csv(Path("in") / name, [(text,) for text, _ in reviews(9, seed=i)], ["review"])
        assert path.stat().st_size
    return Path("in")


def test_each_file_has_a_result_that_is_made_once(
    folder: Path, predict: Predict, killed_after: Callable[[int], Any]
) -> None:
    files, out = "in/*", "--out=out/*.jsonl"
    patch = killed_after(3)
    with pytest.raises(Killed):
        predict(out, file=files)
    patch.undo()
    assert sorted(path.name for path in Path("out").glob("*.jsonl")) == ["a.jsonl"]
    before = Path("out/a.jsonl").stat().st_mtime_ns
    code, err = predict(out, file=files)
    assert code == 0, err
    assert "out/a.jsonl is there, of the same input, model and options" in err
    assert "out/b.jsonl: 7 of 9 rows are done; it goes on" in err
    assert Path("out/a.jsonl").stat().st_mtime_ns == before
    for name in "abcd":
        rows = [json.loads(x) for x in Path(f"out/{name}.jsonl").read_text("utf-8").splitlines()]
        assert [row["id"] for row in rows] == [str(i) for i in range(9)]
    Path("out/c.jsonl").write_text("{}", "utf-8")  # not as it was made
    assert "9 predictions: out/c.jsonl" in predict(out, file=files)[1]


def test_shares_make_what_one_call_makes(folder: Path, predict: Predict) -> None:
    assert predict("--out=whole/*.csv", file="in/*")[0] == 0
    for share in (1, 2, 3):
        assert predict("--out=out/*.csv", f"--share={share}/3", file="in/*")[0] == 0
        assert len(list(Path("out").glob("*.csv"))) == (2, 3, 4)[share - 1]
    for path in Path("whole").glob("*.csv"):
        assert path.read_bytes() == (Path("out") / path.name).read_bytes()


@pytest.mark.parametrize(
    ("options", "file", "said"),
    [
        (["--out=out/*.csv"], "[in/a.csv, in/a.txt]", "in/a.csv and in/a.txt would both become"),
        (["--out=out/*.xlsx"], "in/*", ".csv, .jsonl, .parquet"),
        (["--out=out/*.csv", "--share=0/2"], "in/*", "share: '0/2' is no share"),
        (["--out=out/*.csv", "--share=3/2"], "in/*", "I/N with 1 ≤ I ≤ N"),
        (["--out=out/*.csv", "--share=half"], "in/*", "'half' is no share"),
        (["--out=a.csv", "--share=1/2"], "in/*", "--out 'FOLDER/*.csv'"),
        (["--out=out/*.csv"], "-", "a * stands for the names of files"),
        (["--out=in/*.csv"], "in/*.csv", "out: the result would overwrite the input in/a.csv"),
        (["--out=out/*.csv", "--hardware.devices=2"], "in/*", "is written on one device"),
    ],
)
def test_results_of_files_that_cannot_be_are_refused(
    options: list[str],
    file: str,
    said: str,
    folder: Path,
    predict: Predict,
) -> None:
    (folder / "a.txt").write_bytes((folder / "a.csv").read_bytes())
    before = {path: path.read_bytes() for path in folder.iterdir()}
    code, err = predict(*options, "--data.format=csv", file=file)
    assert code == 1
    assert said in err
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.slow
def test_kill_9_leaves_what_goes_on(command: Command, trained: Path, tmp_path: Path) -> None:
    write_csv(tmp_path / "new.csv", reviews(30_000, seed=4))
    given = ("predict", f"--ckpt_path={trained / BEST}", "--data.predict=new.csv")
    given = (*given, "--hardware.accelerator=cpu")
    assert command(*given, "--out=whole.csv", cwd=tmp_path).code == 0
    called = [sys.executable, TRAIN, *given, "--out=a.csv"]
    # one environment: with another number of threads, sums have another order
    apart = {"env": os.environ | OF_COMMANDS, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(called, cwd=tmp_path, **apart) as process:
        while not (tmp_path / ".a.csv.progress").exists():
            assert process.poll() is None
            time.sleep(0.01)
        process.kill()
    assert not (tmp_path / "a.csv").exists()
    done = command(*given, "--out=a.csv", cwd=tmp_path)
    assert "of 30,000 rows are done; it goes on" in done.err
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()
