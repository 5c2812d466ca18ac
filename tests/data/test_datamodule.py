"""The DataModule: what it keeps, the order of its batches, and what it never reads."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest
import torch
from data_modules import Recorder, contents, some_rows, trainer, write
from data_modules import checkpoint as checkpoint
from data_modules import make as make
from data_modules import train as train
from data_modules import whole as whole

from weitiao.data import prepared
from weitiao.data.audit import Auditor
from weitiao.data.batch import Batching
from weitiao.data.datamodule import DataModule
from weitiao.data.new_rows import NewRows
from weitiao.data.split import Splitter
from weitiao.errors import ConfigError
from weitiao.inputs.text.clean import Cleaner
from weitiao.inputs.text.segment import Segmenter
from weitiao.inputs.text.tokenization import Encoder
from weitiao.io.arrow import map_table
from weitiao.targets import Spans


def test_hyper_parameters_are_plain_values(make, tmp_path):
    data = make(
        clean=Cleaner(steps=("html", "empty")),
        audit=Auditor(drop_leaks=False),
        split=Splitter(val=0.2),
        segment=Segmenter("jieba"),
        encode=Encoder("words", max_length=32),
    )
    torch.save(dict(data.hparams), tmp_path / "hparams.pt")
    loaded = torch.load(tmp_path / "hparams.pt", weights_only=True)
    assert loaded == json.loads(json.dumps(loaded))
    assert loaded["input"]["init_args"]["clean"]["steps"] == ["html", "empty"]
    assert loaded["input"]["init_args"]["encode"]["max_length"] == 32
    assert loaded["train"] == data.files["train"]


def test_a_resumed_run_sees_the_batches_that_were_left(make, whole, tmp_path):
    seen, saved = whole
    assert len(seen) == 2 * len(make().train_dataloader())
    for step in (1, 5, len(seen) // 2, len(seen) // 2 + 1, len(seen) - 1):
        resumed = Recorder()
        again = trainer(tmp_path, enable_checkpointing=False)
        again.fit(resumed, datamodule=make(), ckpt_path=saved / f"{step}.ckpt", weights_only=True)
        assert resumed.seen == seen[step:]


def test_resuming_with_other_batches_is_refused(make, whole, tmp_path):
    other, again = make(batch=Batching(size=3)), trainer(tmp_path, enable_checkpointing=False)
    with pytest.raises(ConfigError, match="other batches"):
        again.fit(Recorder(), datamodule=other, ckpt_path=whole[1] / "1.ckpt", weights_only=True)


def test_processes_share_the_rows(make):
    rows: dict[str, list[int]] = {"train": [], "val": []}
    for rank in range(2):
        data = make(batch=Batching(tokens=80, size=2))
        progress = SimpleNamespace(batch_progress=SimpleNamespace(current=SimpleNamespace(ready=0)))
        loop = SimpleNamespace(epoch_loop=progress)
        data.trainer = SimpleNamespace(
            global_rank=rank, world_size=2, current_epoch=0, overfit_batches=0, fit_loop=loop
        )
        for split, loader in (("train", data.train_dataloader()), ("val", data.val_dataloader())):
            rows[split] += [row for batch in loader for row in batch["row"].tolist()]
    assert sorted(rows["val"]) == list(range(6))
    assert sorted(rows["train"]) == list(range(48))


def test_the_seed_and_the_budget_shape_batches_not_data(make):
    first, second = make(), make(seed=3, batch=Batching(tokens=40, size=3))
    orders = [
        np.concatenate([b["row"] for b in d.train_dataloader()]).tolist() for d in (first, second)
    ]
    assert orders[0] != orders[1]
    assert sorted(orders[0]) == sorted(orders[1]) == list(range(48))
    assert first.prepared.folder == second.prepared.folder


# -- what fit may see ------------------------------------------------------------------------------


def test_fitting_reads_no_row_of_the_test_split(make, tmp_path, monkeypatch):
    make().prepare_data()
    opened: list[str] = []

    def noted(path: Path) -> pa.Table:
        opened.append(path.name)
        return map_table(path)

    monkeypatch.setattr(prepared, "map_table", noted)
    again = make()
    trainer(tmp_path, max_epochs=1, enable_checkpointing=False).fit(Recorder(), datamodule=again)
    assert {name.partition(".")[0] for name in opened} == {"train", "val"}
    again.test_dataloader()
    assert "test.ids.arrow" in opened


def test_labels_of_a_given_test_file_change_nothing_that_fit_sees(make, tmp_path):
    texts = [text for text, _ in some_rows(20, seed=5)]

    def fitted(labels):
        test = write(tmp_path / "test.csv", list(zip(texts, labels, strict=True)))
        data = make(test=test)
        batches = contents(data.train_dataloader()), contents(data.val_dataloader())
        card = data.card.plain()
        return batches, card.pop("fingerprint"), card, data.prepared.fitted.state()

    first, second = fitted("好坏" * 10), fitted("坏好" * 10)
    assert first[1] != second[1]
    assert (first[0], *first[2:]) == (second[0], *second[2:])


# -- what is missing -------------------------------------------------------------------------------


def test_a_missing_training_file_is_told_before_anything_is_read():
    with pytest.raises(ConfigError, match=r"train FILE"):
        DataModule().prepare_data()


@pytest.mark.parametrize("split", ["test", "predict"])
def test_a_missing_split_is_told(make, split):
    with pytest.raises(ConfigError, match=rf"{split} FILE"):
        make(split=Splitter(test=0)).rows(split)


def test_spans_are_read_where_the_target_is_of_them(tmp_path):
    (tmp_path / "a.conll").write_text("我 O\n在 O\n波恩 B-LOC\n", "utf-8")
    (tmp_path / "a.jsonl").write_text('{"text": ["我", "在", "波恩"]}\n', "utf-8")
    data = DataModule(train=str(tmp_path / "a.conll"), target=Spans())
    table = data.preparation.read.read(data.files["train"], tmp_path / "out.arrow")
    assert table.select(["text", "label"]).to_pylist() == [
        {"text": "我在波恩", "label": '[[2, 4, "LOC"]]'}
    ]
    new = NewRows(target=Spans()).reader
    with new.inputs({"": str(tmp_path / "a.*")}) as inputs:
        parts = [part.rows["text"].to_pylist() for part in new.stream(inputs[""], 9)]
    assert parts == [["我在波恩"], ["我在波恩"]]
