"""Templates that take thoughts out of earlier answers, and those that docs/chat.md has for them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from chat_inputs import fitted_chat, messages, said_of, table_of
from chat_models import END

from weitiao.errors import ConfigError
from weitiao.inputs.chat.fitted import FittedChat

QWEN_3 = r"""
{%- if messages[0].role == 'system' %}
    {{- '<|im_start|>system\n' + messages[0].content + '<|im_end|>\n' }}
{%- endif %}
{%- set ns = namespace(multi_step_tool=true, last_query_index=messages|length - 1) %}
{%- for message in messages[::-1] %}
    {%- set index = (messages|length - 1) - loop.index0 %}
    {%- if ns.multi_step_tool and message.role == "user" %}
        {%- set ns.multi_step_tool = false %}
        {%- set ns.last_query_index = index %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- set content = message.content %}
    {%- if (message.role == "user") or (message.role == "system" and not loop.first) %}
        {{- '<|im_start|>' + message.role + '\n' + content + '<|im_end|>' + '\n' }}
    {%- elif message.role == "assistant" %}
        {%- set thought = '' %}
        {%- if '</think>' in content %}
            {%- set thought = content.split('</think>')[0].split('<think>')[-1].strip('\n') %}
            {%- set content = content.split('</think>')[-1].lstrip('\n') %}
        {%- endif %}
        {{- '<|im_start|>' + message.role + '\n' }}
        {%- if loop.index0 > ns.last_query_index and (loop.last or thought) %}
            {{- '<think>\n' + thought + '\n</think>\n\n' }}
        {%- endif %}
        {{- content + '<|im_end|>\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\n' }}
    {%- if enable_thinking is defined and enable_thinking is false %}
        {{- '<think>\n\n</think>\n\n' }}
    {%- endif %}
{%- endif %}"""
"""After that of Qwen 3 (Apache-2.0), without its tools."""
TALK = messages(("user", "a?"), ("assistant", "b!"), ("user", "c?"), ("assistant", "d."))
MORE = [*TALK, *messages(("user", "e?"))]
THOUGHT, PROMPT = "<think>\n\n</think>\n\n", "<|im_start|>assistant\n"
DOCS = Path(__file__).parents[3] / "docs" / "chat.md"


def documented() -> list[str]:
    """The templates of the page: of any model, of Qwen 3."""
    return re.findall(r"```jinja\n(.*?)\n```", DOCS.read_text("utf-8"), re.DOTALL)


def chat(folder: Path, template: str, **options: Any) -> FittedChat:
    return fitted_chat(folder, made={"template": template}, **options)


def test_all_answers_of_its_conversations_are_refused_with_a_way_out(tmp_path: Path) -> None:
    said = r"earlier answer otherwise.*row 2\)\n  → learn last; .*docs/chat.md: template FILE"
    fitted = chat(tmp_path, QWEN_3)
    with pytest.raises(ConfigError, match=said):
        fitted.encode(table_of([("a?", "b"), (MORE, "f.")]))
    assert said_of(fitted, fitted.encode(table_of([("a?", "b")])), 0)[1] == f"b{END}"


def test_its_last_answers_are_learned_from_what_the_model_reads_in_use(tmp_path: Path) -> None:
    fitted = chat(tmp_path, QWEN_3, learn="last")
    found = fitted.encode(table_of([(MORE, "f.")]))
    whole, learned = said_of(fitted, found, 0)
    assert learned == f"f.{END}"
    assert whole.count(THOUGHT) == 1
    assert f"{PROMPT}b!{END}" in whole
    asked = fitted.encode(table_of([(MORE, None)]))["input_ids"][0].as_py()
    assert asked == found["input_ids"][0].as_py()[: found["prompt"][0].as_py()]


def test_thoughts_in_answers_are_refused_since_the_prompt_asks_for_none(tmp_path: Path) -> None:
    fitted = chat(tmp_path, QWEN_3)
    with pytest.raises(ConfigError, match="before an answer what the prompt for it hasn't"):
        fitted.encode(table_of([("a?", "<think>\nWell.\n</think>\n\nb!")]))


def test_the_documented_template_has_the_same_ids_before_each_answer_as_in_use(
    tmp_path: Path,
) -> None:
    fitted = chat(tmp_path, documented()[1])
    found = fitted.encode(table_of([(MORE, "f.")]))
    whole, learned = said_of(fitted, found, 0)
    assert learned == f"b!{END}d.{END}f.{END}"
    assert whole.count(PROMPT + THOUGHT) == whole.count(PROMPT) == 3
    ids, marks = (found[name][0].as_py() for name in ("input_ids", "learned"))
    begins = [i for i in range(1, len(ids)) if marks[i] > marks[i - 1]]
    asked = fitted.encode(table_of([(MORE[:count], None) for count in (1, 3, 5)]))
    assert asked["input_ids"].to_pylist() == [ids[:begin] for begin in begins]


def test_without_its_thought_thoughts_are_learned_as_they_stand(tmp_path: Path) -> None:
    template = documented()[1].replace(repr(THOUGHT)[1:-1], "")
    answer = "<think>\nWell.\n</think>\n\nb!"
    fitted = chat(tmp_path, template)
    whole, learned = said_of(fitted, fitted.encode(table_of([("a?", answer)])), 0)
    assert learned == f"{answer}{END}"
    assert whole.endswith(f"{PROMPT}{learned}")


def test_the_template_for_any_model_ends_each_turn_with_its_own_token(tmp_path: Path) -> None:
    fitted = chat(tmp_path, documented()[0])
    assert said_of(fitted, fitted.encode(table_of([(MORE, "f.")])), 0)[1] == (
        f"b!{END}d.{END}f.{END}"
    )
