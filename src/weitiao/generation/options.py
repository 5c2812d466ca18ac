"""The options of `generate`."""

import re
from dataclasses import dataclass
from pathlib import Path

from weitiao.config.bounds import at_least
from weitiao.errors import ConfigError
from weitiao.io.dialogues.messages import Role

LENGTH, ANSWER = 64, 512
"""Most ids that are added to a text, and of an answer, where nothing is said."""
BATCH = 16
JSON_LINES = ("", ".jsonl", ".ndjson", ".json")
"""How a file of them may end."""
COLDEST = 1e-3


@dataclass(frozen=True)
class Generation:
    """How a model continues a text, or answers.

    Args:
        model: folder of a causal model and its tokenizer, such as ``logs/RUN/model``; or the run
            of a model that was tuned on conversations.
        prompt: the text to continue; may be empty if the tokenizer has a token for the beginning.
        chat: answer instead, by the model's chat template: the prompt, each prompt of a file, or
            without either what is typed, as a conversation.
        system: system message of a conversation; null = what the template says.
        file: JSON Lines, each with a ``prompt`` to continue; or conversations to answer, in any
            form of ``docs/data.md``.
        to: JSON Lines to write: the rows of ``file`` in their order, each with what the model says.
        roles: who speaks in conversations of ``file``: a name → system, user, assistant or tool.
            The usual names (human, gpt, …) are known, and those that a run was trained with.
        batch: rows of ``file`` that are computed at a time; null = 16.
        stop: strings before which a text ends.
        count: how many times.
        length: most ids that are added; null = 64, of an answer 512, or what the model has
            positions for.
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
    chat: bool = False
    system: str | None = None
    file: Path | None = None
    to: Path | None = None
    roles: dict[str, Role] | None = None
    batch: int | None = None
    stop: list[str] | None = None
    count: int = 1
    length: int | None = None
    temperature: float = 1.0
    top_k: int | None = None
    top_p: float = 1.0
    beams: int = 1
    seed: int = 1

    def __post_init__(self) -> None:
        at_least(1, count=self.count, length=self.length, top_k=self.top_k, beams=self.beams)
        at_least(1, batch=self.batch)
        at_least(0, temperature=self.temperature)
        if 0 < self.temperature < COLDEST:  # logits over it have no place in 32 bits
            hint = "0 takes the likeliest"
            raise ConfigError(f"must be 0 or at least {COLDEST}", field="temperature", hint=hint)
        if not 0 < self.top_p <= 1:
            raise ConfigError(f"top_p is a share above 0, up to 1, got {self.top_p}")
        if not -(2**63) <= self.seed < 2**64:
            raise ConfigError(f"seed is from {-(2**63)} to {2**64 - 1}, got {self.seed}")
        for name, texts in {"prompt": [self.prompt], "system": [self.system or ""]}.items():
            _refuse_torn(name, texts)
        _refuse_torn("stop", self.stop or [])
        if "" in (self.stop or []):
            raise ConfigError("stop is an empty string, which stands everywhere")
        self._refuse_idle()

    @property
    def drawn(self) -> bool:
        """Whether chance has a part."""
        return self.beams == 1 and self.temperature > 0

    @property
    def talks(self) -> bool:
        """Whether it is a conversation with who sits at the terminal."""
        return self.chat and not self.prompt and self.file is None

    def _refuse_idle(self) -> None:
        """Refuse options that have no effect beside the others."""
        narrowed = self.top_k is not None or self.top_p < 1
        if not self.drawn and (narrowed or (self.beams > 1 and self.temperature != 1)):
            raise ConfigError("temperature, top_k and top_p shape what is drawn: nothing is here")
        if self.count > max(self.beams, self.drawn and self.count):
            raise ConfigError(f"count {self.count} exceeds what {self.beams} beams find")
        if self.beams > 1 and (self.file or self.talks or self.stop):
            raise ConfigError("beams search a whole text: it goes with a prompt, without stop")
        if (self.file is None) != (self.to is None):
            lacking, there = ("to", "file") if self.file else ("file", "to")
            raise ConfigError(f": {there} needs it", field=lacking, hint=f"{{--{lacking}}} FILE")
        if self.to is not None and self.to.suffix.lower() not in JSON_LINES:
            problem = f": JSON Lines are written, and {self.to.name!r} is named as something else"
            hint = f"{{--to}} {self.to.with_suffix('.jsonl')}"
            raise ConfigError(problem, field="to", hint=hint)
        if self.file and self.prompt:
            raise ConfigError("prompt has no effect beside file, which has its own")
        if self.file is None and self.batch is not None:
            raise ConfigError("batch has no effect without file")
        if self.file is None and self.roles is not None:
            raise ConfigError("has no effect without file", field="roles", hint="{--file} FILE")
        if self.system is not None and not self.chat:
            raise ConfigError("system has no effect without chat", hint="{--chat} true")
        if self.talks and self.count > 1:
            raise ConfigError("count has no effect on a conversation: it continues with one answer")


def _refuse_torn(name: str, texts: list[str]) -> None:
    for text in texts:
        if not is_text(text):
            raise ConfigError(f"{name} is no text in UTF-8: {text!r}")


def is_text(text: str) -> bool:
    """Whether it can be written as UTF-8: half a pair of surrogates can't."""
    return re.search(r"[\ud800-\udfff]", text) is None
