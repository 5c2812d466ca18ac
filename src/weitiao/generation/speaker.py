"""A causal language model and its tokenizer, ready to continue a text or to answer."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tokenizers import Encoding, Tokenizer

from weitiao.config.commands import command
from weitiao.errors import ConfigError
from weitiao.generation.options import Generation
from weitiao.generation.runs import is_run, open_run
from weitiao.generation.wording import Wording
from weitiao.inputs.text.pretrained_tokenizer import fast_tokenizer
from weitiao.models.backbones.huggingface import positions_of
from weitiao.models.backbones.loading import load_model
from weitiao.models.decoding import refuse_other_kinds
from weitiao.pretraining.chunks import Frame

if TYPE_CHECKING:
    from weitiao.inputs.chat.encoder import ChatEncoder
    from weitiao.io.dialogues.messages import Role

SHOWN = 10  # pieces of a prompt that the model doesn't know


class Unsayable(Exception):
    """A prompt that can't be continued; its text says why.

    Args:
        hint: the way out.
    """

    def __init__(self, problem: str, hint: str | None = None) -> None:
        super().__init__(problem)
        self.hint = hint


@dataclass(frozen=True)
class Speaker:
    """A model that continues texts.

    Args:
        model: causal, of `transformers`.
        begin: ids before a text.
        ends: ids that end it.
        unk_id: id of what the tokenizer lacks; null where it lacks nothing.
        pad_id: null where the tokenizer has none.
        limit: most positions of prompt and answer; null = any number.
        encoder: of conversations; null = they aren't asked for.
        system: the first message if there is no other one; null = what the template
            says.
        roles: who speaks in the files that it was trained on, beside the usual names.
    """

    model: Any
    tokenizer: Tokenizer
    begin: list[int]
    ends: Collection[int]
    unk_id: int | None
    pad_id: int | None
    limit: int | None
    encoder: ChatEncoder | None
    system: str | None = None
    roles: Mapping[str, Role] | None = None

    @classmethod
    def open(cls, name: str, *, chat: bool) -> Speaker:
        """The model of a folder or name, or of a run.

        Raises:
            ConfigError: there is no such model, it isn't a causal one, or can't chat.
        """
        if is_run(name):
            return cls._of_run(name, chat=chat)
        model = _load(name)
        instead = "logs/RUN/model of pretrain.py has one"
        tokenizer = fast_tokenizer(name, "model", instead)
        _refuse_other_ids(model, tokenizer, name)
        ends = {*_ids(model.generation_config.eos_token_id), *_ids(tokenizer.eos_token_id)}
        encoder = _encoder(name, tokenizer) if chat else None
        unk_id = tokenizer.unk_token_id  # GPT-2 calls its end so, and knows every byte
        return cls(
            model=model,
            tokenizer=tokenizer.backend_tokenizer,
            begin=Frame.of(tokenizer, "causal").begin,
            ends=ends | _ends(encoder, name),
            unk_id=None if unk_id == tokenizer.eos_token_id else unk_id,
            pad_id=tokenizer.pad_token_id,
            limit=positions_of(model).limit,
            encoder=encoder,
        )

    @classmethod
    def _of_run(cls, name: str, *, chat: bool) -> Speaker:
        if not chat:
            problem = f": the model of {name} was tuned to answer, not to continue a text"
            raise ConfigError(problem, field="model", hint="{--chat} true")
        model, fitted, roles = open_run(name)
        encoder = fitted.encoder
        return cls(
            model=model,
            tokenizer=encoder.tokenizer,
            begin=[],
            ends={*fitted.card.ends},
            unk_id=encoder.unk_id,
            pad_id=fitted.card.pad_id,
            limit=positions_of(model).limit,
            encoder=encoder,
            system=fitted.options.system,
            roles=roles,
        )

    def encode(self, prompt: str) -> tuple[list[int], str]:
        """The ids of a text, and what of it is unknown, in words.

        Raises:
            Unsayable: there is nothing to begin with.
        """
        own = self.tokenizer.encode(prompt, add_special_tokens=False)
        if not (ids := [*self.begin, *own.ids]):
            raise Unsayable("prompt is empty, and the tokenizer has no id to begin with")
        return ids, self._unknown(prompt, own)

    def unknown(self, text: str) -> str:
        """What of a text the tokenizer doesn't know, in words."""
        return self._unknown(text, self.tokenizer.encode(text, add_special_tokens=False))

    def length(self, used: int, options: Generation, usual: int) -> int:
        """Most ids that may follow ``used`` ones.

        Args:
            usual: where none is asked for.

        Raises:
            Unsayable: there aren't so many positions.
        """
        wanted = options.length or usual
        room = wanted if self.limit is None else self.limit - used
        if room < 1 or (options.length and room < wanted):
            raise Unsayable(
                f"a prompt of {used} ids and length {wanted} exceed the {self.limit} positions of"
                " the model",
                f"{{--length}} {room}" if room > 0 else "a shorter prompt",
            )
        return min(wanted, room)

    def wording(self, options: Generation, prompt: str = "", ids: Collection[int] = ()) -> Wording:
        """How ids become text behind those of a prompt; where that is empty they stand alone."""
        before = [*ids] if prompt else []
        return Wording(self.tokenizer, options.stop or [], before, prompt[-1:])

    def _unknown(self, text: str, encoding: Encoding) -> str:
        """The first pieces that get the unknown id, and how many more there are."""
        pairs = zip(encoding.ids, encoding.offsets, strict=True)
        pieces = dict.fromkeys(text[at:to] for i, (at, to) in pairs if i == self.unk_id)
        pieces.pop(" ", None)  # nobody misses it
        shown, more = list(pieces)[:SHOWN], len(pieces) - SHOWN
        return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


