"""Generated configurations are parsed or refused; nothing in them is executed."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from fuzzing import damaged, in_time, inputs
from hypothesis import given
from hypothesis import strategies as st
from jsonargparse import ArgumentParser, capture_parser

from weitiao.config.parser import flat
from weitiao.errors import WeitiaoError
from weitiao.training.fit import fit

pytestmark = [pytest.mark.slow, pytest.mark.faults]

MARKER = "executed"
LAUGHS = "[&a [x, x, x, x, x, x, x, x, x], " + "".join(
    f"&{new} [{', '.join([f'*{old}'] * 9)}], "
    for old, new in zip("abcdefg", "bcdefgh", strict=True)
)
VALUES = (
    *("", "null", "true", "1", "-1", "1e400", ".nan", "-.inf", "9" * 5000, "0x1F", "1_0", "abc"),
    *("[]", "{}", "[[]]", "[1, a, null]", "{a: {b: c}}", "{class_path: os.system}", "'", "好"),
    *("&x [*x]", "&x {a: *x}", "&x {<<: *x}", "[&a [1, 2], *a]", "*missing", "!!binary a", "- -"),
    *("!!python/object/apply:os.system [touch executed]", "!!python/name:os.system", "!!int x"),
    *("{class_path: subprocess.Popen, init_args: {args: [touch, executed]}}", "!!set {a, b}"),
    *("{class_path: TextCNN, init_args: {width: x}}", "{class_path: [], init_args: 1}", "/", "."),
    *("[" * 3000, "[" * 200 + "]" * 200, "{a: " * 150 + "1" + "}" * 150, "? {a: 1}\n: 2"),
    *("2024-13-45", "\0", LAUGHS + "]"),
)
UNKNOWN = (
    "dtaa",
    "data.txet",
    "model",
    "data",
    "trainer",
    "trainer.x.y",
    "1",
    "好",
    "a b",
    "",
    ".",
)


@pytest.fixture(scope="module")
def parser() -> ArgumentParser:
    return capture_parser(fit, [], "fit")


def outcome(parser: ArgumentParser, *arguments: str) -> str:
    """What comes of a command line; whatever else is raised is a fault of ours."""
    try:
        with in_time():
            parser.parse_args(list(arguments))
    except WeitiaoError:
        return "refused"
    return "parsed"


@st.composite
def yaml_files(draw: st.DrawFn, keys: list[str]) -> bytes:
    """A configuration of one to four keys with whatever values, now and then damaged."""
    lines = []
    for key in draw(st.lists(st.sampled_from(keys), min_size=1, max_size=4)):
        names, value = key.split("."), draw(st.sampled_from(VALUES))
        if draw(st.booleans()):
            names = [key]  # dotted, as people try
        lines += [f"{'  ' * depth}{name}:" for depth, name in enumerate(names)]
        lines[-1] += f" {value}"
    content = "\n".join(lines).encode()
    return draw(damaged(content)) if draw(st.integers(0, 3)) == 3 else content


@pytest.mark.parametrize("given_as", ["file", "option"])
def test_bad_configurations_are_refused(
    given_as: str,
    parser: ArgumentParser,
    full: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    record_property: Any,
) -> None:
    monkeypatch.chdir(tmp_path)
    known = [key for key in flat(parser.get_defaults()) if key != "config"]
    keys = [*known, *UNKNOWN]
    outcomes: Counter[str] = Counter()
    config = tmp_path / "config.yaml"

    @inputs(3000 if full else 150)
    @given(data=st.data())
    def try_one(data: st.DataObject) -> None:
        if given_as == "file":
            config.write_bytes(data.draw(yaml_files(keys)))
            arguments = [f"--config={config}"]
        else:
            options = st.tuples(st.sampled_from(keys), st.sampled_from(VALUES))
            pairs = data.draw(st.lists(options, min_size=1, max_size=3))
            arguments = [f"--{key}={value}" for key, value in pairs]
        outcomes[outcome(parser, *arguments)] += 1
        capsys.readouterr()
        assert {path.name for path in tmp_path.iterdir()} <= {config.name}  # no `executed`

    try_one()
    record_property("cases", outcomes.total())
    record_property("outcome", ", ".join(f"{n} {name}" for name, n in sorted(outcomes.items())))
    assert outcomes.keys() == {"parsed", "refused"}


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe", b"\0", b"[", b"- a", bytes(range(256)), None]
)
def test_what_is_no_configuration_is_refused(
    content: bytes | None, parser: ArgumentParser, tmp_path: Path
) -> None:
    config = tmp_path / "config.yaml"
    config.mkdir() if content is None else config.write_bytes(content)
    assert outcome(parser, f"--config={config}") == "refused"


def test_what_stands_for_a_command_would_be_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (command,) = (value for value in VALUES if "os.system [" in value)
    yaml.unsafe_load(command)
    assert (tmp_path / MARKER).exists()
