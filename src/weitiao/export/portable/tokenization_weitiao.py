"""The tokenizer of an exported model, as `AutoTokenizer` loads it: it cleans and cuts as well."""

from pathlib import Path
from typing import Any

from tokenizers import Tokenizer
from transformers import BatchEncoding, PreTrainedTokenizerFast

from .text import Reader


class WeitiaoTokenizer(PreTrainedTokenizerFast):
    """Reads texts as in training; options of padding and cutting have no effect.

    Called, it gives what the model reads; all else is that of the tokenizer underneath.
    """

    vocab_files_names = {  # noqa: RUF012 - as transformers has it
        "tokenizer_file": "tokenizer.json",
        "backend_file": "tokenizer.json",
        "text_file": "text.json",
        "features_file": "features.npz",
    }
    model_input_names = ["input_ids", "token_type_ids", "attention_mask"]  # noqa: RUF012 - likewise

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        names = ("backend_file", "text_file", "features_file")
        files = [Path(file) if (file := kwargs.pop(name, None)) else None for name in names]
        super().__init__(*args, **kwargs)
        self._reader = None
        if files[0] and files[1]:
            # transformers 5.23 makes a tokenizer of a class of one's own from the vocabulary alone
            self._tokenizer: Any = Tokenizer.from_file(str(files[0]))
            self._reader = Reader(files[1], Tokenizer.from_file(str(files[0])), files[2])

    def __call__(
        self, text: Any, text_pair: Any = None, return_tensors: str | None = None, **_: Any
    ) -> BatchEncoding:
        """``(B, T)``; of one text without tensors, lists without ``B``."""
        if self._reader is None:
            raise ValueError("text.json is missing beside tokenizer.json")
        one = isinstance(text, str)
        pairs = None if text_pair is None else [text_pair] if one else list(text_pair)
        inputs = self._reader([text] if one else list(text), pairs)
        values = {name: array.tolist() for name, array in inputs.items()}
        values["attention_mask"] = inputs["attention_mask"].astype(int).tolist()
        if one and return_tensors is None:
            values = {name: rows[0] for name, rows in values.items()}
        return BatchEncoding(values, tensor_type=return_tensors)
