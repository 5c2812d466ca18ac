"""Requests in the form of OpenAI's chat completions, read and checked."""

from __future__ import annotations

import math
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from weitiao.errors import ConfigError
from weitiao.generation.options import Generation
from weitiao.serving.limits import Limits, Refused
from weitiao.serving.models import ChatModel, Model, Models
from weitiao.serving.query import check_texts, conversation_of, json_of, kind_of, model_of

_OPTIONS: dict[str, tuple[type | tuple[type, ...], str]] = {
    "stream": (bool, "true or false"),
    "stream_options": (dict, "an object"),
    "temperature": ((int, float), "a number"),
    "top_p": ((int, float), "a number"),
    "max_tokens": (int, "a whole number"),
    "max_completion_tokens": (int, "a whole number"),
    "seed": (int, "a whole number"),
    "stop": ((str, list), "a text or a list of texts"),
    "user": (str, "a text"),
}
"""What a request may hold beside ``messages`` and ``model``, and of what kind it is."""
_STOPS = 16  # texts: each is looked for after each id, in the thread that computes for all
_WITHOUT_EFFECT = {
    **{"n": 1, "presence_penalty": 0, "frequency_penalty": 0, "logprobs": False},
    **{"tools": [], "logit_bias": {}, "response_format": {"type": "text"}},
}
"""Options that aren't known, with the value by which they ask for nothing."""


@dataclass(frozen=True)
class Completion:
    """A request that can be answered.

    Args:
        name: of the model.
        text: the conversation, as the model's `conversation` gives it.
        options: how it is answered.
        stream: whether the answer comes while it grows.
        usage: whether its last event counts ids.
    """

    name: str
    model: ChatModel
    text: str
    options: Generation
    stream: bool
    usage: bool


def read_completion(body: bytes, models: Models, limits: Limits) -> Completion:
    """The request that a body holds.

    Raises:
        Refused: it is no JSON, asks for what there isn't, or for too much; says where.
    """
    content = json_of(body)
    if not isinstance(content, dict) or "messages" not in content:
        raise Refused(422, 'the body is not {"messages": [{"role": "user", "content": "…"}]}')
    given = {name: value for name, value in content.items() if value is not None}
    name, served = model_of(given.pop("model", None), models)
    if not served.model.chat:
        others = ", ".join(n for n, one in models.items() if one.model.chat) or "none here"
        raise Refused(422, f"model: {name} doesn't chat → /predict has its labels; chat: {others}")
    text = _conversation(content["messages"], served.model, limits)
    given.pop("messages", None)
    _check_kinds(given)
    model = cast(ChatModel, served.model)
    usage = bool(given.get("stream_options", {}).get("include_usage"))
    return Completion(name, model, text, _options(given), given.get("stream", False), usage)


def _conversation(messages: Any, model: Model, limits: Limits) -> str:
    if not isinstance(messages, list):
        raise Refused(422, f"messages: this is not a list but {kind_of(messages)}")
    text: str = conversation_of("messages", messages, model, limits)
    check_texts("messages", [text], limits)
    return text


def _check_kinds(given: Mapping[str, Any]) -> None:
    for name, value in given.items():
        if name in _WITHOUT_EFFECT and value == _WITHOUT_EFFECT[name]:
            continue
        if name not in _OPTIONS:
            known = ", ".join(["messages", "model", *_OPTIONS])
            raise Refused(422, f"{name[:40]}: there is no such option but {known}")
        kind, wanted = _OPTIONS[name]
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise Refused(422, f"{name}: this is not {wanted} but {kind_of(value)}")
    usage = given.get("stream_options", {}).get("include_usage")
    if not isinstance(usage, bool | None):
        reason = f"stream_options: include_usage is not true or false but {kind_of(usage)}"
        raise Refused(422, reason)


def _options(given: Mapping[str, Any]) -> Generation:
    stop = given.get("stop", [])
    stops = [stop] if isinstance(stop, str) else stop
    if not all(isinstance(one, str) for one in stops):
        raise Refused(422, "stop: this is not a list of texts")
    if len(stops) > _STOPS:
        raise Refused(422, f"stop: {len(stops):,} texts are more than {_STOPS}")
    most = [given[name] for name in ("max_tokens", "max_completion_tokens") if name in given]
    temperature = _fraction("temperature", given.get("temperature", 0))
    top_p = _fraction("top_p", given.get("top_p", 1))
    if 0 < top_p < 1 and temperature == 0:
        raise Refused(422, "top_p has no effect, as nothing is drawn → temperature above 0")
    try:
        return Generation(
            "",
            chat=True,
            stop=stops,
            length=min(most) if most else None,
            temperature=temperature,
            top_p=top_p,
            seed=given.get("seed", secrets.randbits(63)),
        )
    except ConfigError as fault:
        what = fault.described().replace("length", "max_tokens", 1)
        raise Refused(422, what + (f" → {fault.hint}" if fault.hint else "")) from None


def _fraction(name: str, value: float) -> float:
    """A number as one of 64 bits; JSON has larger ones."""
    try:
        found = float(value)
    except OverflowError:
        found = math.inf
    if math.isinf(found):
        raise Refused(422, f"{name}: this number is too large")
    return found
