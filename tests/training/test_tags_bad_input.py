"""Input that spans don't go with: what is told of it, and that nothing goes wrong in silence."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from conftest import reviews, write_csv
from span_rows import rows

from weitiao.cli.main import main

SMALL = (
    "--recipe=none",
    "--model.backbone=Transformer",
    "--model.backbone.init_args.layers=1",
    "--model.backbone.init_args.width=16",
    "--trainer.max_epochs=1",
    "--trainer.accelerator=cpu",
    "--trainer.devices=1",
)
GOOD: list[Any] = rows(60)
NEW: list[Any] = [(f"{text}A", [(0, 1, "NEW")]) for text, _ in rows(20, seed=5)]


def also(text: str, *spans: Any) -> list[Any]:
    """The good rows and one more."""
    return [*GOOD, (text, spans)]


@dataclass(frozen=True)
class Bad:
    """What is wrong, and what must be said.

    Args:
        code: of the command's end; 0 = it goes on, and tells.
    """

    name: str
    said: str
    train: Sequence[Any] = field(default_factory=lambda: GOOD)
    test: Sequence[Any] = ()
    options: Sequence[str] = ()
    code: int = 1


def refused(name: str, option: str, said: str, code: int = 1) -> Bad:
    return Bad(name, said, options=[option], code=code)


TABLE = [
    Bad("no_spans", "none of the 60 rows of train has a span", [(text, []) for text, _ in GOOD]),
    Bad("type_of_test_alone", "test have types that train lacks.*NEW \\(20\\)", test=NEW, code=0),
    Bad(
        "test_without_a_span",
        "no row of test has a span: F1 is 0 there",
        test=[(text, []) for text, _ in NEW],
        code=0,
    ),
    Bad("span_of_an_empty_text", "row 62.* ends past the text", also("", (0, 1, "PER"))),
    Bad("span_past_the_end", "row 62.* ends past the text", also("ab", (0, 9, "PER"))),
    Bad("span_before_the_text", "row 62.* starts before", also("ab", (-1, 1, "PER"))),
    Bad("span_from_its_end", "row 62.* ends before it starts", also("ab", (1, 0, "PER"))),
    Bad("empty_span", "row 62.* is empty", also("ab", (1, 1, "PER"))),
    Bad("type_without_a_name", "row 62.* type '' .*is not a filled text", also("ab", (0, 1, ""))),
    Bad("number_as_a_place", "row 62", also("ab", ("x", 1, "PER"))),
    Bad(
        "spans_of_white_space",
        r"32 of 32 spans of train .*inside a unit",
        [(f"a   b{i}", [(1, 3, "PER")]) for i in range(40)],
    ),
    Bad(
        "spans_that_overlap",
        r"target\.label: .*overlap a longer one .*leave out",
        [(text, [*spans, (0, 2, "PER"), (1, 4, "LOC")]) for text, spans in GOOD],
    ),
    Bad("one_row", "leaves val without one", GOOD[1:2]),
    Bad("rows_all_alike", "leaves val without one", [GOOD[1]] * 40),
    Bad("classes", "neither spans nor tags.*write", [(t, json.dumps(c)) for t, c in reviews(60)]),
    refused("augmentation", "--data.input.augment.steps=[{method: swap}]", "augment doesn't go"),
    refused("linear", "--data.input.linear={}", "linear doesn't go with truncation: windows"),
    refused("probe", "--model.objective.head.start=probe", "of whole rows only"),
    refused("sampling", "--data.sampling=balanced", "rows of one class each, not Spans"),
    refused("loss", "--model.objective.loss.kind=focal", "no such option; it has head", 2),
    refused("pooling", "--model.objective.pooling=mean", "no such option; it has head", 2),
    refused("calibration", "--model.objective.calibrate=true", "no such option; it has", 2),
    refused("unknown_type", "--data.target.labels=[PER]", "not among PER.*labels, must name"),
    refused("type_twice", "--data.target.labels=[PER,PER]", "names a type twice"),
    refused("cut_texts", "--data.input.encode.truncation=head", "truncation windows"),
    refused("format", "--data.format=conll", "no column looks like tags.*label NUMBER"),
]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs a verb in an empty folder; gives how it ended, and what it told in one line."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["train.py"])

    def called(*arguments: str) -> tuple[int, str]:
        code = main(list(arguments))
        shown = capsys.readouterr()
        assert "Traceback" not in shown.err
        return code, " ".join((shown.err + shown.out).split())

    return called


def write(name: str, found: Sequence[Any]) -> str:
    cells = [(text, cell if isinstance(cell, str) else json.dumps(cell)) for text, cell in found]
    write_csv(Path(name), cells, header=("text", "label"))
    return name


@pytest.mark.parametrize("bad", TABLE, ids=lambda bad: bad.name)
def test_what_spans_do_not_go_with_is_told(bad: Bad, run: Any) -> None:
    files = [f"--data.train={write('train.csv', bad.train)}"]
    files += [f"--data.test={write('test.csv', bad.test)}"] if bad.test else []
    code, told = run("train", *files, "--task=tags", *SMALL, *bad.options)
    assert code == bad.code, told
    assert re.search(bad.said, told), told


def fitted(run: Any, root: str, found: Sequence[Any], *options: str) -> str:
    """The checkpoint option of a small run."""
    data = f"--data.train={write(f'{root}.csv', found)}"
    code, told = run("fit", data, *SMALL, f"--run.root={root}", *options)
    assert code == 0, told
    return f"--ckpt_path={root}/latest"


def test_a_file_of_another_kind_is_told_in_use(run: Any) -> None:
    tags = fitted(run, "tags", GOOD, "--task=tags")
    classes = fitted(run, "classes", reviews(60))
    Path("my.conll").write_text("王\tB-PER\n伟\tI-PER\n好\tO\n\n", encoding="utf-8")
    Path("other.conll").write_text("王\tB-XYZ\n好\tO\n\n", encoding="utf-8")
    write_csv(Path("other.csv"), [("a",)], header=("txt",))
    here = "--hardware.accelerator=cpu"
    for verb, checkpoint, file, said in (
        ("test", classes, "my.conll", "conll gives spans of a text, not a label"),
        ("test", tags, "classes.csv", "row 2, column 'label': this is neither spans nor tags"),
        ("test", classes, "tags.csv", "a label that is not among"),
        ("test", tags, "other.conll", "a type that is not among LOC, PER .*XYZ"),
        ("predict", tags, "other.csv", "no such column; the columns are 'txt'"),
    ):
        code, told = run(verb, checkpoint, f"--data.{verb}={file}", here)
        assert code == 1
        assert re.search(said, told), told
    assert run("test", tags, "--data.test=my.conll", here)[0] == 0
    code, told = run("fit", "--data.train=my.conll", *SMALL)
    assert code == 1
    assert "conll gives spans of a text, not a label of it → --task tags" in told


@pytest.mark.parametrize("text", ["", "  ", "\u3000\u200b"])
@pytest.mark.parametrize("chain", ["linear", pytest.param("crf", marks=pytest.mark.slow)])
def test_a_text_without_a_unit_has_no_spans(run: Any, text: str, chain: str) -> None:
    checkpoint = fitted(run, "runs", GOOD, "--task=tags", f"--model.objective.chain={chain}")
    here = "--hardware.accelerator=cpu"
    code, told = run("predict", checkpoint, f"--text={text}", here)
    assert code == 0, told
    assert '"label": []' in told
    write("empty.csv", [(text, [])])
    assert run("test", checkpoint, "--data.test=empty.csv", here)[0] == 0


def test_a_run_goes_on_as_it_began_and_its_config_runs_again(run: Any) -> None:
    fitted(run, "runs", GOOD, "--task=tags")
    (folder,) = Path("runs").glob("2*")
    last = f"--ckpt_path={folder}/checkpoints/last.ckpt"
    code, told = run("fit", last, "--model.objective.chain=crf")
    assert code == 1
    assert "chain: linear → crf → resume with --ckpt_path alone" in told
    assert run("fit", last, "--trainer.max_epochs=2")[0] == 0
    assert run("fit", f"--config={folder}/config.yaml")[0] == 0


def test_the_way_out_of_a_low_score_is_a_recipe_of_spans(run: Any) -> None:
    code, told = run("train", f"--data.train={write('my.csv', GOOD)}", "--task=tags", *SMALL)
    assert code == 0, told
    assert "! below the linear baseline: F1 of spans" in told
    assert re.search(r"--recipe pretrained_tags\b", told)


def test_a_model_of_another_task_is_begun_with(run: Any) -> None:
    texts = [text for text, _ in GOOD]
    labels = [(text, "ab"["王" in text]) for text in texts]
    fitted(run, "classes", labels, "--data.input.linear={}")
    fitted(run, "tags", GOOD, "--task=tags")
    small = [option for option in SMALL if "backbone" not in option]
    for start, data, task in (("classes", "tags", "tags"), ("tags", "classes", "classification")):
        options = [f"--model.start={start}/latest", f"--data.train={data}.csv", f"--task={task}"]
        code, told = run("fit", *options, *small)
        assert code == 0, told
        assert "its backbone" in told or "new" in told
