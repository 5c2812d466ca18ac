"""A chat template: messages → the text that a model reads, in Jinja's sandbox."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from weitiao.io.dialogues.messages import Message

DAY = date(2024, 7, 26)
"""The date that a template gets: the one that Llama's falls back to. The ids of a row may
not depend on when it was read, and a model is used on other days than it was trained on."""
_NOW = re.compile(r"""strftime_now\(\s*(?:format\s*=\s*)?(["'])(.*?)\1\s*\)""")
_FIXED = {"enable_thinking": False, "date_string": DAY.strftime("%d %b %Y")}
"""Rows hold answers and no thoughts: where a template knows the difference (Qwen3, GLM, Nemotron),
it puts the sign of that before the answer, and not into it."""


class TemplateFault(Exception):
    """A template doesn't take these messages; its text says why."""


class Template:
    """Writes conversations.

    Args:
        text: in Jinja.
        names: what the template calls the tokenizer's special tokens (``bos_token``, …) → they.
    """

    def __init__(self, text: str, names: Mapping[str, str]) -> None:
        self.text, self.names = text, dict(names)
        self._text = _NOW.sub(lambda found: repr(DAY.strftime(found[2])), text)

    @property
    def dated(self) -> bool:
        """Whether it asks which day it is."""
        return "strftime_now" in self.text or "date_string" in self.text

    def __call__(self, messages: Sequence[Message], *, prompt: bool) -> str:
        """The text of some messages, at least one.

        Args:
            prompt: whether the beginning of an answer follows, which the model is to continue.

        Raises:
            TemplateFault: it doesn't take them.
        """
        from transformers.utils import chat_template_utils

        render: Any = chat_template_utils.render_jinja_template  # it is said to give one text
        given = [{"role": each.role, "content": each.content} for each in messages]
        try:
            written, _ = render(
                conversations=[given],
                chat_template=self._text,
                add_generation_prompt=prompt,
                **{**self.names, **_FIXED},
            )
        except Exception as error:  # a template is a program, and raises what it likes
            told = " ".join(str(error).split()) or type(error).__name__
            raise TemplateFault(told) from error
        found: str = written[0]
        return found
