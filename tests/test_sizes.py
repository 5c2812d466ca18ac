"""A file holds one idea and a function fits a screen, as CONTRIBUTING.md has it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
LINES = 300
"""Of a file, at most."""
BODY = 40
"""Lines of a function, docstring aside: fewer than these."""


def sources() -> Iterator[Path]:
    """What the package and the page are made of, what tests and what measures them."""
    for pattern in (
        "src/**/*.py",
        "src/**/*.js",
        "benchmarks/*.py",
        "docs/*.py",
        "template/**/*.py",
        "tests/**/*.py",
    ):
        yield from ROOT.glob(pattern)


def lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function, decorators and docstring aside."""
    first, last = function.body[0], function.end_lineno or 0
    own = first.end_lineno or 0 if ast.get_docstring(function) is not None else first.lineno - 1
    return last - function.lineno + 1 - (own - first.lineno + 1)


def test_no_file_is_long() -> None:
    counted = {str(file.relative_to(ROOT)): file.read_bytes().count(b"\n") for file in sources()}
    assert {name: count for name, count in counted.items() if count > LINES} == {}
    assert len(counted) > 500


def test_no_function_of_the_package_is_long() -> None:
    counted = {
        f"{file.relative_to(ROOT)}: {node.name}": lines(node)
        for file in (ROOT / "src").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {name: count for name, count in counted.items() if count >= BODY} == {}
    assert max(counted.values()) > BODY // 2
