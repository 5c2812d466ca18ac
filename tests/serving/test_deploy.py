"""What deploys a server says what the verb takes, and no more rights than it needs."""

from __future__ import annotations

import configparser
import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from weitiao.serving.cli import serve_parser

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text("utf-8")
UNIT = ROOT / "deploy" / "weitiao.service"
MOST_EXPOSED = 20  # of 100, as systemd counts


def instructions() -> list[tuple[str, str]]:
    """What the Dockerfile says: an instruction and its arguments."""
    lines = [line for line in DOCKERFILE.splitlines() if line and not line.startswith("#")]
    whole = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [(line.split(" ", 1)[0], line.split(" ", 1)[1]) for line in whole.splitlines()]


def last(name: str) -> str:
    return [rest for instruction, rest in instructions() if instruction == name][-1]


def test_the_dockerfile_copies_what_is_there_and_installs_an_extra() -> None:
    known = {"FROM", "WORKDIR", "COPY", "RUN", "USER", "ENV", "EXPOSE", "HEALTHCHECK"}
    known |= {"STOPSIGNAL", "ENTRYPOINT", "CMD"}
    assert {name for name, _ in instructions()} == known
    for name, rest in instructions():
        if name == "COPY" and not rest.startswith("--from"):
            assert all((ROOT / source).exists() for source in rest.split()[:-1]), rest
        if name == "FROM":
            assert re.match(r"[\w-]+:\d", rest), "a version is named"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    (extras,) = re.findall(r"\.\[([\w,]+)\]", DOCKERFILE)
    assert {*extras.split(",")} <= project["optional-dependencies"].keys()


def test_the_container_serves_as_nobody_in_particular_and_tells_its_health() -> None:
    assert int(last("USER")) > 1000
    program, verb, *arguments = json.loads(last("ENTRYPOINT")) + json.loads(last("CMD"))
    assert (program, verb) == ("weitiao", "serve")
    values = serve_parser().parse_args(arguments)
    assert values.host == "0.0.0.0"
    probe = json.loads(last("HEALTHCHECK").partition("CMD ")[2])
    assert f"127.0.0.1:{values.port}/health" in probe[-1] == compiled(probe[-1])
    assert last("EXPOSE") == str(values.port)
    assert last("STOPSIGNAL") == "SIGTERM"


def compiled(code: str) -> str:
    compile(code, "HEALTHCHECK", "exec")
    return code


def test_the_unit_starts_the_verb_and_waits_for_its_last_answers() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None, delimiters=("=",))
    # as configparser documents it: names keep their case
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(UNIT, "utf-8")
    service = unit["Service"]
    _, verb, *arguments = shlex.split(service["ExecStart"])
    assert verb == "serve"
    values = serve_parser().parse_args(arguments)
    assert values.host == "127.0.0.1"
    assert values.token_file is not None
    assert int(service["TimeoutStopSec"]) > values.end_within


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
@pytest.mark.parametrize("check", [["verify"], ["security", "--offline=yes"]])
def test_systemd_takes_the_unit(check: list[str], tmp_path: Path) -> None:
    here = tmp_path / UNIT.name
    program = shlex.split(re.findall(r"^ExecStart=(.*)", UNIT.read_text("utf-8"), re.M)[0])[0]
    here.write_text(UNIT.read_text("utf-8").replace(program, sys.executable), "utf-8")
    threshold = [f"--threshold={MOST_EXPOSED}"] if check[0] == "security" else []
    asked = ["systemd-analyze", *check, *threshold, str(here)]
    done = subprocess.run(asked, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert check[0] == "security" or not done.stderr
