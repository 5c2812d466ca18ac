"""Rows and options that vectors of texts don't go with: what is told, with place and way out."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from conftest import write_csv
from pairs_of_texts import drawn, write

from weitiao.cli.main import main

SMALL = (
    *("--recipe=none", "--model.backbone=Bag", "--trainer.max_epochs=1", "--trainer.devices=1"),
    *("--trainer.accelerator=cpu", "--trainer.enable_progress_bar=false", "--run.threads=1"),
)
LINES: list[dict[str, Any]] = [
    {"query": query, "pos": [right], "neg": [right[::-1]]}
    for query, right in drawn("retrieval", 40)
]
COLUMNS = ("--task=retrieval", "--data.text=query", "--data.pair=pos", "--data.input.negatives=neg")
KIND = "--model.objective.loss.kind"
MARGIN = "--model.objective.loss.margin"
CSV = ("--data.train=my.csv", "--data.text=text", "--data.pair=pair")


@dataclass(frozen=True)
class Bad:
    """What is wrong, and what must be said.

    Args:
        line: one more than the good ones.
    """

    name: str
    said: str
    options: Sequence[str] = ()
    line: dict[str, Any] | None = None
    only: Sequence[str] = COLUMNS


TABLE = [
    Bad("no_right_text", "row 41, column 'pos'.*list is empty", line={"query": "问", "pos": []}),
    Bad(
        "negatives_are_no_list",
        "row 41, column 'neg'.*neither a text nor a list.*--data.on_bad_row quarantine",
        line={"query": "问", "pos": ["答"], "neg": {"a": 1}},
    ),
    Bad(
        "a_negative_that_is_right",
        "right texts of their own row, left out: 1",
        line={"query": "问", "pos": ["答"], "neg": ["答", "错"]},
    ),
    Bad(
        "a_negative_that_is_right_elsewhere",
        "1 of 42 negatives of train belong to their text by another row",
        ("--data.val=my.jsonl", "--data.split.test=0", "--data.audit.drop_leaks=false"),
        {"query": LINES[0]["query"], "pos": ["答"], "neg": [LINES[0]["pos"][0], "错"]},
    ),
    Bad("no_column", "column 'neg'.*no such column", CSV),
    Bad("a_column_of_none", "no row of train has a negative", ("--data.input.negatives=none",)),
    Bad(
        "triplets_without",
        "loss.kind = triplet needs.*--data.input.negatives",
        (f"{KIND}=triplet", "--data.input.negatives=null"),
    ),
    Bad(
        "margin_too_large",
        "loss.margin must be above 0 and at most 2",
        (f"{KIND}=triplet", f"{MARGIN}=3"),
    ),
    Bad("margin_of_none", "loss.margin must be above 0", (f"{KIND}=triplet", f"{MARGIN}=0")),
    Bad("idle_margin", "loss.margin goes with kind triplet", (f"{MARGIN}=0.3",)),
    Bad(
        "idle_temperature",
        "temperature goes with kind in_batch",
        (f"{KIND}=triplet", "--model.objective.loss.temperature=0.1"),
    ),
    Bad(
        "joined",
        "negatives go with texts that are read apart",
        ("--data.input.encode.pairs=joined",),
    ),
    Bad("classes_and_negatives", "negatives go with pairs", ("--data.target.classes=pos",)),
    Bad("labels_and_negatives", "negatives go with pairs.*--task retrieval", ("--task=likeness",)),
    Bad(
        "a_row_a_batch",
        "rows of train are alone in their batch.*--data.batch.size 64",
        ("--data.batch.size=1",),
        only=("--task=retrieval", "--data.train=my.csv"),
    ),
    Bad(
        "numbers_of_a_row_a_batch",
        "rows of train are alone in their batch.*--data.batch.size 64",
        ("--data.batch.tokens=5",),
        only=("--task=likeness", "--data.train=likeness.csv"),
    ),
    Bad(
        "a_number_that_is_none_of_two",
        "loss.kind = contrastive knows the numbers 0 and 1, not 5.*likeness.csv, row ",
        (f"{KIND}=contrastive",),
        only=("--task=likeness", "--data.train=likeness.csv"),
    ),
    Bad(
        "classes_of_one_row",
        "no class has two rows.*--data.split.val",
        only=("--task=retrieval", "--data.train=few.csv", "--data.target.classes=label"),
    ),
]


@pytest.mark.parametrize("bad", TABLE, ids=lambda bad: bad.name)
def test_it_is_told(
    bad: Bad, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    lines = [*LINES, *([] if bad.line is None else [bad.line])]
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    Path("my.jsonl").write_text(text, "utf-8")
    write(Path("my.csv"), "retrieval", drawn("retrieval", 40))
    write(Path("likeness.csv"), "likeness", drawn("likeness", 40))
    few = [(f"{text}{label}", label) for label in "甲乙丙丁" for text in ("一二", "三四", "五六")]
    write_csv(Path("few.csv"), few, ("text", "label"))
    given = ["fit", "--data.train=my.jsonl", *bad.only, *SMALL, *bad.options]
    code = main(given)
    told = " ".join(capsys.readouterr().err.split())
    assert re.search(bad.said, told), told
    assert bool(code) != bad.name.startswith("a_negative")
