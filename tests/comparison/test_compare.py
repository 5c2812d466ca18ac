"""`src/compare.py`: configurations under the same seeds, cross-validation, and going on."""

from __future__ import annotations

import csv
import json
import random
import time
from pathlib import Path
from typing import Any

import pytest
from conftest import TINY, Command, Outcome, reviews, write_csv

from weitiao.comparison.cli import named, read_comparison
from weitiao.comparison.compare import Comparison, Result
from weitiao.comparison.predicted import Rows, write_out_of_fold
from weitiao.comparison.records import claim, finish
from weitiao.comparison.summary import summaries
from weitiao.errors import ConfigError, UsageError
from weitiao.evaluation.significance import mcnemar_p

SHARED = ("--data.train=my.csv", *TINY, "--trainer.max_epochs=1", "--run.threads=1")
TWO = ("--with", "plain:", "--with", "fast: --model.optim.lr 0.02")


def compare(
    command: Command, folder: Path, *options: str, kill_after: float | None = None
) -> Outcome:
    return command(*options, *SHARED, cwd=folder, script="compare.py", kill_after=kill_after)


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def scores(folder: Path) -> dict[tuple[str, str], tuple[str, str]]:
    rows = read(folder / "compare.csv")
    return {(row["name"], row["seed"]): (row["score"], row["validation"]) for row in rows}


@pytest.fixture(scope="module")
def made(command: Command, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Outcome]:
    """A folder in which two configurations were compared under two seeds."""
    folder = tmp_path_factory.mktemp("compare")
    write_csv(folder / "my.csv", reviews(120))
    done = compare(command, folder, *TWO, "--seeds=2")
    assert done.code == 0, done.err
    return folder, done


@pytest.mark.slow
def test_each_run_is_that_of_train(made: tuple[Path, Outcome], command: Command) -> None:
    folder, _ = made
    options = (*SHARED, "--model.optim.lr=0.02", "--seed_everything=2", "--run.folder=alone")
    done = command("train", *options, cwd=folder)
    assert done.code == 0, done.err
    alone = json.loads((folder / "alone" / "metrics.json").read_text("utf-8"))
    found = scores(folder / "logs/compare/default")
    assert [*found] == [("plain", "1"), ("fast", "1"), ("plain", "2"), ("fast", "2")]
    assert float(found["fast", "2"][0]) == alone["test/f1_macro"]
    rows = read(folder / "logs/compare/default/compare.csv")
    assert {float(row["baseline"]) for row in rows} == {alone["baseline/f1_macro"]}
    assert all(float(row["seconds"]) > 0 and int(row["memory_mb"]) > 100 for row in rows)


@pytest.mark.slow
def test_the_table_and_the_json_tell_means_and_tests(made: tuple[Path, Outcome]) -> None:
    folder, done = made
    found = json.loads((folder / "logs/compare/default/compare.json").read_text("utf-8"))
    assert (found["metric"], found["seeds"]) == ("test/f1_macro", [1, 2])
    plain, fast = found["configurations"]
    assert fast["difference"] == pytest.approx(fast["mean"] - plain["mean"])
    assert (plain["difference"], plain["t_test_p"], plain["mcnemar_p"]) == (None, None, None)
    assert 0 <= fast["mcnemar_p"] <= 1
    assert fast["options"].endswith("--model.optim.lr 0.02")
    assert f"{100 * fast['mean']:.2f} ± {100 * fast['sd']:.2f}" in done.out
    assert "McNemar" in done.out
    assert "…" not in done.out


@pytest.mark.slow
def test_what_is_done_is_not_done_again_and_other_options_are_refused(
    made: tuple[Path, Outcome], command: Command
) -> None:
    folder, _ = made
    runs = folder / "logs/compare/default"
    before = {path: path.stat().st_mtime_ns for path in runs.glob("*/metrics.json")}
    again = compare(command, folder, *TWO, "--seeds=2")
    assert again.code == 0, again.err
    assert {path: path.stat().st_mtime_ns for path in before} == before
    other = compare(command, folder, "--with=plain: --model.objective.pooling max", "--seeds=2")
    assert other.code == 1
    assert "holds another comparison" in other.err


@pytest.mark.parametrize(
    ("options", "code", "told"),
    [
        (("--with=a: --model.optim.learning 3",), 2, "a: unrecognized arguments"),
        (("--with=--run.folder x",), 1, "a: --run.folder is the comparison's own"),
        (("--with=--seed_everything 3",), 1, "--seed_everything is the comparison's own"),
        (("--with=--trainer.devices 2",), 1, "a run has one device"),
        (("--with=a: ", "--with=a: "), 1, "two configurations are called 'a'"),
        (("--seeds=3", "--folds=3"), 1, "one of them"),
        (("--seeds=1",), 1, "seeds must be at least 2"),
        (("--name=a/b",), 1, "can't be a folder's name"),
        (("--with=a: '",), 1, "No closing quotation"),
    ],
)
def test_what_cannot_be_compared_is_refused_at_once(
    options: tuple[str, ...], code: int, told: str, monkeypatch: Any, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=told) as refused:
        read_comparison([*options, "--data.train=my.csv", "--recipe=none"]).check()
    assert isinstance(refused.value, UsageError) == (code == 2)
    assert not [*tmp_path.iterdir()]


