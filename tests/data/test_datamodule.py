import csv
import json
import random
from pathlib import Path
from types import SimpleNamespace

import lightning.pytorch as L
import numpy as np
import pyarrow as pa
import pytest
import torch
from batches import listed
from lightning.pytorch.callbacks import ModelCheckpoint
from text_parts import text_data

from weitiao.data import prepared
from weitiao.data.audit import Auditor
from weitiao.data.batch import Batching
from weitiao.data.datamodule import DataModule
from weitiao.data.new_rows import NewRows
from weitiao.data.split import Splitter
from weitiao.errors import ConfigError, DataError
from weitiao.inputs.text.clean import Cleaner
from weitiao.inputs.text.segment import Segmenter
from weitiao.inputs.text.tokenization import Encoder
from weitiao.io.arrow import map_table
from weitiao.targets import Spans


class Recorder(L.LightningModule):
    """Learns nothing, writes down the rows that come."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(()))
        self.seen: list[tuple[int, list[int]]] = []

    def training_step(self, batch):
        self.seen.append((self.trainer.current_epoch, batch["row"].tolist()))
        return self.weight

    def validation_step(self, batch):
        return None

    def predict_step(self, batch):
        return batch["row"]

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


def trainer(folder: Path, **options) -> L.Trainer:
    options = {"max_epochs": 2, "logger": False, "enable_progress_bar": False} | options
    return L.Trainer(
        accelerator="cpu",
        devices=1,
        default_root_dir=folder,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        **options,
    )


def some_rows(count: int = 60, seed: int = 0) -> list[tuple[str, str]]:
    draw = random.Random(seed)
    letters = "天地玄黄宇宙洪荒日月盈昃"
    texts = [f"{''.join(draw.choices(letters, k=draw.randint(2, 20)))}{i}" for i in range(count)]
    return [(text, "好坏"[i % 2]) for i, text in enumerate(texts)]


def write(path: Path, rows, header=("text", "label")) -> str:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])
    return str(path)


@pytest.fixture
def train(tmp_path) -> str:
    return write(tmp_path / "train.csv", some_rows())


@pytest.fixture
def make(tmp_path, train):
    def data(**options) -> DataModule:
        options = {"train": train, "cache": str(tmp_path / "cache")} | options
        return text_data(**{"batch": Batching(tokens=80, size=6), **options})

    return data


@pytest.fixture
def checkpoint(make, tmp_path) -> Path:
    """A checkpoint of a run on `train.csv`."""
    path = tmp_path / "run.ckpt"
    fitting = trainer(tmp_path, max_epochs=1, enable_checkpointing=False)
    fitting.fit(Recorder(), datamodule=make())
    fitting.save_checkpoint(path)
    return path


@pytest.fixture
def whole(make, tmp_path) -> tuple[list, Path]:
    """The batches of a run of two epochs, and its checkpoints after each step."""
    keep = ModelCheckpoint(
        tmp_path / "saved",
        "{step}",
        auto_insert_metric_name=False,
        every_n_train_steps=1,
        save_top_k=-1,
    )
    recorder = Recorder()
    trainer(tmp_path, callbacks=[keep]).fit(recorder, datamodule=make())
    return recorder.seen, tmp_path / "saved"


def contents(loader) -> list[dict]:
    return [listed(batch) for batch in loader]


# -- hyper-parameters and checkpoints --------------------------------------------------------------


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


def test_a_checkpoint_rebuilds_all_parts(make, tmp_path):
    made = make(
        clean=Cleaner(steps=("html", "empty")),
        segment=Segmenter("jieba"),
        encode=Encoder("words", max_length=32, truncation="tail"),
        seed=7,
    )
    fitting = trainer(tmp_path, max_epochs=1, enable_checkpointing=False)
    fitting.fit(Recorder(), datamodule=made)
    fitting.save_checkpoint(tmp_path / "run.ckpt")
    loaded = DataModule.load_from_checkpoint(tmp_path / "run.ckpt", weights_only=True)
    assert loaded.preparation == made.preparation
    assert (loaded.batch, loaded.seed, loaded.cache) == (made.batch, 7, made.cache)
    assert loaded.card == made.card


def test_a_checkpoint_predicts_without_its_training_file(make, checkpoint, train, tmp_path):
    texts = ["天地玄黄" * 9, "", "日月", "<br>", "宇 宙", "天"]
    file = write(tmp_path / "new.csv", [(text,) for text in texts], ("text",))
    expected = make().fitted.encoder.encode([text.replace("<br>", "") for text in texts])
    Path(train).unlink()
    (tmp_path / "cache").rename(tmp_path / "gone")

    loaded = DataModule.load_from_checkpoint(checkpoint, weights_only=True, predict=file)
    rows = torch.cat(trainer(tmp_path).predict(Recorder(), datamodule=loaded))

    assert sorted(rows.tolist()) == list(range(len(texts)))
    assert loaded.rows("predict")["original"].to_pylist() == texts
    ids = {
        row: ids[: sum(mask)]
        for batch in contents(loaded.predict_dataloader())
        for row, ids, mask in zip(
            batch["row"], batch["input_ids"], batch["attention_mask"], strict=True
        )
    }
    assert [ids[row] for row in range(len(texts))] == expected["input_ids"].to_pylist()
    assert not (tmp_path / "cache").exists()


def test_a_row_to_predict_that_cant_be_read_is_never_left_out(make, tmp_path):
    file = write(tmp_path / "new.csv", [("天", "1"), ("地",), ("玄", "2")], ("text", "more"))
    with pytest.raises(DataError, match="row 3"):
        make(predict=file).predict_dataloader()
    data = make(predict=file, on_bad_row="quarantine")
    data.predict_dataloader()
    assert data.rows("predict")["text"].to_pylist() == ["天", "玄"]
    assert [bad["row"] for bad in data.set_aside] == [3]


def test_a_checkpoint_measures_a_new_file_with_its_own_labels(checkpoint, train, tmp_path):
    test = write(tmp_path / "new.csv", [("天", "坏"), ("地", "坏"), ("地", "坏")])
    loaded = DataModule.load_from_checkpoint(checkpoint, weights_only=True, train=None, test=test)
    Path(train).unlink()
    (batch,) = contents(loaded.test_dataloader())
    bad = loaded.card.target.labels.index("坏")
    assert batch["target"] == [bad] * 3
    assert loaded.rows("test").num_rows == 3


def test_a_label_that_the_checkpoint_does_not_know_is_told(checkpoint, tmp_path):
    test = write(tmp_path / "new.csv", [("天", "坏"), ("地", "新")])
    loaded = DataModule.load_from_checkpoint(checkpoint, weights_only=True, train=None, test=test)
    with pytest.raises(DataError) as error:
        loaded.test_dataloader()
    assert (error.value.file, error.value.row, error.value.value) == (test, 3, "新")


def test_resuming_on_other_data_is_refused(make, checkpoint, train, tmp_path):
    write(Path(train), some_rows(seed=1))
    with pytest.raises(ConfigError, match="other prepared data"):
        trainer(tmp_path).fit(Recorder(), datamodule=make(), ckpt_path=checkpoint)


def test_testing_on_a_split_of_changed_training_data_is_refused(checkpoint, train):
    write(Path(train), some_rows(seed=1))
    loaded = DataModule.load_from_checkpoint(checkpoint, weights_only=True)
    for _ in range(2):  # the second time as well
        with pytest.raises(ConfigError, match="other prepared data"):
            loaded.test_dataloader()


def test_the_state_loads_into_data_prepared_alike(make, tmp_path):
    first = make()
    state = first.state_dict()
    second = make(cache=str(tmp_path / "other"))
    second.prepare_data()
    second.load_state_dict(state)
    assert second.state_dict() == state


# -- order -----------------------------------------------------------------------------------------


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
