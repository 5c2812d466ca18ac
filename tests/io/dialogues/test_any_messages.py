"""Whatever stands in the place of messages."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from weitiao.io.answers.placing import Tally
from weitiao.io.dialogues.conversation import conversation_of, parts_of
from weitiao.io.dialogues.roles import Roles
from weitiao.io.dialogues.turns import Turns
from weitiao.io.spans.span import SpanFault

KEYS = st.sampled_from(
    ["role", "from", "content", "value", "learn", "weight", "type", "text", "user", "gpt", "x"]
)
SCALARS = st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=3) | KEYS
VALUES = st.recursive(
    SCALARS, lambda x: st.lists(x, max_size=3) | st.dictionaries(KEYS, x, max_size=3), max_leaves=12
)


@settings(max_examples=400, deadline=None)
@given(VALUES, st.sampled_from(["text", "label"]), st.booleans())
def test_any_value_is_read_or_told(value: Any, role: str, as_text: bool) -> None:
    cell = json.dumps(value) if as_text else value
    turns = Turns(Roles(None))
    for read_cell in (turns.whole, lambda cell: turns.maybe(cell, role), turns.pairs):
        try:
            found = read_cell(cell)
        except SpanFault:
            continue
        if not isinstance(found, str):
            try:
                conversation_of(parts_of(found), 1, Tally(), answered=True)
            except SpanFault:
                continue
