"""Conversations with two answers, or a judged one: ids of both, batches, and what repeats."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from chat_models import write_chat_tokenizer

from weitiao.data.audit import Auditor
from weitiao.data.datamodule import DataModule
from weitiao.errors import ConfigError
from weitiao.inputs.preferences import Judged, Preferences
from weitiao.targets import Feedback, Preferred

ROWS = [
    {"prompt": "几点开门？", "chosen": "八点。", "rejected": "不知道，你自己看看吧。"},
    {"prompt": "几点关门？", "chosen": "晚上十点整关门。", "rejected": "十点"},
    {"prompt": "送货吗？", "chosen": "送。", "rejected": "不送"},
]
AUDIT = Auditor(drop_conflicts=False, drop_leaks=False)


def prepared(
    folder: Path, rows: list[dict[str, Any]], kind: type[Any], target: Any, **options: Any
) -> DataModule:
    """The rows, which are those of all splits, prepared."""
    texts = [str(value) for row in ROWS for value in row.values()]
    write_chat_tokenizer(folder / "model", texts=texts)
    path = folder / "my.jsonl"
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), "utf-8")
    files = dict.fromkeys(("train", "val", "test"), str(path))
    given = kind(tokenizer=str(folder / "model"), **options)
    cache = str(folder / "cache")
    return DataModule(**files, input=given, target=target, audit=AUDIT, cache=cache)


def of_preferences(folder: Path, rows: list[dict[str, Any]], **options: Any) -> DataModule:
    return prepared(folder, rows, Preferences, Preferred(), **options)


def said(data: DataModule, batch: dict[str, Any]) -> list[str]:
    """The texts that are learned of each sequence, their ends left out."""
    tokenizer, ids = data.fitted.encoder.tokenizer, batch["inputs"]["input_ids"]
    learned = [row[mask].tolist() for row, mask in zip(ids, batch["learned"], strict=True)]
    return [tokenizer.decode(row, skip_special_tokens=True) for row in learned]


def test_a_batch_holds_preferred_answers_then_the_others(tmp_path: Path) -> None:
    data = of_preferences(tmp_path, ROWS)
    (batch,) = data.plain_loader("val")
    rows = [ROWS[row] for row in batch["row"].tolist()]
    assert said(data, batch) == [row[name] for name in ("chosen", "rejected") for row in rows]
    ids, learned = batch["inputs"]["input_ids"], batch["learned"]
    for one, other in zip(range(3), range(3, 6), strict=True):
        prompts = [ids[place][: int(learned[place].int().argmax())] for place in (one, other)]
        assert torch.equal(*prompts)
    assert batch["inputs"]["attention_mask"].sum() == (ids != data.card.tokens.pad_id).sum()


def test_a_judged_answer_stands_beside_that_of_the_next_row(tmp_path: Path) -> None:
    rows = [
        {"prompt": row["prompt"], "completion": row["chosen"], "label": i != 1}
        for i, row in enumerate(ROWS)
    ]
    data = prepared(tmp_path, rows, Judged, Feedback())
    (batch,) = data.plain_loader("val")
    order = batch["row"].tolist()
    own = [ROWS[row]["chosen"] for row in order]
    others = [ROWS[(row + 1) % 3]["chosen"] for row in order]
    assert said(data, batch) == own + others
    assert batch["good"].tolist() == [row != 1 for row in order]


@pytest.mark.parametrize("of", ["chosen", "rejected"])
def test_a_row_of_which_either_answer_does_not_fit_leaves_train(of: str, tmp_path: Path) -> None:
    rows = [*ROWS, {**ROWS[0], "prompt": "好吗？", of: "八点" * 40}]
    with pytest.raises(ConfigError, match="1 of 4 rows are longer"):
        _ = of_preferences(tmp_path, rows, max_length=60).prepared
    data = of_preferences(tmp_path, rows, max_length=60, too_long="drop")
    assert data.card.rows["train"] == 3
    assert data.card.rows["val"] == 4


def test_only_rows_that_are_the_same_in_all_repeat_each_other(tmp_path: Path) -> None:
    rows = [*ROWS, ROWS[0], {**ROWS[0], "rejected": "别问。"}]
    assert of_preferences(tmp_path, rows).card.rows["train"] == 4
    judged = [{"prompt": "送货吗？", "completion": "送。", "label": good} for good in (1, 0, 1)]
    assert prepared(tmp_path, judged, Judged, Feedback()).card.rows["train"] == 2


@pytest.mark.parametrize("kind", [Preferences, Judged])
@pytest.mark.parametrize("option", [{"learn": "all"}, {"too_long": "cut_prompt"}])
def test_options_that_would_part_the_answers_are_refused(
    kind: type[Any], option: dict[str, str]
) -> None:
    with pytest.raises(ConfigError) as caught:
        kind(tokenizer="x", **option)
    assert caught.value.field == next(iter(option))
