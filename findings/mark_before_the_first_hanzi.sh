#!/usr/bin/env bash
# A tokenizer with Metaspace (XLM-R, multilingual E5, T5, Llama) puts a mark "▁" before a text. Where
# that mark is a piece of its own, as before many Chinese texts, its offsets are not empty: they are
# those of the first character, which the next piece has as well (of the first two in 重庆大学 with the
# vocabulary of XLM-R, whose next piece is 重庆). Who labels pieces by the characters
# that they cover labels the first hanzi twice, so a name at the beginning of a text has one B- too
# many, and who joins the surfaces of pieces gets that hanzi twice. Of pieces with the same begin, only
# the last one stands for text. Exits non-zero if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q tokenizers==0.23.3
cat > mark.py <<'PYTHON'
import tokenizers
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

print("tokenizers", tokenizers.__version__)
text = "王小明在北京"
tokenizer = Tokenizer(models.Unigram())
tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
trainer = trainers.UnigramTrainer(vocab_size=12, special_tokens=["<unk>"], unk_token="<unk>")
tokenizer.train_from_iterator([text, "在北京", "小明"] * 20, trainer)
found = tokenizer.encode(text)
for piece, (begin, end) in zip(found.tokens, found.offsets):
    print(f"{piece}\t{begin}:{end}\t{text[begin:end]}")
joined = "".join(text[begin:end] for begin, end in found.offsets)
print("the characters of all pieces, joined:", joined)
assert found.tokens[0] == "▁", "changed: the mark is no piece of its own"
assert found.offsets[0] == found.offsets[1][:1] + (1,), "changed: the mark covers no character"
assert joined == text[0] + text
print("as described")
PYTHON
venv/bin/python mark.py
