"""What of a conversation is learned, by the ways in which real templates write one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from chat_inputs import fitted_chat, messages, said_of, table_of
from chat_models import CHATML

from weitiao.errors import ConfigError, DataError

DEFAULT_SYSTEM = (
    "{% if messages[0]['role'] != 'system' %}"
    "{{ '<|im_start|>system\nhelp!<|im_end|>\n' }}{% endif %}"
) + CHATML
NO_THOUGHT = "{{ '<think>\n\n</think>\n\n' }}"
THINKS = (  # an answer has a place for thoughts, which earlier answers lose
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' }}"
    "{% if m['role'] == 'assistant' and loop.last %}" + NO_THOUGHT + "{% endif %}"
    "{{ m['content'] + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}"
    "{% if enable_thinking is defined and enable_thinking is false %}" + NO_THOUGHT + "{% endif %}"
    "{% endif %}"
)
ALWAYS_THINKS = THINKS.replace("is defined and", "is none and")
BEGINS_TO_THINK = CHATML.replace("assistant\n'", "assistant\n<think>\n'")
BRACKETS = (  # no generation prompt: the question's end is one
    "{% for m in messages %}{% if m['role'] == 'user' %}{{ '[INST] ' + m['content'] + ' [/INST]' }}"
    "{% else %}{{ ' ' + m['content'] + eos_token }}{% endif %}{% endfor %}"
)
END_OF_ALL = CHATML.replace("{% if add_g", "{% if not add_generation_prompt %}{{ '<|endoftext|>' }}"
                            "{% endif %}{% if add_g")  # fmt: skip
TWO_ENDS = CHATML.replace("'<|im_end|>\n'", "'<|endoftext|><|im_end|>\n'")
SPACE_BEFORE = CHATML.replace("'<|im_end|>\n'", "'\n<|im_end|>\n'")
NO_END = (
    "{% for m in messages %}{{ '### ' + m['role'] + ':\n' + m['content'] + '\n\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '### assistant:\n' }}{% endif %}"
)
TRIMS = CHATML.replace("message['content']", "message['content'] | trim")
SHOUTS = CHATML.replace("message['content']", "message['content'] | upper")
CHANNEL = CHATML.replace(
    "'\n' + message", "'\n' + ('final: ' if message['role'] == 'assistant' else '') + message"
)
NO_SYSTEM = (
    "{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}"
    "{% endif %}" + CHATML
)
TALK = messages(("user", "a?"), ("assistant", "b!"), ("user", "c?"))


@dataclass(frozen=True)
class Case:
    """A template, and what it makes of a conversation whose answers are ``b!`` and ``d.``.

    Args:
        prompt: what stands before the last answer, or its end.
        learned: what is learned.
        said: what is told of it, if it is refused.
    """

    name: str
    template: str
    prompt: str = ""
    learned: str = ""
    learn: str = "all"
    said: str = ""


PROMPT = (
    "<|im_start|>user\na?<|im_end|>\n<|im_start|>assistant\nb!<|im_end|>\n"
    "<|im_start|>user\nc?<|im_end|>\n<|im_start|>assistant\n"
)
NUMBERED = "### user:\na?\n\n### assistant:\nb!\n\n### user:\nc?\n\n### assistant:\n"
ENDS, SPACED = "<|endoftext|><|im_end|>", "\n<|im_end|>"
END, OTHERWISE = "<|im_end|>", "writes an earlier answer otherwise.*learn"
INTO = "before an answer, and not into the prompt.*template FILE.jinja"
TABLE = [
    Case("chatml", CHATML, PROMPT, f"b!{END}d.{END}"),
    Case("last", CHATML, PROMPT, f"d.{END}", "last"),
    Case(
        "default_system",
        DEFAULT_SYSTEM,
        f"<|im_start|>system\nhelp!{END}\n{PROMPT}",
        f"b!{END}d.{END}",
    ),
    Case("thoughts", THINKS, f"{PROMPT}<think>\n\n</think>\n\n", f"d.{END}", "last"),
    Case("thoughts_of_all", THINKS, said=OTHERWISE),
    Case("thoughts_unasked", ALWAYS_THINKS, learn="last", said=f"puts '<think>.*{INTO}"),
    Case("thoughts_begun", BEGINS_TO_THINK, learn="last", said="what the prompt for it hasn't"),
    Case(
        "brackets",
        BRACKETS,
        f"[INST] a? [/INST] b!{END}[INST] c? [/INST]",
        f" b!{END} d.{END}",
    ),
    Case("end_of_all", END_OF_ALL, PROMPT, f"b!{END}d.{END}"),
    Case("two_ends", TWO_ENDS, PROMPT.replace(END, ENDS), f"b!{ENDS}d.{ENDS}"),
    Case("space_before", SPACE_BEFORE, PROMPT.replace(END, SPACED), f"b!{SPACED}d.{SPACED}"),
    Case("trims", TRIMS, PROMPT, f"b!{END}d.{END}"),
    Case("no_end", NO_END, NUMBERED, f"b!d.{END}"),
    Case("shouts", SHOUTS, said="rewrites the answer 'It is.'"),
    Case("channel", CHANNEL, said=f"puts 'final:' {INTO}"),
]


@pytest.mark.parametrize("case", TABLE, ids=lambda case: case.name)
def test_what_is_learned_is_what_stands_behind_the_prompt(case: Case, tmp_path: Path) -> None:
    def encoded() -> tuple[str, str]:
        fitted = fitted_chat(tmp_path, made={"template": case.template}, learn=case.learn)
        found = fitted.encode(table_of([(TALK, "d.")]))
        ids, prompt = found["input_ids"][0].as_py(), found["prompt"][0].as_py()
        asked = fitted.encode(table_of([(TALK, None)]))
        assert asked["input_ids"][0].as_py() == ids[:prompt]  # what it is asked with
        assert asked["learned"][0].as_py() == [0] * prompt
        before = fitted.encoder.tokenizer.decode(ids[:prompt], skip_special_tokens=False)
        return before, said_of(fitted, found, 0)[1]

    if case.said:
        with pytest.raises(ConfigError, match=f"(?s){case.said}"):
            encoded()
    else:
        assert encoded() == (case.prompt, case.learned)


def test_a_row_may_say_what_of_it_is_not_learned(tmp_path: Path) -> None:
    fitted = fitted_chat(tmp_path)
    talk = [*TALK[:1], TALK[1] | {"learn": False}, *TALK[2:]]
    rows = table_of([(talk, "d."), (TALK, "d.")])
    found = fitted.encode(rows)
    assert [said_of(fitted, found, i)[1] for i in (0, 1)] == [f"d.{END}", f"b!{END}d.{END}"]
    assert found["input_ids"][0] == found["input_ids"][1]


def test_a_row_that_a_template_does_not_take_is_named(tmp_path: Path) -> None:
    fitted = fitted_chat(tmp_path, made={"template": NO_SYSTEM})
    talk = messages(("system", "be nice"), ("user", "a?"))
    told = r"chats\.jsonl, row 2: .*System role not supported"  # no column: it may be any of them
    with pytest.raises(DataError, match=told):
        fitted.encode(table_of([("a?", "b"), (talk, "b")]))


def test_a_system_message_of_the_options_is_for_rows_without_one(tmp_path: Path) -> None:
    fitted = fitted_chat(tmp_path, system="be brief")
    own = messages(("system", "be nice"), ("user", "a?"))
    found = fitted.encode(table_of([("a?", "b"), (own, "b")]))
    texts = [said_of(fitted, found, i)[0] for i in (0, 1)]
    assert ["be brief" in text for text in texts] == [True, False]
    assert texts[0].replace("be brief", "be nice") == texts[1]


def test_the_day_is_always_the_same(tmp_path: Path) -> None:
    dated = "{{ 'Today is ' + strftime_now('%Y-%m-%d') + '\n' }}" + CHATML
    fitted = fitted_chat(tmp_path, made={"template": dated})
    found = fitted.encode(table_of([("a?", "b")]))
    assert said_of(fitted, found, 0)[0].startswith("Today is 2024-07-26\n")
