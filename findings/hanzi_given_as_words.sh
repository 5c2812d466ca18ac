#!/usr/bin/env bash
# transformers 5.23.0, tokenizers 0.23.3: Chinese sequence labelling comes as lists of characters, and
# with `is_split_into_words=True` they would give the pieces of the text, one would think, with
# `word_ids()` beside; with a Chinese BERT they do. A Metaspace tokenizer (XLM-R, e5, mDeBERTa) puts
# a space before each of them: no word of its vocabulary is found any more, almost each character is
# two pieces, and the first of the two, which gets the label by the usual recipe (-100 for the others),
# is a bare "▁" with nothing of the character in it. A model that has learned so gets other pieces when
# it is given plain text. Tokenize the text itself, and find the labels by `return_offsets_mapping`.
# Seen with multilingual-e5-small: 24 characters are 16 pieces as a text, 46 as a list.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q transformers==5.23.0 tokenizers==0.23.3
"$work/venv/bin/python" -W ignore - <<'PY'
import tokenizers
import transformers
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import BertTokenizer, PreTrainedTokenizerFast

transformers.logging.set_verbosity_error()
print("transformers", transformers.__version__, "tokenizers", tokenizers.__version__)
text = "这家酒店的服务非常周到"
characters = list(text)
words = ["这家", "酒店", "的服务", "非常", "周到"]
scored = [("<unk>", 0.0), ("▁", -3.0), *((x, -6.0) for x in words), *((x, -8.0) for x in characters)]
unigram = Tokenizer(models.Unigram(scored, 0))
unigram.pre_tokenizer = pre_tokenizers.Metaspace()
metaspace = PreTrainedTokenizerFast(tokenizer_object=unigram, unk_token="<unk>")
special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
bert = BertTokenizer(vocab={piece: i for i, piece in enumerate([*special, *characters])})


def read(name: str, tokenizer: PreTrainedTokenizerFast) -> tuple[bool, list[str]]:
    """Whether a list gives the pieces of the text, and the pieces that get the labels."""
    plain = tokenizer(text, add_special_tokens=False)
    split = tokenizer(characters, is_split_into_words=True, add_special_tokens=False)
    pieces, word_ids = split.tokens(), split.word_ids()
    labelled = [pieces[word_ids.index(place)] for place in range(len(characters))]
    print(f"{name}: {len(characters)} characters")
    print(f"  as a text {len(plain.tokens()):2} pieces: {plain.tokens()}")
    print(f"  as a list {len(pieces):2} pieces: {pieces}")
    return plain["input_ids"] == split["input_ids"], labelled


as_seen = read("BERT", bert) == (True, characters)
as_seen &= read("Metaspace", metaspace) == (False, ["▁"] * len(characters))
print("as described" if as_seen else "the behaviour has changed")
raise SystemExit(not as_seen)
PY
