"""Text from a causal language model: how it goes on with a prompt."""

import re
from dataclasses import dataclass
from typing import Any

import torch
from rich.console import Console
from tokenizers import Encoding

from weitiao.config.bounds import at_least
from weitiao.config.commands import called, command
from weitiao.config.field_paths import field_paths
from weitiao.config.parser import Parser
from weitiao.errors import ConfigError
from weitiao.inputs.text.pretrained_tokenizer import fast_tokenizer
from weitiao.models.backbones.loading import load_model
from weitiao.pretraining.chunks import Frame
from weitiao.training.console import show_line

SHOWN = 10  # pieces of a prompt that the model doesn't know
_HANZI = r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]"
_BETWEEN_HANZI = re.compile(rf"(?<={_HANZI}) (?={_HANZI})")


@dataclass(frozen=True)
class Generation:
    """How a model goes on with a text.

    Args:
        model: folder of a causal model and its tokenizer, such as ``logs/RUN/model``.
        prompt: what it goes on with; may be empty where the tokenizer has a beginning.
        count: how many times.
        length: most ids that are added; null = 64, or what the model has positions for.
        temperature: above 1 flattens what is drawn from, below sharpens; 0 takes the likeliest.
        top_k: draw from the so many likeliest ids only; null = from all.
        top_p: draw from the likeliest ids that together are so likely (Holtzman et al. 2020).
        beams: above 1: the likeliest whole text that a search with so many beams finds; nothing is
            drawn.
        seed: of what is drawn.

    Raises:
        ConfigError: a value is out of bounds, or has no effect.
    """

    model: str
    prompt: str = ""
    count: int = 1
    length: int | None = None
    temperature: float = 1.0
    top_k: int | None = None
    top_p: float = 1.0
    beams: int = 1
    seed: int = 1

    def __post_init__(self) -> None:
        at_least(1, count=self.count, length=self.length, top_k=self.top_k, beams=self.beams)
        at_least(0, temperature=self.temperature)
        if not 0 < self.top_p <= 1:
            raise ConfigError(f"top_p is a share above 0, up to 1, got {self.top_p}")
        if not -(2**63) <= self.seed < 2**64:
            raise ConfigError(f"seed is from {-(2**63)} to {2**64 - 1}, got {self.seed}")
        if re.search(r"[\ud800-\udfff]", self.prompt):
            raise ConfigError(f"prompt is no text in UTF-8: {self.prompt!r}")
        narrowed = self.top_k is not None or self.top_p < 1
        if not self.drawn and (narrowed or (self.beams > 1 and self.temperature != 1)):
            raise ConfigError("temperature, top_k and top_p shape what is drawn: nothing is here")
        if self.count > max(self.beams, self.drawn and self.count):
            raise ConfigError(f"count {self.count} exceeds what {self.beams} beams find")

    @property
    def drawn(self) -> bool:
        """Whether chance has a part."""
        return self.beams == 1 and self.temperature > 0

    def texts(self, notes: Console | None = None) -> list[str]:
        """What the model says, after the prompt as it was typed.

        Args:
            notes: takes a warning of what of the prompt the model doesn't know.

        Raises:
            ConfigError: there is no such model, it isn't a causal one, or has no room.
        """
        model, tokenizer = _load(self.model)
        own = tokenizer.backend_tokenizer.encode(self.prompt, add_special_tokens=False)
        if notes and (unknown := _unknown(self.prompt, own, tokenizer)):
            show_line(f"! the model doesn't know {unknown}", notes)
        ids = [*Frame.of(tokenizer, "causal").begin, *own.ids]
        if not ids:
            raise ConfigError("prompt is empty, and the tokenizer has no id to begin with")
        known = model.get_input_embeddings().num_embeddings
        if max(ids) >= known:
            raise ConfigError(
                f"model: the tokenizer of {self.model!r} has {len(tokenizer)} ids, the model knows"
                f" {known}\n  → the tokenizer must be the model's own"
            )
        length = self._length(len(ids), getattr(model.config, "max_position_embeddings", None))
        torch.manual_seed(self.seed)
        drawing: dict[str, Any] = {"do_sample": False}
        if self.drawn:
            shape = {"temperature": self.temperature, "top_p": self.top_p, "top_k": self.top_k or 0}
            drawing = {"do_sample": True} | shape
        prompt = torch.tensor([ids])
        with torch.inference_mode():
            found = model.generate(
                prompt,
                attention_mask=torch.ones_like(prompt),
                max_new_tokens=length,
                num_beams=self.beams,
                num_return_sequences=self.count,
                pad_token_id=tokenizer.pad_token_id,
                **drawing,
            )
        return [self.prompt + self._added(row, len(ids), tokenizer) for row in found.tolist()]

    def _added(self, ids: list[int], known: int, tokenizer: Any) -> str:
        """What stands after the first ``known`` ids, which are those of the prompt."""
        whole, before = (
            tokenizer.decode(some, skip_special_tokens=True) for some in (ids, ids[:known])
        )
        if not whole.startswith(before):  # where the two meet, the decoder moved a space
            whole, before = tokenizer.decode(ids[known:], skip_special_tokens=True), ""
        last = self.prompt[-1:]
        return _BETWEEN_HANZI.sub("", last + whole[len(before) :])[len(last) :]

    def _length(self, used: int, limit: int | None) -> int:
        """Most ids that are added to the ``used`` ones of the prompt."""
        wanted = self.length or 64
        room = limit - used if limit else wanted
        if room < 1 or (self.length and room < self.length):
            way = f"{{--length}} {room}" if room > 0 else "a shorter prompt"
            raise ConfigError(
                f"a prompt of {used} ids and length {wanted} exceed the {limit} positions of the"
                " model",
                hint=way,
            )
        return min(wanted, room)


def generate_parser() -> Parser:
    """The parser of the command line."""
    parser = Parser(prog=called("generate"), description="Go on with a text.")
    parser.add_class_arguments(Generation, as_group=False)
    return parser


@field_paths()
def run_generate(arguments: list[str]) -> None:
    """Print what the model says, one text after the other."""
    values = generate_parser().parse_args(arguments).as_dict()
    for text in Generation(**values).texts(Console(stderr=True, highlight=False)):
        print(text)


def _unknown(prompt: str, encoding: Encoding, tokenizer: Any) -> str:
    """The first pieces of a prompt that get the unknown id, and how many more there are."""
    if tokenizer.unk_token_id == tokenizer.eos_token_id:  # GPT-2's: it knows every byte
        return ""
    pairs = zip(encoding.ids, encoding.offsets, strict=True)
    pieces = dict.fromkeys(prompt[at:to] for i, (at, to) in pairs if i == tokenizer.unk_token_id)
    pieces.pop(" ", None)  # nobody misses it
    shown, more = list(pieces)[:SHOWN], len(pieces) - SHOWN
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


def _load(name: str) -> tuple[Any, Any]:
    from transformers import AutoModelForCausalLM

    model = load_model(
        AutoModelForCausalLM,
        name,
        "model",
        layers=None,
        may_lack=lambda model, weight: False,
        alter=lambda config: _refuse_silent(name, config),
    )
    instead = "logs/RUN/model of pretrain.py has one"
    return model.eval(), fast_tokenizer(name, "model", instead)


def _refuse_silent(name: str, config: Any) -> None:
    kind = next(iter(config.architectures or []), "none")
    if not kind.endswith(("LMHeadModel", "ForCausalLM")):
        problem = f": {name} holds a {kind}, which doesn't go on with a text"
        hint = command("pretrain", "--data.objective", "causal")
        raise ConfigError(problem, field="model", hint=hint)
