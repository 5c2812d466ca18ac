#!/usr/bin/env bash
# transformers 5.23.0: up to version 4 a tokenizer was made by `BertTokenizer(vocab_file=path)`. The
# argument is called `vocab` now; the old name would be read still, or raise, one would think. It is
# taken like any other keyword and ignored, without a word: the tokenizer has its five special tokens
# and reads each word as [UNK], RoBERTa's and GPT-2's lose it altogether. A file that doesn't exist is as
# good, and so is a keyword misspelt. Training runs, on nothing. Use `from_pretrained` of the folder,
# and hold `len(tokenizer)` against the `vocab_size` of the model.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q transformers==5.23.0 tokenizers==0.23.3
cd "$work"
"$work/venv/bin/python" -W error - <<'PY'
import json
from pathlib import Path

import transformers
from tokenizers import pre_tokenizers
from transformers import BertTokenizer, GPT2Tokenizer, RobertaTokenizer

print("transformers", transformers.__version__)
text = "今天天气很好"
special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
Path("vocab.txt").write_text("\n".join([*special, *sorted(set(text))]) + "\n", encoding="utf-8")
letters = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", *sorted(pre_tokenizers.ByteLevel.alphabet())]
Path("vocab.json").write_text(json.dumps({piece: i for i, piece in enumerate(letters)}))
Path("merges.txt").write_text("#version: 0.2\n")

found = {}
bytewise = {"vocab_file": "vocab.json", "merges_file": "merges.txt"}
for name, build in {
    "BertTokenizer.from_pretrained('.')": lambda: BertTokenizer.from_pretrained("."),
    "BertTokenizer(vocab=…)": lambda: BertTokenizer(vocab="vocab.txt"),
    "BertTokenizer(vocab_file=…)": lambda: BertTokenizer(vocab_file="vocab.txt"),
    "BertTokenizer(vocab_file=nowhere)": lambda: BertTokenizer(vocab_file="nowhere/vocab.txt"),
    "RobertaTokenizer(vocab_file=…)": lambda: RobertaTokenizer(**bytewise),
    "GPT2Tokenizer(vocab_file=…)": lambda: GPT2Tokenizer(**bytewise),
}.items():
    tokenizer = build()
    found[name] = tokenizer.tokenize(text)
    print(f"{name:35} {len(tokenizer):2} pieces in the vocabulary: {found[name]}")
read, unknown = list(text), ["[UNK]"] * len(text)
as_seen = list(found.values()) == [read, read, unknown, unknown, [], []]
print("as described" if as_seen else "the behaviour has changed")
raise SystemExit(not as_seen)
PY
