"""Conversations written as data sets have them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dialogue_files import Conversation

SHAREGPT = {"system": "system", "user": "human", "assistant": "gpt"}


def openai(each: Conversation) -> list[dict[str, str]]:
    return [{"role": message.role, "content": message.content} for message in each]


def split(each: Conversation) -> tuple[str, list[str], str, str]:
    """System message, earlier texts, what is asked and what is answered."""
    system = each[0].content if each[0].role == "system" else ""
    *history, asked, answered = [m.content for m in each if m.role != "system"]
    return system, history, asked, answered


def pairs(texts: list[str]) -> list[list[str]]:
    return [[*pair] for pair in zip(texts[::2], texts[1::2], strict=True)]


def of_sharegpt(each: Conversation) -> dict[str, Any]:
    turns = [{"from": SHAREGPT[m.role], "value": m.content} for m in each]
    return {"id": "1", "conversations": turns}


def of_sharegpt_with_system(each: Conversation) -> dict[str, Any]:
    system = {"system": each[0].content} if each[0].role == "system" else {}
    rest = [m for m in each if m.role != "system"]
    return {"conversations": of_sharegpt(rest)["conversations"]} | system


def of_alpaca(each: Conversation) -> dict[str, Any]:
    system, history, asked, answered = split(each)
    known = {"instruction": asked, "input": "", "output": answered, "text": "### rendered"}
    return known | {"system": system, "history": pairs(history)}


def of_query(each: Conversation) -> dict[str, Any]:
    system, history, asked, answered = split(each)
    needed = {"query": asked, "response": answered}
    return needed | ({"history": pairs(history)} if history else {}) | {"system": system or None}


def of_prompt(each: Conversation) -> dict[str, Any]:
    return {"prompt": openai(each[:-1]), "completion": openai(each[-1:])}


def of_parts(each: Conversation) -> dict[str, Any]:
    def parts(text: str) -> list[dict[str, str]]:
        return [{"type": "text", "text": text[:2]}, {"type": "text", "text": text[2:]}]

    return {"messages": [{"role": m.role, "content": parts(m.content)} for m in each]}


def of_kdconv(each: Conversation) -> dict[str, Any]:
    turns = [{"attrs": [{"name": "x"}], "message": m.content} for m in each]
    return {"messages": turns, "name": "film"}


def of_sgd(each: Conversation) -> dict[str, Any]:
    names = {"user": "USER", "assistant": "SYSTEM"}
    turns = [{"frames": [], "speaker": names[m.role], "utterance": m.content} for m in each]
    return {"dialogue_id": "1_0", "services": ["a"], "turns": turns}


def of_lists(each: Conversation) -> dict[str, Any]:
    lists = {"role": [m.role for m in each], "content": [m.content for m in each]}
    return {"conversation": lists}


def of_sft(each: Conversation) -> dict[str, Any]:
    return {"prompt": each[0].content, "prompt_id": "7", "messages": openai(each)}


FORMS: dict[str, tuple[Callable[[Conversation], Any], bool]] = {
    # name → how it is written, whether it has system messages
    "messages": (lambda each: {"messages": openai(each)}, True),
    "messages_and_their_prompt": (of_sft, True),
    "parts": (of_parts, True),
    "sharegpt": (of_sharegpt, True),
    "sharegpt_with_system": (of_sharegpt_with_system, True),
    "alpaca": (of_alpaca, True),
    "query_response_history": (of_query, True),
    "prompt_completion": (of_prompt, True),
    "kdconv": (of_kdconv, False),
    "texts": (lambda each: {"dialog": [m.content for m in each]}, False),
    "sgd": (of_sgd, False),
    "lists": (of_lists, True),
}
