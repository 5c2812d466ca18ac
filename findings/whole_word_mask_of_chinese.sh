#!/usr/bin/env bash
# transformers 5.23.0: `whole_word_mask=True` of DataCollatorForLanguageModeling takes pieces whose
# offsets touch for one word. Chinese has no gaps, and pieces of a Metaspace tokenizer (XLM-R, e5, T5)
# contain theirs; so all that stands between two spaces, or the whole text, English too, is "a word".
# One would expect about 15 % of each text masked. On average it is; but most texts have no mask at
# all, which teach nothing, and the others nothing else, from which nothing can be told. No warning.
# `word_ids()` knows no Chinese words either: segment the text first, and draw words by yourself.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q transformers==5.23.0 tokenizers==0.23.3 numpy==2.4.6
"$work/venv/bin/python" -W ignore - <<'PY'
import numpy as np
import tokenizers
import transformers
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import BertTokenizer, DataCollatorForLanguageModeling, PreTrainedTokenizerFast

print("transformers", transformers.__version__, "tokenizers", tokenizers.__version__)
chinese = "这家酒店的服务非常周到，下次来这里出差还会再住。"
english = "the service of this hotel was good and we will stay here again"
letters = sorted(set(chinese + english) - {" "})
names = {"pad_token": "[PAD]", "unk_token": "[UNK]", "mask_token": "[MASK]"}

special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
pieces = special + letters + [f"##{x}" for x in letters]
bert = BertTokenizer(vocab={piece: i for i, piece in enumerate(pieces)})
unigram = Tokenizer(models.Unigram([(x, -2.0) for x in [*special, "▁", *letters]], 1))
unigram.pre_tokenizer = pre_tokenizers.Metaspace()
metaspace = PreTrainedTokenizerFast(tokenizer_object=unigram, **names)


def none_and_all(tokenizer: PreTrainedTokenizerFast, text: str, whole: bool) -> tuple[float, float]:
    """Shares of 1,000 masked copies of a text in which no piece is masked, and all or all but two."""
    keys = {"return_special_tokens_mask": True, "return_offsets_mapping": whole}
    row = dict(tokenizer(text, **keys))
    collate = DataCollatorForLanguageModeling(
        tokenizer, whole_word_mask=whole, mlm_probability=0.15, return_tensors="np", seed=0
    )
    masked = (collate([dict(row) for _ in range(1000)])["labels"] != -100).sum(1)
    length = len(row["input_ids"]) - sum(row["special_tokens_mask"])
    return float(np.mean(masked == 0)), float(np.mean(masked >= length - 2))


found = {}
for name, tokenizer in (("BERT", bert), ("Metaspace", metaspace)):
    for language, text in (("Chinese", chinese), ("English", english)):
        for whole in (False, True):
            found[name, language, whole] = none, full = none_and_all(tokenizer, text, whole)
            print(f"{name:10}{language} whole_word_mask={whole!s:5}  no mask {none:4.0%}  all masked {full:4.0%}")
by_words = [found["BERT", "English", True], *(found[key] for key in found if not key[2])]
by_texts = [found["BERT", "Chinese", True], found["Metaspace", "Chinese", True], found["Metaspace", "English", True]]
as_seen = all(none < 0.2 and full == 0 for none, full in by_words)
as_seen &= all(none > 0.6 and full > 0.1 for none, full in by_texts)
print("as described" if as_seen else "the behaviour has changed")
raise SystemExit(not as_seen)
PY
