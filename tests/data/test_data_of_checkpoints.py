"""The data of a checkpoint: rebuilt from it alone, and refused where they are others."""

from pathlib import Path

import pytest
import torch
from data_modules import Recorder, contents, some_rows, trainer, write
from data_modules import checkpoint as checkpoint
from data_modules import make as make
from data_modules import train as train
from data_modules import whole as whole

from weitiao.data.datamodule import DataModule
from weitiao.errors import ConfigError, DataError
from weitiao.inputs.text.clean import Cleaner
from weitiao.inputs.text.segment import Segmenter
from weitiao.inputs.text.tokenization import Encoder


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
