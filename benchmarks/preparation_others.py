"""What a preparation is measured against: the same steps by pandas, or by Hugging Face's datasets.

    python benchmarks/preparation_others.py pandas|datasets FILE FOLDER

Reads a CSV of ``text`` and ``label``, cleans it, drops empty, doubled and contradictory texts,
splits it 8 : 1 : 1 in proportion, trains a tokenizer of characters on train, and writes the ids of
all splits. Prints rows and ids as JSON.
"""

import html
import json
import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u200b-\u200f\u2060-\u206f\ufeff]")
WIDE = {
    code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F) if chr(code) not in "！（），：；？～"
}
SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
LONGEST, AT_ONCE = 128, 10_000


def clean(text: str) -> str:
    """Without tags, entities, control characters and full-width letters."""
    bare = CONTROL.sub("", html.unescape(TAG.sub(" ", text)))
    return " ".join(unicodedata.normalize("NFC", bare).translate(WIDE | {0x3000: " "}).split())


def key(text: str) -> str:
    """What two texts that count as one have in common."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def train_tokenizer(texts: Iterable[str]) -> Tokenizer:
    """A tokenizer of characters."""
    tokenizer = Tokenizer(models.WordLevel(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    trainer = trainers.WordLevelTrainer(
        vocab_size=8000, min_frequency=2, special_tokens=SPECIALS, show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.enable_truncation(LONGEST)
    return tokenizer


def by_pandas(file: str, folder: str) -> dict[str, int]:
    """With one column after another."""
    import pandas as pd
    from sklearn.model_selection import train_test_split

    table = pd.read_csv(file, dtype=str, keep_default_na=False)
    table["original"], table["text"] = table["text"], table["text"].map(clean)
    table = table[table["text"] != ""]
    table["key"] = table["text"].map(key)
    table = table[table.groupby("key")["label"].transform("nunique") == 1]
    table = table.drop_duplicates("key")
    table["target"] = table["label"].astype("category").cat.codes
    rest, test = train_test_split(table, test_size=0.1, stratify=table["target"], random_state=0)
    train, val = train_test_split(rest, test_size=1 / 9, stratify=rest["target"], random_state=0)
    tokenizer = train_tokenizer(train["text"])
    ids = 0
    for name, split in {"train": train, "val": val, "test": test}.items():
        rows = [ids for part in _parts(split["text"].tolist()) for ids in _encoded(tokenizer, part)]
        ids += sum(map(len, rows))
        split.drop(columns="key").assign(input_ids=rows).to_parquet(f"{folder}/{name}.parquet")
    return {"rows": len(table), "ids": ids}


def by_datasets(file: str, folder: str) -> dict[str, int]:
    """With batches, each step a file of its own cache."""
    from datasets import disable_progress_bars, load_dataset

    disable_progress_bars()
    data = load_dataset("csv", data_files=file, split="train", cache_dir=folder)
    data = data.map(
        lambda rows: {
            "original": rows["text"],
            "text": (texts := [*map(clean, rows["text"])]),
            "key": [*map(key, texts)],
        },
        batched=True,
    )
    labels: dict[str, set[str]] = {}
    for rows in data.select_columns(["key", "label"]).iter(AT_ONCE):
        for text, label in zip(rows["key"], rows["label"], strict=True):
            labels.setdefault(text, set()).add(label)

    def first_of_one_label(text: str) -> bool:
        return bool(text) and len(labels.pop(text, "..")) == 1

    data = data.filter(lambda rows: [*map(first_of_one_label, rows["key"])], batched=True)
    data = data.remove_columns("key").class_encode_column("label")
    rest, test = data.train_test_split(0.1, stratify_by_column="label", seed=0).values()
    train, val = rest.train_test_split(1 / 9, stratify_by_column="label", seed=0).values()
    tokenizer = train_tokenizer(t for rows in train.iter(AT_ONCE) for t in rows["text"])
    ids = 0
    for name, split in {"train": train, "val": val, "test": test}.items():
        encoded = split.map(
            lambda rows: {"input_ids": _encoded(tokenizer, rows["text"])}, batched=True
        )
        encoded.save_to_disk(f"{folder}/{name}")
        ids += sum(len(row) for rows in encoded.iter(AT_ONCE) for row in rows["input_ids"])
    return {"rows": data.num_rows, "ids": ids}


def _parts(texts: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(texts), AT_ONCE):
        yield texts[start : start + AT_ONCE]


def _encoded(tokenizer: Any, texts: list[str]) -> list[list[int]]:
    return [encoding.ids for encoding in tokenizer.encode_batch_fast(texts)]


if __name__ == "__main__":
    way, *places = sys.argv[1:]
    print(json.dumps({"pandas": by_pandas, "datasets": by_datasets}[way](*places)))
