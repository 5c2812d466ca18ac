"""Generated search spaces are read or refused."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from fuzzing import damaged, in_time, inputs
from hypothesis import given
from hypothesis import strategies as st

from weitiao.errors import ConfigError
from weitiao.tuning.space import parse_space, read_space

pytestmark = [pytest.mark.slow, pytest.mark.faults]

ENDS = (
    *(
        "0",
        "1",
        "-1",
        "1.0e-3",
        "1e-3",
        ".inf",
        "-.inf",
        ".nan",
        "9" * 400,
        "9" * 5000,
        "true",
        "a",
    ),
    *("null", "[]", "2024-01-01", "2024-13-45", "1e400", "0x10", "'1'", "!!binary aa==", "&x [*x]"),
)
CHOICES = (
    *("[]", "[a]", "[a, a]", "[1, 1.0, true]", "[.nan, .nan]", "[[1], {a: 1}]", "a", "null", "{}"),
    *("{a: {lr: {low: 0, high: 1}}, b: }", "{1: {x: {choices: [1]}}, true: {}}", "{a: 1}"),
    *("{a: {a: {choices: [1, 2]}}}", "{null: {}, .nan: {}}", "{[1]: {}}", "{2024-01-01: {}}"),
    *("&x [*x]", "&x {a: *x}", "&x {a: {b: {choices: *x}}}", "[2024-01-01]", "!!set {a, b}"),
    *("[" * 200 + "]" * 200, "{a: {b: {choices: " * 60 + "[1]" + "}}}" * 60, '["\\0"]'),
    *("!!python/object/apply:os.system [true]", "{a: {b: {choices: " * 20 + "[1]" + "}}}" * 20),
)
KEYS = ("model.optim.lr", "model.optim", "data.batch.size", "model", "a", "1", "null", "[x]", "''")


@st.composite
def rules(draw: st.DrawFn) -> str:
    """What stands under a key."""
    if draw(st.booleans()):
        return f"{{choices: {draw(st.sampled_from(CHOICES))}}}"
    words = draw(st.lists(st.sampled_from(("log", "step", "x", "low", "branches")), max_size=2))
    pairs = [f"{word}: {draw(st.sampled_from(ENDS))}" for word in ("low", "high", *words)]
    return draw(st.sampled_from((f"{{{', '.join(pairs)}}}",) * 4 + ENDS[:1] + CHOICES[-3:]))


@st.composite
def spaces(draw: st.DrawFn) -> bytes:
    """A space of one to three keys, now and then damaged."""
    keys = draw(st.lists(st.sampled_from(KEYS), min_size=1, max_size=3))
    content = "".join(f"{key}: {draw(rules())}\n" for key in keys).encode()
    return draw(damaged(content)) if draw(st.integers(0, 3)) == 3 else content


def test_bad_search_spaces_are_refused(tmp_path: Path, full: bool, record_property: Any) -> None:
    path = tmp_path / "space.yaml"
    outcomes: Counter[str] = Counter()

    @inputs(2000 if full else 150)
    @given(content=spaces())
    def try_one(content: bytes) -> None:
        path.write_bytes(content)
        try:
            with in_time():
                space = parse_space(read_space(path), path)
        except ConfigError as error:
            told = str(error)
        else:
            assert space
            outcomes["read"] += 1
            return
        assert str(path) in told
        outcomes["refused"] += 1

    try_one()
    record_property("cases", outcomes.total())
    record_property("outcome", ", ".join(f"{n} {name}" for name, n in sorted(outcomes.items())))
    assert outcomes.keys() == {"read", "refused"}