def test_options_are_checked_beside_those_of_a_recipe() -> None:
    cnn = "--recipe=english --model.backbone.filters=8"
    read_comparison(["--with", cnn, "--data.train=my.csv"]).check()


def test_configurations_have_names_or_letters() -> None:
    found = list(named(["--a 'b c'", "cnn: --x 1", "plain:", "--y: 2"]))
    assert found == [
        ("a", ["--a", "b c"]),
        ("cnn", ["--x", "1"]),
        ("plain", []),
        ("d", ["--y:", "2"]),
    ]


def test_the_seed_stands_where_it_is_named() -> None:
    comparison = Comparison({"a": ["--data.split.seed={seed}"]}, Path("x"), seeds=2)
    assert comparison.options("a", 2) == ["--data.split.seed=2", "--seed_everything=2"]
    folds = Comparison({"a": []}, Path("x"), folds=3)
    assert folds.options("a", 2) == ["--data.split.folds=3", "--data.split.fold=2"]


def test_a_record_is_kept_and_no_other_taken_for_it(tmp_path: Path) -> None:
    place = tmp_path / "a-1"
    assert claim(place, ["x"]) == {}
    assert claim(place, ["y"]) == {}  # nothing has begun
    place.mkdir()
    finish(place, ["y"], {"score": 1})
    assert claim(place, ["y"]) == {"score": 1}
    with pytest.raises(ConfigError, match=r"holds another comparison: y\n.*compare: --name NAME"):
        claim(place, ["x"])


def made_up(folder: Path, name: str, ids: list[str], labels: list[str]) -> Result:
    rows = [[i, i, label, "a", "0.5"] for i, label in zip(ids, labels, strict=True)]
    (folder / f"{name}-1").mkdir()
    write_csv(
        folder / f"{name}-1" / "predictions.csv", rows, ("id", "text", "label", "true", "p(a)")
    )
    return Result(name, 1, "f1_macro", 0.5, 0.5, None, None, 1)


def test_scores_on_other_rows_do_not_compare(tmp_path: Path) -> None:
    class One(Comparison):
        @property
        def numbers(self) -> range:
            return range(1, 2)

    found = [
        made_up(tmp_path, "a", ["1", "2"], ["a", "b"]),
        made_up(tmp_path, "b", ["1", "3"], ["a", "b"]),
    ]
    with pytest.raises(ConfigError, match=r"b and a were tested on other rows \(seed 1\)"):
        summaries(One({"a": [], "b": []}, tmp_path), [*found, *found])


def test_mcnemar_counts_the_rows_that_only_one_gets_right() -> None:
    ours, theirs = [True] * 9 + [False] + [True] * 5, [False] * 9 + [True] + [True] * 5
    assert mcnemar_p(ours, theirs) == pytest.approx(2 * (1 + 10) / 2**10)
    assert mcnemar_p([True, False], [True, False]) == 1.0


def test_out_of_fold_predictions_stand_in_one_file(tmp_path: Path) -> None:
    header = ["id", "text", "label", "true", "p(a)", "p(b)"]
    folds = [Rows(header, [["1", "x", "a", "b", "0.9", "0.1"]]), Rows(header, [])]
    write_out_of_fold(tmp_path / "o.csv", folds)
    (row,) = read(tmp_path / "o.csv")
    assert row == {
        "id": "1", "text": "x", "label": "b", "predicted": "a", "p(a)": "0.9", "p(b)": "0.1",
        "fold": "1",
    }  # fmt: skip


@pytest.mark.slow
def test_each_row_is_predicted_out_of_fold(command: Command, tmp_path: Path) -> None:
    write_csv(tmp_path / "my.csv", rows := reviews(90))
    done = compare(command, tmp_path, "--folds=3", "--name=cv")
    assert done.code == 0, done.err
    assert "mean ± sd over 3 folds" in done.out
    folder = tmp_path / "logs/compare/cv"
    found = read(folder / "out_of_fold-a.csv")
    assert sorted((row["text"], row["label"]) for row in found) == sorted(rows)
    assert {row["fold"] for row in found} == {"1", "2", "3"}
    assert all(row[f"p({row['predicted']})"] >= "0.5" for row in found)
    assert [row["fold"] for row in read(folder / "compare.csv")] == ["1", "2", "3"]


@pytest.mark.slow
def test_a_comparison_that_is_killed_goes_on_to_the_same_digits(
    made: tuple[Path, Outcome], command: Command, full: bool
) -> None:
    folder, draw, kills = made[0], random.Random(0), 12 if full else 2
    since = time.monotonic()
    options = (*TWO, "--seeds=2", "--trainer.max_epochs=4")
    whole = compare(command, folder, *options, "--name=whole")
    assert whole.code == 0, whole.err
    seconds, met = time.monotonic() - since, 0
    for _ in range(kills):
        moment = seconds * draw.uniform(0.2, 0.5)
        met += compare(command, folder, *options, "--name=killed", kill_after=moment).code != 0
    done = compare(command, folder, *options, "--name=killed")
    assert done.code == 0, done.err
    assert met
    runs = folder / "logs/compare"
    assert scores(runs / "killed") == scores(runs / "whole")
