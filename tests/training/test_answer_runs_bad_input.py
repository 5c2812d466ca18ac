"""What answers don't go with: what is told of it, and that nothing goes wrong in silence."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import span_rows
from conftest import reviews, write_csv
from question_rows import Row, rows, write

from weitiao.cli.main import main

SMALL = (
    *("--recipe=none", "--model.backbone=Transformer", "--model.backbone.init_args.layers=1"),
    *("--model.backbone.init_args.width=16", "--trainer.max_epochs=1"),
    *("--trainer.accelerator=cpu", "--trainer.devices=1"),
)
GOOD = rows(60)
LONG = [(i, context, question * 60, answers) for i, context, question, answers in rows(60)]
INSIDE = [(f"q{i}", f"abcdef {i}", "?", [[2, 4, "cd"]]) for i in range(40)]
ONE_TEXT = [(f"q{i}", "住在北京", f"{i}？", [[2, 4, "北京"]]) for i in range(40)]
MARKS = [(f"q{i}", f"<img alt='猫'>看{i}", "?", [[10, 11, "猫"]]) for i in range(40)]
CONFLICTS = [
    (f"{i}{part}", "张三李四", f"{i}？", [[part, part + 1, "张三李四"[part]]])
    for i in range(30)
    for part in (0, 2)
]
NOWHERE = [(i, context, question, [[-1, -1, "不在"]]) for i, context, question, _ in rows(60)]


@dataclass(frozen=True)
class Case:
    """Rows or options, and what must be said.

    Args:
        code: of the command's end; 0 = it goes on, and tells.
    """

    name: str
    said: str
    train: Sequence[Row] = field(default_factory=lambda: GOOD)
    val: Sequence[Row] = ()
    test: Sequence[Row] = ()
    options: Sequence[str] = ()
    code: int = 1


TABLE = [
    Case("nowhere", "none of the 60 rows of train has an answer in its text", NOWHERE),
    Case(
        "some_nowhere",
        r"6 of 4\d questions of train \(1\d\.\d%\) have answers that stand nowhere.*first: train",
        [*GOOD[:40], *NOWHERE[54:]],
        test=rows(20, seed=5),
        options=("--data.split.val=0.1", "--data.group=id"),
        code=0,
    ),
    Case(
        "inside_a_unit",
        "begin or end inside a unit.*tokenizer characters",
        INSIDE,
        options=["--data.input.encode.tokenizer=wordpiece", "--data.input.encode.min_count=30"],
    ),
    Case(
        "inside_a_mark",
        "stand where cleaning leaves nothing.*see --data.input.clean.steps",
        MARKS,
    ),
    Case(
        "an_answer_a_row",
        "a row holds all answers to its question; --data.audit.drop_conflicts false",
        CONFLICTS,
    ),
    Case("one_text", "--data.group null splits groups; rows.*--data.val FILE", ONE_TEXT),
    Case(
        "none_in_test_alone",
        r"questions of test have no answer, and train has none such",
        test=rows(30, seed=3, none=True),
        code=0,
    ),
    Case(
        "long_in_test_alone",
        r"1 of 21 questions of test \(4.8%\) have answers that are longer than any of train",
        test=[
            *rows(20, seed=3),
            ("long", "人王伟在北京大学学习", "谁？", [[0, 10, "人王伟在北京大学学习"]]),
        ],
        code=0,
    ),
    Case(
        "none_in_train_alone",
        r"val lacks a question without an answer, so it can't choose when",
        rows(60, none=True),
        rows(20, seed=3),
        code=0,
    ),
    Case(
        "long_questions",
        "rows of train whose second text.*longer than half.*: 4",
        LONG,
        options=["--data.input.encode.max_length=32"],
        code=0,
    ),
    Case("no_questions", "it is the column of the questions", options=["--data.input.pair=null"]),
    Case(
        "cut_texts",
        "--data.input.encode.truncation windows",
        options=["--data.input.encode.truncation=head"],
    ),
    Case("probe", "of whole rows only", options=["--model.objective.head.start=probe"]),
    Case("no_best", "best must be at least 1, got 0", options=["--model.objective.best=0"]),
    Case(
        "augmentation",
        "augment doesn't go",
        options=["--data.input.augment.steps=[{method: swap}]"],
    ),
    Case(
        "linear", "linear doesn't go with truncation: windows", options=["--data.input.linear={}"]
    ),
    Case("sampling", "rows of one class each, not Answers", options=["--data.sampling=balanced"]),
    Case("pooling", "no such option; it has", options=["--model.objective.pooling=mean"], code=2),
    Case("column", "no such column.*'answers'", options=["--data.target.label=wrong"]),
]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["train.py"])


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """How a command ended, and what it said in one line."""
    code = main([*arguments])
    shown = capsys.readouterr()
    assert "Traceback" not in shown.err
    return code, " ".join((shown.err + shown.out).split())


@pytest.mark.parametrize("case", TABLE, ids=lambda case: case.name)
def test_what_answers_do_not_go_with_is_told(
    case: Case, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [f"--data.train={write(Path('train.csv'), [*case.train])}"]
    files += [f"--data.val={write(Path('val.csv'), [*case.val])}"] if case.val else []
    files += [f"--data.test={write(Path('test.csv'), [*case.test])}"] if case.test else []
    code, said = told(capsys, "train", *files, "--task=answers", *SMALL, *case.options)
    assert code == case.code, said
    assert re.search(case.said, said), said


def test_other_objectives_refuse_texts_that_are_left_whole(
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_csv(Path("my.csv"), reviews(40), header=("text", "label"))
    windows = "--data.input.encode.truncation=windows"
    code, said = told(capsys, "fit", "--data.train=my.csv", *SMALL, windows)
    assert code == 1
    assert "truncation = windows leaves texts whole" in said


def test_spans_refuse_pairs(capsys: pytest.CaptureFixture[str]) -> None:
    cells = [
        (text, "other", str([[*span] for span in spans]).replace("'", '"'))
        for text, spans in span_rows.rows(40)
    ]
    write_csv(Path("my.csv"), cells, header=("text", "other", "label"))
    given = ("--data.train=my.csv", "--task=tags", "--data.input.pair=other")
    code, said = told(capsys, "fit", *given, *SMALL)
    assert code == 1
    assert "spans stand in one text, and rows are pairs" in said
