#!/usr/bin/env bash
# transformers 5.23.0: a class of one's own below `PreTrainedTokenizerFast` reads another tokenizer out
# of the same tokenizer.json as soon as it has an `__init__`, be it one that only calls the parent's.
# `from_pretrained` then hands over the vocabulary alone: normalizer and pre-tokenizer are gone, and
# WordPiece comes back as a BPE without merges, so that words fall apart into letters. No warning; a
# Unigram's unknown id becomes 0. Code that came with models in the days of 4.x is written this way.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q transformers==5.23.0 tokenizers==0.23.3
"$work/venv/bin/python" - "$work/model" <<'PY'
import sys

import tokenizers
import transformers
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
from transformers import PreTrainedTokenizerFast

print("transformers", transformers.__version__, "tokenizers", tokenizers.__version__)
folder = sys.argv[1]
pieces = ["[PAD]", "[UNK]", "fine", "##ly", *"finely"]
backend = Tokenizer(models.WordPiece({p: i for i, p in enumerate(dict.fromkeys(pieces))}, unk_token="[UNK]"))
backend.normalizer = normalizers.Lowercase()
backend.pre_tokenizer = pre_tokenizers.Whitespace()
names = {"pad_token": "[PAD]", "unk_token": "[UNK]"}
PreTrainedTokenizerFast(tokenizer_object=backend, **names).save_pretrained(folder)


class Bare(PreTrainedTokenizerFast):
    pass


class Own(PreTrainedTokenizerFast):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)


found = {}
for kind in (Bare, PreTrainedTokenizerFast, Own):
    loaded = kind.from_pretrained(folder)
    inside = loaded.backend_tokenizer
    found[kind.__name__] = loaded.tokenize("FINELY finely")
    model = type(inside.model).__name__
    print(f"{kind.__name__:24} {model:9} normalizer {inside.normalizer!s:12} {found[kind.__name__]}")
right = ["fine", "##ly", "fine", "##ly"]
own = type(Own.from_pretrained(folder).backend_tokenizer.model).__name__
as_seen = found["Bare"] == found[PreTrainedTokenizerFast.__name__] == right
as_seen &= found["Own"] != right and own == "BPE"
print("as described" if as_seen else "the behaviour has changed")
raise SystemExit(not as_seen)
PY
