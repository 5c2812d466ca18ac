"""Data sets of Hugging Face as sources of rows."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from text_parts import roles

from weitiao.errors import ConfigError, DataError, MissingExtra
from weitiao.io.tables import Reader

ROWS = [("很好", 1), ("不好", 0), ("行", 1)]
FEATURES = {"info": {"features": {"label": {"names": ["差评", "好评"], "_type": "ClassLabel"}}}}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def datasets(here: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    library = pytest.importorskip("datasets")
    monkeypatch.setattr(library.config, "HF_DATASETS_CACHE", here / "hf-cache")
    monkeypatch.setattr(library.config, "HF_HUB_OFFLINE", False)
    return library


def table(rows: list[tuple[str, int]]) -> pa.Table:
    columns = {"text": [text for text, _ in rows], "label": [label for _, label in rows]}
    return pa.table(columns).replace_schema_metadata({"huggingface": json.dumps(FEATURES)})


def save(folder: str, rows: list[tuple[str, int]], split: str | None = None) -> None:
    """What ``Dataset.save_to_disk`` writes, in shards of two rows."""
    Path(folder).mkdir(parents=True)
    files = []
    for start in range(0, len(rows), 2):
        files.append({"filename": f"data-{start // 2:05d}-of-00002.arrow"})
        part = table(rows[start : start + 2])
        with pa.ipc.new_stream(f"{folder}/{files[-1]['filename']}", part.schema) as writer:
            writer.write_table(part)
    state = json.dumps({"_data_files": files, "_split": split})
    Path(folder, "state.json").write_text(state)


def read(name: Any, **options: Any) -> pa.Table:
    return Reader(**options).read(name, Path("out.arrow"), Path("bad.jsonl"))


def check(found: pa.Table, name: str) -> None:
    assert found["text"].to_pylist() == [text for text, _ in ROWS]
    assert found["label"].to_pylist() == ["好评", "差评", "好评"]
    assert found["row"].to_pylist() == [1, 2, 3]
    assert found["file"].unique().to_pylist() == [name]


def test_a_saved_data_set_needs_no_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    save("one", ROWS)
    for name in ("hf:one", "hf:one#train"):
        check(read(name), name)
    save("two/train", ROWS, "train")
    save("two/test", ROWS[:1], "test")
    Path("two/dataset_dict.json").write_text('{"splits": ["train", "test"]}')
    check(read("hf:two#train"), "hf:two#train")
    both = read(["hf:two#train", "hf:two#test"])
    assert both["row"].to_pylist() == [1, 2, 3, 1]
    Path("two/train/data-00001-of-00002.arrow").unlink()
    with pytest.raises(DataError, match=r"data-00001-of-00002\.arrow"):
        read("hf:two#train")
    with pytest.raises(MissingExtra, match=r"weitiao\[datasets\]"):
        read("hf:some/name#train")


def test_what_the_library_saves_is_read(datasets: Any) -> None:
    classes = datasets.ClassLabel(names=["差评", "好评"])
    features = datasets.Features({"text": datasets.Value("string"), "label": classes})
    columns = {"text": [t for t, _ in ROWS] + ["x"], "label": [n for _, n in ROWS] + [0]}
    whole = datasets.Dataset.from_dict(columns, features=features)
    whole.select([2, 1, 0]).select([2, 1, 0]).save_to_disk("saved", num_shards=2)
    check(read("hf:saved"), "hf:saved")
    datasets.DatasetDict({"a": whole, "b": whole.select(range(3))}).save_to_disk("splits")
    check(read("hf:splits#b"), "hf:splits#b")


def hub_layout(folder: str) -> None:
    Path(folder, "data").mkdir(parents=True)
    pq.write_table(table(ROWS), f"{folder}/data/train-00000-of-00001.parquet")
    pq.write_table(table(ROWS[:1]), f"{folder}/data/test-00000-of-00001.parquet")


def test_a_folder_laid_out_as_on_the_hub_is_read(datasets: Any) -> None:
    hub_layout("copy")
    check(read("hf:copy#train"), "hf:copy#train")
    assert read("hf:copy#test").num_rows == 1


def by_name(path: str, rows: dict[str, str], names: list[str] | None) -> None:
    """A Parquet file of texts and labels, which are numbers if they have names."""
    if names is None:
        pq.write_table(pa.table({"text": [*rows], "label": [int(n) for n in rows.values()]}), path)
        return
    columns = {"text": [*rows], "label": [names.index(name) for name in rows.values()]}
    features = {"label": {"names": names, "_type": "ClassLabel"}}
    noted = json.dumps({"info": {"features": features}})
    pq.write_table(pa.table(columns).replace_schema_metadata({"huggingface": noted}), path)


@pytest.mark.parametrize("names", [["差评", "好评"], ["好评", "差评"], ["好评", "中评", "差评"]])
def test_classes_of_parquet_files_keep_the_names_of_their_file(
    datasets: Any, names: list[str]
) -> None:
    Path("copy/data").mkdir(parents=True)
    first, second = {"不好": "差评", "好": "好评"}, {"糟糕": "差评", "很好": "好评"}
    by_name("copy/data/train-00000-of-00002.parquet", first, ["差评", "好评"])
    by_name("copy/data/train-00001-of-00002.parquet", second, names)
    by_name("copy/data/test-00000-of-00001.parquet", second, names)
    train, test = read("hf:copy#train"), read("hf:copy#test")
    assert dict(zip(train["text"].to_pylist(), train["label"].to_pylist(), strict=True)) == (
        first | second
    )
    assert train["row"].to_pylist() == [1, 2, 3, 4]
    assert train["file"].unique().to_pylist() == ["hf:copy#train"]
    assert dict(zip(test["text"].to_pylist(), test["label"].to_pylist(), strict=True)) == second


def test_numbers_without_names_beside_different_names_are_refused(datasets: Any) -> None:
    Path("copy").mkdir()
    by_name("copy/train-0.parquet", {"好": "好评"}, ["好评", "差评"])
    by_name("copy/train-1.parquet", {"坏": "差评"}, ["差评", "好评"])
    by_name("copy/test-0.parquet", {"不好": "1"}, None)
    said = r"test-0(?s:.)*'label'(?s:.)*好评, 差评 in .*train-0(?s:.)*差评, 好评 in .*train-1"
    with pytest.raises(DataError, match=said):
        read("hf:copy#train")


def test_a_name_is_loaded_from_the_hub(datasets: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    hub_layout("copy")
    load, asked = datasets.load_dataset, []

    def load_dataset(name: str, config: str | None) -> Any:
        asked.append((name, config, datasets.config.HF_HUB_OFFLINE))
        return load("copy")

    monkeypatch.setattr("weitiao.io.tables.huggingface.only_local", lambda *_: False)
    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    check(read("hf:owner/name:zh#train"), "hf:owner/name:zh#train")
    assert asked == [("owner/name", "zh", False)]


def test_without_a_network_a_name_is_told_soon(
    datasets: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    began = time.monotonic()
    with pytest.raises(ConfigError, match=r"owner/name(?s:.)*save_to_disk"):
        read("hf:owner/name#train")
    assert time.monotonic() - began < 8
    assert datasets.config.HF_HUB_OFFLINE is False


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("hf:two", {}, r"splits of this data set are train, test(?s:.)*hf:two#train"),
        ("hf:two#validation", {}, "splits of this data set are train, test"),
        ("hf:two:zh#train", {}, "no configurations"),
        ("hf:", {}, "names no data set"),
        ("hf:broken", {}, "saved whole"),
        ("two", {}, r"not a file(?s:.)*hf:two#train"),
        (["hf:two#test", "hf:two#test"], {}, "named twice"),
        ("hf:two#test", {"columns": roles("txt")}, "did you mean 'text'"),
        ("hf:two#test", {"format": "arrow"}, "format has no effect"),
        ("hf:two#test", {"encoding": "utf-8"}, "encoding has no effect"),
        ("hf:two#train", {}, "row 3, column 'label': the value is missing"),
    ],
)
def test_a_fault_is_told(name: Any, options: dict[str, Any], message: str) -> None:
    save("two/train", [*ROWS[:2], ("无", -1)])
    save("two/test", ROWS)
    Path("two/dataset_dict.json").write_text('{"splits": ["train", "test"]}')
    Path("broken").mkdir()
    Path("broken/state.json").write_text("{}")
    with pytest.raises((ConfigError, DataError), match=message):
        read(name, **options)
