#!/usr/bin/env bash
# transformers 5.23.0, tokenizers 0.23.3: a mask in a Chinese text should give the pieces of the text
# with one or some of them masked; with BERT it does. XLM-R's tokenizer begins anew after each special
# or added token, and each beginning gets the space "▁": 今天<mask>很好 is read as 今天<mask> 很好, which
# has other pieces than any text the model has seen, and the "▁" has the offsets of the character
# behind it. So is what a model is asked to fill in, and so is each text with a word of `add_tokens`,
# which decodes with a space that nobody has written. In English the space is there anyway. Put the
# mask's id among the ids of the text; for added words set `Metaspace(prepend_scheme="first")`, on each
# load, since the class builds its own.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q transformers==5.23.0 tokenizers==0.23.3
"$work/venv/bin/python" -W ignore - <<'PY'
import tokenizers
import transformers
from tokenizers import pre_tokenizers
from transformers import BertTokenizer, XLMRobertaTokenizer

print("transformers", transformers.__version__, "tokenizers", tokenizers.__version__)
text = "今天天气很好"
special = ["<s>", "<pad>", "</s>", "<unk>"]
pieces = ["▁今天", "天气", "很好", "▁", "今", "天", "气", "很", "好"]
scored = [*((piece, 0.0) for piece in special), *((x, -2.0 - i) for i, x in enumerate(pieces))]
xlmr = XLMRobertaTokenizer(vocab=[*scored, ("<mask>", 0.0)])
bert = BertTokenizer(vocab={x: i for i, x in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *text])})


def read(name: str, tokenizer: XLMRobertaTokenizer, what: str) -> tuple[list[str], str]:
    """The pieces of a text, and the text decoded from them."""
    ids = tokenizer(what, add_special_tokens=False)["input_ids"]
    found = tokenizer.convert_ids_to_tokens(ids), tokenizer.decode(ids)
    print(f"{name:15} {what:12} {found[0]} → {found[1]}")
    return found


plain = read("XLM-R", xlmr, text)
masked = read("XLM-R", xlmr, "今天<mask>很好")
other = read("BERT", bert, "今天[MASK]很好")
as_seen = plain == (["▁今天", "天气", "很好"], text) and other[0] == ["今", "天", "[MASK]", "很", "好"]
as_seen &= masked == (["▁今天", "<mask>", "▁", "很好"], "今天<mask> 很好")
xlmr.add_tokens(["天气"])
as_seen &= read("天气 added", xlmr, text) == (["▁今天", "天气", "▁", "很好"], "今天天气 很好")
xlmr.backend_tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")
as_seen &= read("scheme: first", xlmr, text) == plain
as_seen &= read("scheme: first", xlmr, "今天<mask>很好")[0] == ["▁今天", "<mask>", "很好"]
print("as described" if as_seen else "the behaviour has changed")
raise SystemExit(not as_seen)
PY
