"""Prepared data are found again, or made anew where anything that shapes them has changed."""

import os
import shutil
from pathlib import Path

import pytest
from prepared_rows import cache as cache
from prepared_rows import some_rows, write
from prepared_rows import train as train
from text_parts import preparation, roles

from weitiao.data import prepare
from weitiao.data.audit import Auditor
from weitiao.data.split import Splitter
from weitiao.inputs.text.clean import Cleaner
from weitiao.inputs.text.segment import Segmenter
from weitiao.inputs.text.tokenization import Encoder
from weitiao.io.tables import Reader
from weitiao.targets import OneClass


def test_the_same_inputs_are_found_again_untouched(train, cache):
    first = preparation()({"train": train}, cache)
    before = {path: path.stat().st_mtime_ns for path in first.folder.iterdir()}
    second = preparation()({"train": train}, cache)
    assert second == first
    assert {path: path.stat().st_mtime_ns for path in second.folder.iterdir()} == before


def test_touching_a_file_without_changing_it_prepares_nothing(train, cache):
    first = preparation()({"train": train}, cache)
    os.utime(train, (1, 1))
    assert preparation()({"train": train}, cache).folder == first.folder


@pytest.mark.parametrize(
    "parts",
    [
        {"read": Reader(roles(id="text"))},
        {"read": Reader(on_bad_row="quarantine")},
        {"clean": Cleaner(steps=("whitespace",))},
        {"audit": Auditor(drop_conflicts=False)},
        {"split": Splitter(seed=1)},
        {"split": Splitter(val=0.2)},
        {"encode": Encoder("words")},
        {"encode": Encoder("words"), "segment": Segmenter("jieba")},
        {"encode": Encoder(max_length=64)},
        {"encode": Encoder(truncation="tail")},
        {"encode": Encoder(min_count=1)},
        {"target": OneClass(labels=["10", "2", "1"])},
    ],
    ids=str,
)
def test_another_option_gives_another_key(train, parts):
    others = preparation(), preparation(encode=Encoder("words"))
    keys = [p.cache_key({"train": train}) for p in (preparation(**parts), *others)]
    assert keys[0] != keys[1]
    assert keys[0] != keys[2] or parts == {"encode": Encoder("words")}


def test_what_changes_no_result_gives_the_same_key(train):
    keys = {
        preparation(encode=Encoder("words"), segment=Segmenter(workers=workers)).cache_key(
            {"train": train}
        )
        for workers in (1, 2)
    }
    assert len(keys) == 1


def test_changed_contents_are_prepared_anew(train, cache):
    first = preparation()({"train": train}, cache)
    write(Path(train), [*some_rows()[:-1], ("换了", "1")])
    second = preparation()({"train": train}, cache)
    assert second.folder != first.folder
    assert second.card.fingerprint != first.card.fingerprint


def test_files_that_options_name_count_by_their_contents(train, tmp_path):
    words = tmp_path / "words.txt"
    for option in ("user_dict", "stop_words"):
        keys = set()
        for content in ("天地\n", "玄黄\n"):
            words.write_text(content, "utf-8")
            parts = {"encode": Encoder("words"), "segment": Segmenter(**{option: str(words)})}
            keys.add(preparation(**parts).cache_key({"train": train}))
        assert len(keys) == 2


def test_a_changed_pretrained_tokenizer_gives_another_key(train, tmp_path):
    saved = tmp_path / "tokenizer.json"
    keys = set()
    for content in ("{}", '{"a": 1}'):
        saved.write_text(content)
        keys.add(preparation(encode=Encoder(str(tmp_path))).cache_key({"train": train}))
    assert len(keys) == 2


def test_what_a_pretrained_model_has_read_shapes_no_key(train, tmp_path):
    (tmp_path / "tokenizer.json").write_text("{}")
    prepared = preparation(encode=Encoder(str(tmp_path)))
    before = prepared.cache_key({"train": train})
    (tmp_path / "seen.npy").write_bytes(b"1")
    assert prepared.cache_key({"train": train}) == before


def test_the_same_file_as_train_or_as_test_gives_another_key(train):
    keys = {preparation().cache_key({"train": train, split: train}) for split in ("val", "test")}
    assert len(keys) == 2


def test_changed_code_gives_another_key(train, monkeypatch):
    before = preparation().cache_key({"train": train})
    monkeypatch.setattr(prepare, "versions", lambda: "edited")
    assert preparation().cache_key({"train": train}) != before


def test_the_fingerprint_is_that_of_the_data_wherever_they_lie(train, tmp_path):
    moved = shutil.copy(train, tmp_path / "moved.csv")
    first = preparation()({"train": train}, tmp_path / "a")
    second = preparation()({"train": str(moved)}, tmp_path / "b")
    assert first.folder.name != second.folder.name  # rows name their file
    assert first.card == second.card
