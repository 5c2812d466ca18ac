"""Rooms, classes, options and texts go by the field's words, not by those that we had before."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import yaml

from weitiao.config.earlier_names import RENAMED
from weitiao.config.parser import flat

ROOT = Path(__file__).parents[1]
WORDS = {
    "floor": "baseline",
    "link": "postprocess",
    "decision": "thresholding",
    "scores": "metrics",
    "OfClasses": "MulticlassLoss, MulticlassMetrics",
    "Together": "EpochMetrics",
    "guard": "error handling",
    "stop": "preemption, signals",
    "whole": "atomic",
    "plain": "serialization",
    "ranks": "distributed",
    "keys": "fingerprints",
    "seen": "contamination index",
    "stages": "progress",
    "shown": "console",
    "board": "HParams, or TensorBoard",
    "spread": "significance",
    "saving": "checkpointing",
    "command": "CLI",
    "language_card": "card of the pretraining",
    "pieces": "chunks",
    "blocks": "packed sequences",
    "encode": "tokenization",
    "vectors": "pretrained word embeddings",
    "vector_file": "file of vectors",
    "tell": "report",
    "told": "reported",
    "retold": "field paths",
}
"""Of rooms, modules, classes and options, whatever their case."""
NOWHERE = ("OfClasses", "floor", "language_card", "retold", "vector_file")
"""Also not in a text: words that mean nothing else."""
KEPT = {
    "decision": "model.objective.decision and its class: in the configurations of all who have"
    " several labels",
    "encode": "data.input.encode: in everyone's configurations",
    "vectors": "data.input.encode.vectors, and what a layer gives: (N, H)",
    "stop": "generate --stop: strings that end a text are called so everywhere else, too",
    "np.floor": "NumPy's",
}
"""Exceptions, with the reason."""
COMMAND_LINES = {
    **dict.fromkeys(("cli/help.py", "cli/main.py"), "the command itself"),
    **dict.fromkeys(
        (f"config/{name}.py" for name in ("hints", "refusals", "refused_values", "parser")),
        "tells what was typed wrongly",
    ),
    "comparison/cli.py": "the parser of compare stands there",
    "embedding/cli.py": "that of embed",
    "evaluation/predict.py": "that of predict",
    "evaluation/testing.py": "that of test",
    "tuning/cli.py": "that of tune",
    "comparison/compare.py": "configurations are options of train, as one types them",
    "comparison/gain.py": "so are fine-tunings and pretrainings",
    "comparison/records.py": "a slot would be looked up in the options of train, parsed last",
    "tuning/study.py": "so it would in those of a trial",
}
"""Modules that may call an option by its name, with the reason."""


VERBS = ("tell", "told", "retold")
"""Not names of functions either; those of other libraries, such as `study.tell`, are not ours."""
UNIDIOMATIC = (
    r"\bgo(?:es|ne|ing)? on with\b",
    r"\border of chance\b",
    r"\b[Ww]ho forgot\b",
    r"\b(?:is|are) told(?! (?:apart|to|from)\b)",
    r"\btells? of\b",
)
"""Ways to put it that nobody has who grew up with English: what names.md warns of."""


def names() -> Iterator[tuple[str, str]]:
    """Each name with its place: rooms, modules and public classes; keys of configurations."""
    for file in sorted((ROOT / "src").rglob("*.py")):
        place = str(file.relative_to(ROOT))
        yield from ((name, place) for name in (file.stem, *file.relative_to(ROOT).parts[:-1]))
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            named = isinstance(node, ast.ClassDef) and node.name[0] != "_"
            if named or (isinstance(node, ast.FunctionDef) and node.name.strip("_") in VERBS):
                yield node.name.strip("_"), f"{place}:{node.lineno}"
    for file in sorted((ROOT / "configs").rglob("*.yaml")):
        for name in _keys(yaml.safe_load(file.read_text("utf-8"))):
            yield name, str(file.relative_to(ROOT))
    for name in re.findall(r"^\| `--([\w.]+)`", (ROOT / "docs/options.md").read_text(), re.M):
        yield name.rpartition(".")[2], "docs/options.md"


def _keys(content: object) -> Iterator[str]:
    if isinstance(content, dict):
        yield from (part for key in content for part in str(key).split("."))
        content = list(content.values())
    if isinstance(content, list):
        for part in content:
            yield from _keys(part)


def texts() -> Iterator[Path]:
    """Source, documentation and configurations, but for what tells of earlier versions."""
    for pattern in ("src/**/*.py", "docs/**/*.md", "configs/**/*.yaml", "*.md", "Makefile"):
        for file in ROOT.glob(pattern):
            if file.name not in ("CHANGELOG.md", "experiments.md", "earlier_names.py"):
                yield file


def test_names_are_the_fields_words() -> None:
    words = {word.lower(): better for word, better in WORDS.items() if word not in KEPT}
    found = [f"{x} in {place}: {words[x.lower()]}" for x, place in names() if x.lower() in words]
    assert not found, found
    used = {name.lower() for name, _ in names()}
    assert KEPT.keys() - {"np.floor"} <= used, "an exception that is needed no more"


def test_texts_are_in_the_fields_words() -> None:
    pattern = re.compile(rf"(?<!np\.)\b({'|'.join(NOWHERE)})\b")
    found = [
        f"{file.relative_to(ROOT)}:{number}: {words}"
        for file in texts()
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1)
        if (words := pattern.findall(line))
    ]
    assert not found, found


def test_texts_are_idiomatic() -> None:
    pattern = re.compile("|".join(UNIDIOMATIC))
    found = [
        f"{file.relative_to(ROOT)}:{number}: {words}"
        for file in texts()
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1)
        if (words := pattern.findall(line))
    ]
    assert not found, found


def messages(file: Path) -> Iterator[tuple[int, str]]:
    """Texts of several words in a file, but for docstrings and the help of options."""
    tree = ast.parse(file.read_text("utf-8"))
    skipped: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr | ast.JoinedStr) or (
            isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "add_argument"
        ):
            skipped |= {*ast.walk(node)} - {node}
        parts = node.values if isinstance(node, ast.JoinedStr) else [node]
        text = "".join(str(x.value) if isinstance(x, ast.Constant) else "…" for x in parts)
        if " " in text and node not in skipped:
            yield getattr(node, "lineno", 0), text


def test_components_print_no_names_of_options() -> None:
    """They name arguments, `{--lr}`; the command that calls them knows what these are there."""
    source, found = ROOT / "src/weitiao", dict[str, list[str]]()
    for file in sorted(source.rglob("*.py")):
        for line, text in messages(file):
            if re.search(r"(?<!\{)--[a-z…]", re.sub(r"\b(srun|pip)( --\S+ \w+)+", "", text)):
                found.setdefault(str(file.relative_to(source)), []).append(f"{line}: {text}")
    other = found.keys() ^ COMMAND_LINES.keys()
    assert not other, {
        file: found.get(file, "an exception that is needed no more") for file in other
    }


def earlier(name: str) -> bool:
    """Whether an option, or what it lies below, had this name before."""
    parts = name.replace(".init_args", "").split(".")
    return any(".".join(parts[: end + 1]) in RENAMED for end in range(len(parts)))


def test_no_page_and_no_configuration_names_an_option_as_before() -> None:
    """Commands in blocks, whose verb says what is an option, are read in test_docs_commands.py."""
    options = {*re.findall(r"^\| `--([\w.]+)`", (ROOT / "docs/options.md").read_text(), re.M)}
    options |= {name.rpartition(".")[0] for name in options}
    found = list[str]()
    for pattern in ("*.md", "docs/**/*.md", "configs/**/*", "template/**/*", "slurm/*", "Makefile"):
        for file in (path for path in ROOT.glob(pattern) if path.is_file()):
            text = file.read_text("utf-8")
            # fit alone takes them as keys; as --data.text, it is an option of predict
            names = {*re.findall(r"--([a-z][\w.]+\w)", text)} - options
            names |= {*re.findall(r'"([a-z][\w.]+\w)":', text)}
            blocks = re.findall(r"^```yaml\n(.*?)^```$", text, re.M | re.S)
            for block in [text] if file.suffix == ".yaml" else blocks:
                names |= flat(yaml.safe_load(block)).keys()
            if file.name not in ("CHANGELOG.md", "experiments.md"):
                found += [f"{file.relative_to(ROOT)}: {name}" for name in names if earlier(name)]
    assert not found, found