def _encoder(name: str, tokenizer: Any) -> ChatEncoder:
    if not tokenizer.chat_template:
        raise ConfigError(
            f": {name!r} has no chat template, so it isn't known how it is to be asked",
            field="model",
            hint="a model that was tuned to chat, such as that of make chat-model",
        )
    from weitiao.inputs.chat.loading import load_encoder

    return load_encoder(name, None)[0]


def _ends(encoder: ChatEncoder | None, name: str) -> set[int]:
    """Ids that end an answer."""
    if encoder is None:
        return set()
    from weitiao.inputs.chat.template import TemplateFault
    from weitiao.inputs.chat.turns import TurnFault

    try:
        return {*encoder.ends}
    except TurnFault:  # what of an answer would be learned isn't known, and needn't be
        return {*encoder.stops}
    except TemplateFault as error:
        problem = f": the chat template of {name!r} fails: {error}"
        raise ConfigError(problem, field="model") from error


def _load(name: str) -> Any:
    from transformers import AutoModelForCausalLM

    model = load_model(
        AutoModelForCausalLM,
        name,
        "model",
        layers=None,
        may_lack=lambda model, weight: False,
        alter=lambda config: _refuse_silent(name, config),
    )
    refuse_other_kinds(model)
    return model.eval()


def _refuse_silent(name: str, config: Any) -> None:
    kind = next(iter(config.architectures or []), "none")
    if not kind.endswith(("LMHeadModel", "ForCausalLM")):
        problem = f": {name} holds a {kind}, which doesn't continue a text"
        hint = command("pretrain", "--data.objective", "causal")
        raise ConfigError(problem, field="model", hint=hint)


def _refuse_other_ids(model: Any, tokenizer: Any, name: str) -> None:
    known = model.get_input_embeddings().num_embeddings
    if (most := max(tokenizer.get_vocab().values(), default=0)) >= known:
        raise ConfigError(
            f"model: the tokenizer of {name!r} has {most + 1} ids, the model knows {known}"
            "\n  → the tokenizer must be the model's own"
        )


def _ids(given: Any) -> list[int]:
    """One id, several or none, as a list."""
    values = given if isinstance(given, list) else [given]
    return [value for value in values if value is not None]
