"""Loads a tokenizer with its chat template, and the ids at which generation stops."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from weitiao.errors import ConfigError
from weitiao.inputs.chat.encoder import ChatEncoder
from weitiao.inputs.text.pretrained_tokenizer import fast_tokenizer, tokenizer_files
from weitiao.io.checkpoint_file import load_checkpoint
from weitiao.io.exported import MARK as EXPORTED
from weitiao.io.hub import only_local

_OF_CHECKPOINT = (".ckpt", EXPORTED)


def load_encoder(name: str, template: str | None) -> tuple[ChatEncoder, int]:
    """The encoder of a model, and the id that fills its batches.

    Args:
        name: name on the model hub, folder, or checkpoint of a run.
        template: Jinja file of a template; null = the tokenizer's own.

    Raises:
        ConfigError: there is no such tokenizer, or no template, or the file can't be read.
    """
    own = None if template is None else _read(template)
    if name.endswith(_OF_CHECKPOINT):
        return _of_checkpoint(Path(name), own)
    tokenizer = fast_tokenizer(name, "tokenizer", "the folder of a model that can chat")
    text = _template_of(tokenizer, name) if own is None else own
    stops = [*_ids(tokenizer.eos_token_id), *_ids(_generation_stops(name))]
    backend = Tokenizer.from_str(tokenizer.backend_tokenizer.to_str())
    names = {key: str(token) for key, token in tokenizer.special_tokens_map.items()}
    pads = (tokenizer.pad_token_id, *stops, 0)  # padding is masked, any will do
    pad_id = next(index for index in pads if index is not None)
    stops = [*dict.fromkeys(stops)]
    return ChatEncoder(backend, text, names, stops, tokenizer.unk_token_id), pad_id


def files_of(name: str) -> Iterator[Path]:
    """The files that shape what `load_encoder` gives, as far as they are here."""
    if name.endswith(_OF_CHECKPOINT):
        yield from (path for path in (Path(name),) if path.is_file())
    else:
        yield from tokenizer_files(Path(name))


def _of_checkpoint(path: Path, template: str | None) -> tuple[ChatEncoder, int]:
    kept = load_checkpoint(path)["DataModule"]
    state = kept["input"]
    if "template" not in state:
        raise ConfigError(f": {path} holds no chat", field="tokenizer")
    encoder = ChatEncoder.from_state(state | ({} if template is None else {"template": template}))
    return encoder, kept["card"]["input"]["init_args"]["pad_id"]


def _read(template: str) -> str:
    try:
        text = Path(template).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f": can't read {template!r}: {error}", field="template") from error
    if not text.strip():
        hint = "{--template} null takes the tokenizer's own"
        raise ConfigError(f": {template!r} is empty", field="template", hint=hint)
    return text


def _template_of(tokenizer: Any, name: str) -> str:
    """The tokenizer's own template; of several the default one."""
    try:
        return str(tokenizer.get_chat_template())
    except ValueError as error:
        lacking = f": {name!r} has no chat template"
        problem = lacking if not tokenizer.chat_template else f": {error}"
        hint = "{--template} FILE.jinja; docs/chat.md has one; or a model that was tuned to chat"
        raise ConfigError(problem, field="template", hint=hint) from error


def _generation_stops(name: str) -> Any:
    """What ``generation_config.json`` says, if there is one."""
    from transformers import GenerationConfig

    local = only_local(name, "tokenizer")
    try:
        return GenerationConfig.from_pretrained(name, local_files_only=local).eos_token_id
    except OSError:  # there is none
        return None


def _ids(given: Any) -> list[int]:
    """One id, several or none, as a list."""
    values = given if isinstance(given, list) else [given]
    return [value for value in values if value is not None]
