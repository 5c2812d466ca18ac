#!/usr/bin/env bash
# datasets 5.2.0: `DatasetDict.class_encode_column` should give all splits the same classes, since a
# model has one list of them. It sorts what it finds in each split by itself: where one lacks a class, a
# number means something else there. `concatenate_datasets` would refuse the two; the DatasetDict
# doesn't, nor does `load_dataset("parquet", …)` of the files it writes. Each file holds its names, but
# all are read with those of the first, over files and over splits, and the numbers are kept: good
# reviews have become neutral ones, by name too. So does `cast` to the features of another set. No
# error, no warning. `align_labels_with_mapping` goes by the names: call it before you write.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q datasets==5.2.0 pyarrow==26.0.1
cd "$work"
HF_HOME="$work/hub" HF_HUB_OFFLINE=1 "$work/venv/bin/python" - <<'PY'
import datasets
import pyarrow
from datasets import Dataset, DatasetDict, concatenate_datasets, load_dataset

datasets.disable_progress_bars()
print("datasets", datasets.__version__, "pyarrow", pyarrow.__version__)
rows = {
    "train": {"不错": "好评", "一般": "中评", "太差": "差评"},
    "test": {"很好": "好评", "糟糕": "差评"},
}
texts = {
    split: Dataset.from_dict({"text": list(labels), "label": list(labels.values())})
    for split, labels in rows.items()
}
encoded = DatasetDict(texts).class_encode_column("label")
files = {split: f"{split}.parquet" for split in rows}
for split, path in files.items():
    encoded[split].to_parquet(path)


def shown(what: str, found: Dataset) -> dict[str, str]:
    """The text of each row and the name of its class."""
    names = found.features["label"]
    named = {row["text"]: names.int2str(row["label"]) for row in found}
    print(f"{what:19} {names.names} {found['label'][:]} {named}")
    return named


train = shown("encoded, train", encoded["train"])
test = shown("encoded, test", encoded["test"])
split = shown("files, test", load_dataset("parquet", data_files=files)["test"])
joined = shown("files as one", load_dataset("parquet", data_files=list(files.values()), split="train"))
cast = shown("cast, test", encoded["test"].cast(encoded["train"].features))
order = {name: i for i, name in enumerate(encoded["train"].features["label"].names)}
aligned = encoded["test"].align_labels_with_mapping(order, "label")
right = shown("aligned, test", aligned)
try:
    concatenate_datasets(list(encoded.values()))
    refused = False
except ValueError as error:
    refused = True
    print(f"concatenated        ValueError: {str(error)[:60]}…")
wrong = {"很好": "中评", "糟糕": "好评"}
as_seen = refused and train == rows["train"] and test == right == rows["test"]
as_seen &= encoded["train"]["label"][:] == [1, 0, 2] and encoded["test"]["label"][:] == [0, 1]
as_seen &= split == cast == wrong and joined == rows["train"] | wrong
as_seen &= aligned["label"][:] == [1, 2]
print("as described" if as_seen else "the behaviour has changed")
raise SystemExit(not as_seen)
PY
