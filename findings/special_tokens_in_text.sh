#!/usr/bin/env bash
# transformers 5.23.0, tokenizers: `split_special_tokens=True` is to read "</s>" in a text as four
# characters. With SentencePiece kinds (XLM-R, T5, …), whose special tokens are pieces of the
# vocabulary as well, it changes nothing: the text still gets the id that ends a sequence. And without
# any special token in it, a text gets that id where it is normalised to one: the full-width ＜/s＞ of
# a Chinese keyboard, under NFKC. So what a user types can end or pad a sequence, whatever is asked.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q transformers==5.23.0 tokenizers==0.23.3
"$work/venv/bin/python" - <<'PY'
import tokenizers
import transformers
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
from transformers import PreTrainedTokenizerFast

print("transformers", transformers.__version__, "tokenizers", tokenizers.__version__)
names = {"pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
text, wide = "好</s>坏", "好＜/s＞坏"


def read(kind: str, backend: Tokenizer) -> list[bool]:
    """Whether the id of the end stands in a text: kept, split, and full-width under split."""
    found = []
    for what, split in ((text, False), (text, True), (wide, True)):
        fast = PreTrainedTokenizerFast(tokenizer_object=backend, split_special_tokens=split, **names)
        ids = fast(what, add_special_tokens=False)["input_ids"]
        found.append(fast.eos_token_id in ids)
        print(f"{kind:14} split={split!s:5} {what}: {fast.convert_ids_to_tokens(ids)}")
    return found


pieces = ["<pad>", "</s>", "<unk>", "▁", "<", "/", "s", ">", "好", "坏"]
unigram = Tokenizer(models.Unigram([(piece, -1.0) for piece in pieces], 2))
unigram.normalizer = normalizers.NFKC()
unigram.pre_tokenizer = pre_tokenizers.Metaspace()
characters = Tokenizer(models.WordLevel({p: i for i, p in enumerate(pieces)}, "<unk>"))
characters.normalizer = normalizers.NFKC()
characters.pre_tokenizer = pre_tokenizers.Split("", "isolated")
as_seen = read("SentencePiece", unigram) == [True, True, True]
as_seen &= read("characters", characters) == [True, False, False]
print("as described" if as_seen else "the behaviour has changed")
raise SystemExit(not as_seen)
PY
