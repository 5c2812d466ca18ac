"""Special tokens that somebody wrote into a text: ``[SEP]`` as five letters, or as the tokenizer's.

A tokenizer of ours never takes them for its own, since they would end a text, or mask a part of it.
"""

import re
from typing import Literal

from tokenizers import Regex, Tokenizer, pre_tokenizers

PAD, UNK, CLS, SEP, MASK = SPECIALS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
"""Those of trained tokenizers, the first of their vocabularies."""
SpecialText = Literal["keep", "split"]


def read_as_text(backend: Tokenizer, *, words: bool = False) -> Tokenizer:
    """Let the tokenizer read what looks like its special tokens as any text; gives it back.

    `Tokenizer.encode_special_tokens`, the ``split_special_tokens`` of `transformers`, does half of
    it: it passes over the tokens that were *added* to a vocabulary. Those that stand in it as well
    (``<s>`` in that of XLM-R, all of a vocabulary of words) are found there again, so they are cut
    after their first character before the vocabulary is asked.

    Args:
        backend: the Rust tokenizer, which is changed.
        words: whether it is given words.
    """
    backend.encode_special_tokens = True
    names = [t.content for t in backend.get_added_tokens_decoder().values() if t.special]
    found = [name for name in names if _is_one_token(name, backend, words)]
    if backend.normalizer is not None:
        found = [backend.normalizer.normalize_str(name) for name in found]
    if found := [name for name in found if len(name) > 1]:
        first = (f"{re.escape(name[0])}(?={re.escape(name[1:])})" for name in found)
        cut = pre_tokenizers.Split(Regex("|".join(first)), "isolated")
        before = [backend.pre_tokenizer] if backend.pre_tokenizer is not None else []
        backend.pre_tokenizer = pre_tokenizers.Sequence([*before, cut])
    return backend


def _is_one_token(name: str, backend: Tokenizer, words: bool) -> bool:
    text = [name] if words else name
    read = backend.encode(text, is_pretokenized=words, add_special_tokens=False)
    found = zip(read.ids, read.offsets, strict=True)
    return any(i == backend.token_to_id(name) and to - at == len(name) for i, (at, to) in found)


def special_ids(backend: Tokenizer, unk_id: int | None) -> list[int]:
    """The ids that mean no text, but for the unknown one."""
    added = backend.get_added_tokens_decoder()
    return sorted(index for index, token in added.items() if token.special and index != unk_id)
