"""A pretrained tokenizer by name or folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from weitiao.errors import ConfigError
from weitiao.inputs.text.contamination_index import SEEN
from weitiao.inputs.text.special_tokens import SpecialText
from weitiao.io.hub import only_local, searched

_VOCABULARIES = (
    *("tokenizer.json", "vocab.txt", "vocab.json"),
    *("tokenizer.model", "spiece.model", "sentencepiece.bpe.model"),
)
_WEIGHTS = (".safetensors", ".bin", ".pt", ".h5", ".msgpack", ".onnx")
_NO_UNITS = ("", "▁")  # what SentencePiece kinds have without any vocabulary
_TRIAL = "a 好 龘 𪚥 ꙮ"  # something that any vocabulary lacks


def load_tokenizer(
    name: str, pad_token: str | None
) -> tuple[Tokenizer, int, int | None, SpecialText]:
    """The Rust tokenizer of that name or folder, its ids of padding and of the unknown, its habit.

    Args:
        name: name on the model hub, or folder.
        pad_token: token that fills a batch; null = the tokenizer names one.

    Raises:
        ConfigError: it can't be loaded or isn't a fast one; it has no padding token and is given
            none, or has one and is given another, or the one given isn't in its vocabulary.
    """
    instead = "one of characters, wordpiece, bpe, words trains a tokenizer on your training split"
    tokenizer = fast_tokenizer(name, "tokenizer", instead)
    pad_id = _pad_id(tokenizer, name, pad_token)
    habit: SpecialText = "split" if tokenizer.split_special_tokens else "keep"
    return tokenizer.backend_tokenizer, pad_id, tokenizer.unk_token_id, habit


def fast_tokenizer(name: str, field: str, instead: str) -> Any:
    """The fast tokenizer of `transformers` of that name or folder.

    Args:
        name: name on the model hub, or folder.
        instead: what to do where there is none.

    Raises:
        ConfigError: it can't be loaded, isn't a fast one, doesn't read the vocabulary that lies
            beside it, or fails on a text.
    """
    from transformers import AutoTokenizer

    local = only_local(name, field)
    try:
        tokenizer = AutoTokenizer.from_pretrained(
            name, trust_remote_code=False, local_files_only=local
        )
    except Exception as error:  # a broken tokenizer.json raises Exception itself
        raise ConfigError(
            f": can't load a tokenizer {name!r} {searched(name, local)}"
            f"\n  {next(iter(str(error).splitlines()), type(error).__name__)}",
            field=field,
            hint=instead,
        ) from error
    if not tokenizer.is_fast:
        raise ConfigError(f": {name!r} has no fast (Rust) tokenizer", field=field)
    _refuse_made_up(tokenizer, name, field)
    with rust_faults(repr(name), field):
        tokenizer.backend_tokenizer.encode(_TRIAL)
    return tokenizer


def _refuse_made_up(tokenizer: Any, name: str, field: str) -> None:
    """Refuse what `transformers` makes up of special tokens where it finds no file that it reads.

    So each text would become the same few ids.
    """
    backend = tokenizer.backend_tokenizer
    special = {*_NO_UNITS, *backend.get_added_tokens_decoder().values()}
    if backend.get_vocab(with_added_tokens=False).keys() - set(map(str, special)):
        return
    kind, files = type(tokenizer).__name__, dict.fromkeys(tokenizer.vocab_files_names.values())
    there = [file for file in _VOCABULARIES if Path(name, file).is_file()]
    mend = '"tokenizer_class": "BertTokenizer"' if "vocab.txt" in there else "tokenizer_class"
    raise ConfigError(
        f": {name!r} is loaded as a {kind}, which reads {' and '.join(files)} and found no"
        f" vocabulary; there is {' and '.join(there) or 'none'}",
        field=field,
        hint=f"if it is of another kind: {mend} in its config.json",
    )


def tokenizer_files(folder: Path) -> Iterator[Path]:
    """The files of a model's folder but for its weights, if there is such a folder."""
    if folder.is_dir():
        yield from sorted(
            path
            for path in folder.iterdir()
            if path.is_file() and path.suffix not in _WEIGHTS and path.name != SEEN
        )


@contextmanager
def rust_faults(what: str, field: str = "tokenizer") -> Iterator[None]:
    """Tell what the Rust tokenizer raises: `Exception` itself, or a panic, which is none.

    Args:
        what: names the tokenizer.

    Raises:
        ConfigError: the block fails so.
    """
    try:
        yield
    except BaseException as error:
        if type(error) is not Exception and type(error).__name__ != "PanicException":
            raise
        told = " ".join(str(error).split())
        raise ConfigError(
            f": {what} fails on a text: {told}",
            field=field,
            hint="its files don't fit each other: an unknown token that its vocabulary lacks?",
        ) from error


def has_tokenizer(name: str, field: str) -> bool:
    """Whether a model comes with a tokenizer; `transformers` makes one up where it doesn't.

    Raises:
        ConfigError: there is no such model.
    """
    from transformers.utils import has_file

    local = only_local(name, field)
    return any(has_file(name, file, local_files_only=local) for file in _VOCABULARIES)


def _pad_id(tokenizer: Any, name: str, pad_token: str | None) -> int:
    own = tokenizer.pad_token
    if own is not None and pad_token is not None:
        raise ConfigError(f"has no effect: {name!r} is padded with {own!r}", field="pad_token")
    if own is not None:
        return tokenizer.pad_token_id
    some = tokenizer.eos_token or tokenizer.unk_token or tokenizer.convert_ids_to_tokens(0)
    if pad_token is None:
        raise ConfigError(
            f": {name!r} has no padding token",
            field="tokenizer",
            hint=f"{{--pad_token}} {some!r}; padding is masked, so any token will do",
        )
    pad_id = tokenizer.backend_tokenizer.token_to_id(pad_token)
    if pad_id is None:
        raise ConfigError(
            f": {pad_token!r} is not in the vocabulary of {name!r}",
            field="pad_token",
            hint=f"{some!r} is",
        )
    return pad_id
