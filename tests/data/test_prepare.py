"""What is prepared: rows and ids that belong together, given splits, a card, a report."""

import json
from pathlib import Path

import pyarrow as pa
import pytest
from prepared_rows import cache as cache
from prepared_rows import some_rows, vocabulary, write
from prepared_rows import train as train
from text_parts import preparation, roles

from weitiao.card import TokenInput
from weitiao.errors import DataError
from weitiao.inputs.text.clean import Cleaner
from weitiao.inputs.text.tokenization import Encoder
from weitiao.io import arrow
from weitiao.io.tables import Reader, rows
from weitiao.targets import OneClass
from weitiao.targets.one_class import ClassTarget


def test_rows_treated_in_small_parts_are_prepared_to_the_same_bytes(train, tmp_path, monkeypatch):
    val = write(tmp_path / "val.csv", [("<b>天地</b>&amp;", "2"), ("  玄 黄 ", "1")])
    files, folders = {"train": train, "val": val}, []
    for size in (10_000, 7):
        monkeypatch.setattr(arrow, "PART", size)
        folders.append(preparation()(files, tmp_path / str(size)).folder)
    one, other = ({p.name: p.read_bytes() for p in folder.iterdir()} for folder in folders)
    assert one == other
    assert not [name for name in one if "clean" in name or "raw" in name]


def test_each_cell_is_read_and_cleaned_once(train, cache, monkeypatch):
    read, cleaned = [], []
    array, clean = rows.as_array, Cleaner.clean

    def counting_array(values, **how):
        read.append(len(values))
        return array(values, **how)

    def counting_clean(self, texts, **how):
        cleaned.extend(texts)
        return clean(self, texts, **how)

    monkeypatch.setattr(rows, "as_array", counting_array)
    monkeypatch.setattr(Cleaner, "clean", counting_clean)
    prepared = preparation()({"train": train}, cache)
    found = json.loads((prepared.folder / "audit.json").read_text("utf-8"))["read"]["train"]
    assert sum(read) == found["rows"] * len(roles())
    assert len(cleaned) == found["rows"]


def test_rows_and_ids_of_a_split_belong_together(train, cache):
    prepared = preparation()({"train": train}, cache)
    for split, count in {"train": 48, "val": 6, "test": 6}.items():
        rows, ids = prepared.rows(split), prepared.ids(split)
        assert rows.num_rows == ids.num_rows == prepared.card.rows[split] == count
        assert prepared.fitted.encode(rows)["input_ids"].equals(ids["input_ids"])
        assert [prepared.card.target.labels[t] for t in ids["target"].to_pylist()] == rows[
            "label"
        ].to_pylist()


def test_prepared_data_are_mapped_not_loaded(train, cache):
    prepared = preparation()({"train": train}, cache)
    before = pa.total_allocated_bytes()
    tables = [prepared.ids("train"), prepared.rows("train")]
    assert pa.total_allocated_bytes() == before
    assert all(column.num_chunks == 1 for table in tables for column in table.columns)


def test_the_card_counts_what_was_prepared(train, cache):
    card = preparation(encode=Encoder(max_length=16))({"train": train}, cache).card
    assert card.target.labels == ["1", "2", "10"]
    assert card.target.counts == [16, 16, 16]
    assert card.input == TokenInput(card.input.vocab_size, 0, 16)
    assert isinstance(card.target, ClassTarget)


def test_given_labels_fix_the_order(train, cache):
    prepared = preparation(target=OneClass(labels=["10", "none", "1", "2"]))(
        {"train": train}, cache
    )
    assert prepared.card.target.labels == ["10", "none", "1", "2"]
    assert prepared.card.target.counts == [16, 0, 16, 16]
    row, target = prepared.rows("val")["label"][0].as_py(), prepared.ids("val")["target"][0].as_py()
    assert prepared.card.target.labels[target] == row


def test_a_label_that_the_given_ones_lack_is_told_with_its_place(train, cache):
    with pytest.raises(DataError, match="not among 1, 2") as error:
        preparation(target=OneClass(labels=["1", "2"]))({"train": train}, cache)
    assert (error.value.file, error.value.value) == (train, "10")
    assert some_rows()[error.value.row - 2][1] == "10"


@pytest.mark.parametrize(
    "options", [{}, {"target": OneClass(labels=["1", "2"])}], ids=["audit", "labels"]
)
def test_errors_name_the_column_as_the_file_does(options, cache, tmp_path):
    rows = some_rows() if options else [(text, "1") for text, _ in some_rows()]
    file = write(tmp_path / "train.csv", rows, ("review", "stars"))
    reader = Reader(roles(text="review", label="stars"))
    with pytest.raises(DataError) as error:
        preparation(read=reader, **options)({"train": file}, cache)
    assert error.value.column == "stars"


def test_a_label_of_val_that_train_lacks_is_told_with_its_place(train, cache, tmp_path):
    val = write(tmp_path / "val.csv", [("日月", "1"), ("盈昃", "7")])
    with pytest.raises(DataError) as error:
        preparation()({"train": train, "val": val}, cache)
    assert (error.value.file, error.value.row, error.value.value) == (val, 3, "7")


