#!/usr/bin/env bash
# datasets 5.2.0: each Parquet file it writes holds the names of its classes, and `concatenate_datasets`
# refuses sets whose names differ. `load_dataset("parquet", …)` of the same files doesn't: it reads all
# with the names of the first, over files and over splits, and keeps the numbers. Where the names were
# found in each file by itself (class_encode_column sorts what is there), a split without one of the
# classes has its labels shifted: good reviews become neutral ones. No error, no warning; `cast` to the
# features of another set does the same. Write names as text, or hand the same ClassLabel to each file.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q datasets==5.2.0 pyarrow==26.0.1
cd "$work"
HF_HOME="$work/hub" HF_HUB_OFFLINE=1 "$work/venv/bin/python" - <<'PY'
import datasets
import pyarrow
from datasets import Dataset, concatenate_datasets, load_dataset

datasets.disable_progress_bars()
print("datasets", datasets.__version__, "pyarrow", pyarrow.__version__)
rows = {
    "train": {"不错": "好评", "一般": "中评", "太差": "差评"},
    "test": {"很好": "好评", "糟糕": "差评"},
}
files = {split: f"{split}.parquet" for split in rows}
written = {}
for split, labels in rows.items():
    table = Dataset.from_dict({"text": list(labels), "label": list(labels.values())})
    written[split] = table.class_encode_column("label")
    written[split].to_parquet(files[split])


def named(found: Dataset) -> dict[str, str]:
    """The text of each row and the name of its class."""
    names = found.features["label"]
    return {row["text"]: names.int2str(row["label"]) for row in found}


def shown(what: str, found: Dataset) -> dict[str, str]:
    print(f"{what:22} {found.features['label'].names} {named(found)}")
    return named(found)


alone = shown("test.parquet alone", load_dataset("parquet", data_files=files["test"], split="train"))
split = shown("as split of two", load_dataset("parquet", data_files=files)["test"])
joined = shown("both as one", load_dataset("parquet", data_files=list(files.values()), split="train"))
cast = shown("cast", written["test"].cast(written["train"].features))
try:
    concatenate_datasets(list(written.values()))
    refused = False
except ValueError as error:
    refused = True
    print(f"concatenated:          ValueError: {str(error)[:60]}…")
wrong = {"很好": "中评", "糟糕": "好评"}
as_seen = refused and alone == rows["test"] and split == cast == wrong
as_seen &= joined == rows["train"] | wrong
print("as described" if as_seen else "the behaviour has changed")
raise SystemExit(not as_seen)
PY
