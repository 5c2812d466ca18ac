"""``--help`` fits a screen, is there at once, and names options that there are."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from pkgutil import resolve_name

import pytest
from conftest import Command
from jsonargparse import ArgumentParser, capture_parser

from weitiao.cli.help import ALL, SAME, short_help
from weitiao.cli.main import VERBS, main
from weitiao.comparison.cli import compare_parser
from weitiao.comparison.gain import gain_parser
from weitiao.embedding.cli import embed_parser
from weitiao.evaluation.predict import predict_parser
from weitiao.evaluation.testing import run_test
from weitiao.export.cli import export_parser
from weitiao.generation.cli import generate_parser
from weitiao.pretraining.cli import run_pretrain
from weitiao.retrieval.cli import retrieve_parser
from weitiao.serving.cli import serve_parser
from weitiao.training.fit import fit
from weitiao.tuning.cli import tune_parser

SHORT = [verb for verb in VERBS if short_help(verb)]
ROOT = Path(__file__).parents[2]
MOST_LINES = 60
CONSOLE = "import sys; from weitiao.cli.main import main; sys.argv[0] = 'weitiao'; sys.exit(main())"


@pytest.fixture(scope="module")
def parsers() -> dict[str, ArgumentParser]:
    made = {verb: capture_parser(fit, [], verb) for verb in ("fit", "train")}
    made |= {"test": capture_parser(run_test, []), "predict": predict_parser()}
    made |= {"tune": tune_parser(), "embed": embed_parser(), "compare": compare_parser()}
    made |= {"gain": gain_parser(), "generate": generate_parser()}
    made |= {"export": export_parser(), "serve": serve_parser(), "retrieve": retrieve_parser()}
    return made | {"pretrain": capture_parser(run_pretrain, [])}


@pytest.mark.parametrize("columns", ["80", "100"])
@pytest.mark.parametrize("verb", VERBS)
def test_help_fits_a_screen(
    verb: str, columns: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    with suppress(SystemExit):  # argparse's own
        main([verb, "--help"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("usage: ")
    assert len(lines) <= MOST_LINES
    assert max(map(len, lines)) <= int(columns)


def test_each_verb_is_a_function() -> None:
    assert all(callable(resolve_name(place)) for place, _ in VERBS.values())


@pytest.mark.parametrize("verb", SHORT)
def test_help_names_options_that_are_there(verb: str, parsers: dict[str, ArgumentParser]) -> None:
    known = set(parsers[verb]._option_string_actions)
    if verb in ("tune", "compare", "gain"):
        known |= set(parsers["fit"]._option_string_actions)
    words = re.findall(r"--([\w.-]+)", short_help(verb) or "")
    named = {f"--{word.replace('-', '_')}" for word in words} - {"--help"}
    if verb == "tune":
        assert "--seeds" in named
    of_parts = {name for name in named if name.startswith(tuple(f"{part}." for part in known))}
    assert named - known - of_parts == set()


def test_all_options_are_behind_help_all(command: Command, tmp_path: Path) -> None:
    done = command("fit", "--data.train=my.csv", "--help=all", cwd=tmp_path)
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert len(lines) > 4 * MOST_LINES
    headings = [line for line in lines if line.endswith(":") and not line.startswith(" ")]
    rooms = [line.partition(":")[0] for line in headings[1:]]
    assert rooms[:3] == ["model", "model.optim", "data"]
    assert rooms[-1] == "trainer"
    done = command("--trials=3", "--help=all", cwd=tmp_path, script="tune.py")
    assert "--keep_top" in done.out


def characters(text: str) -> list[str]:
    """Those of a help, without the lists of classes, which depend on what was imported.

    So do the order of types, and with it where lines break.
    """
    return sorted(re.sub(r"knownsubclasses:[^)]*", "", "".join(text.split())))


def test_all_options_are_as_the_parsers_have_them() -> None:
    helps = runpy.run_path(str(ROOT / "docs" / "write_options.py"))["helps"]()
    written = {path.stem: path.read_text("utf-8") for path in ALL.glob("*.txt")}
    assert written.keys() == helps.keys() == VERBS.keys() - SAME.keys()
    stale = [verb for verb in helps if characters(written[verb]) != characters(helps[verb])]
    assert not stale, "run: make docs"


@pytest.mark.parametrize(
    "asked",
    [
        *(["--help"], ["fit", "-h"], ["pretrain", "--help"], ["fly"], ["corpus", "-h"]),
        ["train", "--help=all"],
    ],
)
def test_what_needs_no_library_is_told_at_once(asked: list[str]) -> None:
    started = time.perf_counter()
    slow = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", CONSOLE, *asked], capture_output=True, text=True
    )
    seconds = time.perf_counter() - started
    assert slow.returncode == (2 if asked == ["fly"] else 0)
    told = slow.stdout or slow.stderr
    assert all(f"\n  {verb} " in told for verb in VERBS) or f"usage: weitiao {asked[0]}" in told
    imported = set(re.findall(r"\| +(\w+)$", slow.stderr, re.MULTILINE))
    assert imported & {"torch", "lightning", "jsonargparse", "numpy", "rich", "yaml"} == set()
    assert seconds < 2