def test_given_splits_are_kept_and_leaks_leave_train(train, cache, tmp_path):
    rows = some_rows()
    val = [rows[3], ("  ", "1"), ("新", "2"), ("新", "2")]
    test = [rows[50], rows[3], ("<br>旧", "10")]
    files = {
        "train": train,
        "val": write(tmp_path / "val.csv", val),
        "test": write(tmp_path / "test.csv", test),
    }
    prepared = preparation()(files, cache)
    assert prepared.rows("val")["text"].to_pylist() == [rows[3][0], "", "新", "新"]
    assert prepared.rows("val")["label"].to_pylist() == [label for _, label in val]
    assert prepared.rows("test")["text"].to_pylist() == [rows[50][0], rows[3][0], "旧"]
    assert prepared.rows("test")["original"].to_pylist() == [text for text, _ in test]
    left = [text for i, (text, _) in enumerate(rows) if i not in (3, 50)]
    assert prepared.rows("train")["text"].to_pylist() == left


def test_only_what_is_missing_is_carved(train, cache, tmp_path):
    files = {"train": train, "test": write(tmp_path / "test.csv", [("新", "2"), ("旧", "1")])}
    assert preparation()(files, cache).card.rows == {"train": 54, "val": 6, "test": 2}


@pytest.mark.parametrize("tokenizer", ["characters", "wordpiece", "words"])
def test_val_and_test_do_not_shape_the_vocabulary(tokenizer, train, cache, tmp_path):
    odd = [("罕 rare", "1"), ("罕 rare", "2")]
    given = {s: write(tmp_path / f"{s}.csv", odd * 5) for s in ("val", "test")}
    encode = Encoder(tokenizer, min_count=1)
    known = vocabulary(preparation(encode=encode)({"train": train, **given}, cache))
    assert known
    assert not known & {"罕", "rare", "r", "##r"}


def test_carved_rows_do_not_shape_the_vocabulary(cache, tmp_path):
    rows = [(f"共{chr(0x4E00 + i)}", "ab"[i % 2]) for i in range(40)]
    prepared = preparation(encode=Encoder(min_count=1))(
        {"train": write(tmp_path / "train.csv", rows)}, cache
    )
    assert vocabulary(prepared) == set("".join(prepared.rows("train")["text"].to_pylist()))


def test_pairs_are_encoded_as_pairs(cache, tmp_path):
    rows = [(text, text[::-1], label) for text, label in some_rows()]
    file = write(tmp_path / "pairs.csv", rows, ("a", "b", "y"))
    reader = Reader(roles(text="a", pair="b", label="y"))
    prepared = preparation(read=reader, pair="b")({"train": file}, cache)
    assert prepared.card.input.pair
    types = prepared.ids("train")["token_type_ids"][0].as_py()
    assert types == sorted(types)
    assert set(types) == {0, 1}


def test_the_report_tells_what_was_read_cleaned_cut_and_unknown(cache, tmp_path):
    rows = [("<b>" + text + "</b>", label) for text, label in some_rows()] + [("<p>", "1")]
    file = write(tmp_path / "train.csv", rows)
    Path(file).write_text(Path(file).read_text("utf-8") + "no label\n", "utf-8")
    prepared = preparation(
        read=Reader(on_bad_row="quarantine"), encode=Encoder(max_length=4, min_count=1)
    )({"train": file}, cache)
    report = prepared.audit
    assert report["read"]["train"] == {"rows": 61, "quarantined": 1, "notes": []}
    assert report["clean"]["train"]["changed"]["html"] == 61
    assert report["clean"]["train"]["dropped"]["empty"] == 1
    assert report["encode"]["train"] == {
        **{
            "cut_share": 1.0,
            "unknown_share": 0.0,
            "unknown_rows": 0,
            "special_rows": 0,
            "pair_cut": 0,
        },
        **{"rows": 48, "ids": 96},
    }
    assert (prepared.folder / "train.quarantine.jsonl").exists()
    assert report["audit"]["splits"]["train"]["rows"] == 48


def test_shares_of_the_report_are_those_of_the_ids(train, cache, tmp_path):
    test = write(tmp_path / "test.csv", [("罕罕罕", "1"), ("罕", "2"), ("天" * 20, "1")])
    encode = Encoder(max_length=10, min_count=1)
    report = preparation(encode=encode)({"train": train, "test": test}, cache).audit
    assert report["encode"]["test"]["cut_share"] == pytest.approx(1 / 3)
    assert report["encode"]["test"]["unknown_share"] == pytest.approx(4 / (3 + 1 + 8))
    assert report["encode"]["test"]["unknown_rows"] == 2


def test_rows_that_cleaning_empties_stop_with_an_error(cache, tmp_path):
    file = write(tmp_path / "train.csv", [("<p>", "1"), ("<b>", "2")])
    with pytest.raises(DataError, match="no row is left after cleaning"):
        preparation()({"train": file}, cache)
