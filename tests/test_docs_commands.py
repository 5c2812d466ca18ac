"""Every command in a fenced block of a page is one that our scripts and the Makefile take.

Blocks under a line `<!-- tested -->` are run as well, beside a file `my.csv` of 200 reviews.
"""

from __future__ import annotations

import os
import re
import runpy
import shlex
import subprocess
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from conftest import Command, reviews, write_csv

from weitiao.comparison.cli import read_comparison
from weitiao.config.earlier_names import renamed_arguments
from weitiao.errors import UsageError
from weitiao.tuning.cli import split_arguments

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    path.relative_to(ROOT)
    for pattern in ("*.md", "docs/**/*.md", "benchmarks/*.md")
    for path in ROOT.glob(pattern)
)
FENCE = re.compile(r"^(<!-- tested -->\n+)?```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHELLS = ("", "bash", "sh")
OURS = re.compile(r"^\s*(?:\S+=\S+ )*(?:\S*python|make|weitiao) ", re.MULTILINE)
OTHERS = {"cat", "cd", "cp", "git", "java", "pip", "sbatch", "ssh", "tensorboard", "$EDITOR", "…"}
"""What else stands in a block; of these only that they are meant is checked."""


class Block(NamedTuple):
    """A fenced block of a page.

    Args:
        page: its path below the root.
        line: the line of its first command.
        tested: whether it is run.
        text: what stands in it.
    """

    page: Path
    line: int
    tested: bool
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks() -> Iterator[Block]:
    """The blocks that hold commands of ours."""
    for page in PAGES:
        text = (ROOT / page).read_text("utf-8")
        for found in FENCE.finditer(text):
            if found[2] in SHELLS and OURS.search(found[3]):
                line = text.count("\n", 0, found.start(3)) + 1
                yield Block(page, line, bool(found[1]), found[3])


def commands(text: str) -> Iterator[list[str]]:
    """The simple commands of a block, as a shell takes them apart."""
    line = ""
    for part in text.replace("\\\n", " ").splitlines():
        line += part + "\n"
        try:
            words = _words(line)
        except ValueError:  # a quote that ends on a later line
            continue
        line = ""
        while words:
            end = next((i for i, word in enumerate(words) if word in ("|", "&&", ";")), len(words))
            if command := [word for word in words[:end] if word != "…"]:
                yield command
            words = words[end + 1 :]
    assert not line, f"a quote stays open: {line}"


def _words(line: str) -> list[str]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;")
    lexer.whitespace_split = True
    return list(lexer)


@pytest.fixture(scope="module")
def check() -> Callable[[list[str]], None]:
    """Raises where a command is not one that its program takes."""
    parsers = runpy.run_path(f"{ROOT}/docs/write_options.py")["parsers"]()
    parsers["train"] = parsers["fit"] = parsers.pop("train and fit")

    def parse(verb: str, arguments: list[str]) -> None:
        if verb == "compare":
            comparison = read_comparison(arguments)
            for name in comparison.configurations:
                parse("fit", comparison.options(name, 1))
            return
        if verb == "tune":
            own, rest = split_arguments(parsers["tune"], arguments)
            parsers["tune"].parse_args(own)
            verb, arguments = "fit", rest
        assert renamed_arguments(arguments, parsers[verb].options) == arguments
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            known = _task(arguments) if verb in ("train", "fit") else []
            parsers[verb].parse_args([*known, *_without_missing(arguments)])

    def checked(words: list[str]) -> None:
        while re.match(r"\w+=", words[0]):  # of the environment
            words = words[1:]
        program, arguments = Path(words[0]).name, words[1:]
        if program in OTHERS or words[0] in OTHERS:
            return
        if program == "make":
            _make(arguments, checked)
        elif program == "submit.sh":
            job, *rest = [word for word in arguments if word != "--dry-run"]
            parse(*((rest[0], rest[1:]) if job == "train" else ("tune", rest[1:])))
        elif program == "weitiao":
            parse(arguments[0], arguments[1:])
        else:
            assert program == "python", f"{words[0]}: what is this?"
            _python(arguments, parse)

    return checked


def _task(arguments: list[str]) -> list[str]:
    """The configuration of the task that is named, as `train` puts it before all options."""
    if "--task" not in arguments:
        return []
    task = arguments[arguments.index("--task") + 1]
    return ["--config", f"{ROOT}/configs/tasks/{task}.yaml"]


def _without_missing(arguments: list[str]) -> Iterator[str]:
    """Leaves out what names a configuration of the reader's own."""
    words = iter(arguments)
    for word in words:
        if word != "--config":
            yield word
        elif (path := next(words)).startswith("configs/"):
            yield from (word, f"{ROOT}/{path}")


def _make(arguments: list[str], checked: Callable[[list[str]], None]) -> None:
    """The target exists, and the command that it ends with is one of ours."""
    # run by `make test`, make would take over its variables, and end with a line of its own
    above = {"MAKEFLAGS", "MAKELEVEL", "MFLAGS", "ARGS"}
    own = {name: value for name, value in os.environ.items() if name not in above}
    asked = ["make", "--dry-run", *arguments]
    made = subprocess.run(asked, cwd=ROOT, env=own, capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    lines = made.stdout.replace("\\\n", " ").splitlines()
    for line in lines[-1:]:
        if re.match(r"(\.venv/bin/python src/|slurm/submit\.sh )", line):
            checked(_words(line))


def _python(arguments: list[str], parse: Callable[[str, list[str]], Any]) -> None:
    if arguments[0] in ("-c", "-m"):
        return
    script = ROOT / arguments[0]
    assert script.is_file(), f"there is no {arguments[0]}"
    if script.parent.name != "src":  # of a benchmark another test reads the options
        return
    if script.stem == "train":
        parse(arguments[1], arguments[2:])
    elif script.stem in ("corpus", "encoder", "chat_model"):
        assert arguments[1::2] in ([], ["--out"])
    else:
        parse(script.stem, arguments[1:])


BLOCKS = list(blocks())


@pytest.mark.slow
@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_each_command_is_one_that_its_program_takes(
    block: Block, check: Callable[[list[str]], None]
) -> None:
    for words in commands(block.text):
        try:
            check(words)
        except UsageError as error:
            pytest.fail(f"{block}: {shlex.join(words)}\n{error}")


@pytest.mark.parametrize(
    "wrong",
    [
        "python src/train.py fit --model.optim.learning_rate 1",
        "python src/train.py evaluate --ckpt_path CKPT",
        "python src/tune.py --trials many",
        "python src/tune.py --data.trian my.csv",
        "python src/missing.py",
        'make train ARGS="--seeds 2"',
        "make trian",
        "pyhton src/train.py fit",
        "python src/train.py fit --config configs/missing.yaml",
    ],
)
def test_a_command_that_fails_is_found(wrong: str, check: Callable[[list[str]], None]) -> None:
    (words,) = commands(wrong)
    with pytest.raises((UsageError, AssertionError, KeyError)):
        check(words)


@pytest.mark.slow
def test_what_is_marked_as_tested_runs(tmp_path: Path, command: Command) -> None:
    write_csv(tmp_path / "my.csv", reviews(200))
    tested = [words for block in BLOCKS if block.tested for words in commands(block.text)]
    distinct = {
        shlex.join(words): words for words in tested
    }  # pages say the same, in two languages
    assert len(distinct) > 3
    for line, words in distinct.items():
        assert Path(words[0]).name == "python", f"{line} can't be tested"
        done = command(*words[2:], cwd=tmp_path, script=Path(words[1]).name)
        assert done.code == 0, f"{line}\n{done.err}"
