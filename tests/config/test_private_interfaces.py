"""Private interfaces of others stand in one file, which was tried with the versions installed."""

from __future__ import annotations

import ast
from functools import cache
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILE = ROOT / "src/weitiao/config/private_interfaces.py"
FILES = [
    file
    for pattern in ("src/**/*.py", "docs/*.py", "benchmarks/*.py", "template/**/*.py")
    for file in sorted(ROOT.glob(pattern))
]
TRIED = {"lightning": {"2.6.6"}, "jsonargparse": {"4.53.0"}, "torch": {"2.13.0+cpu", "2.13.0"}}
CHECK = (
    "tests/config/test_parser.py, tests/config/test_earlier_names.py,"
    " tests/training/test_resume.py, tests/training/test_csv_log.py and tests/export"
)
PUBLIC = {"_asdict", "_replace", "_fields", "_exit"}
"""Of named tuples and of `os`: documented, in spite of their names."""
ELSEWHERE = {
    "_get_swap_position": "nlpaug: an augmenter is altered by overriding it, pinned to one version",
    "_save_to_state_dict": "torch: overridden by a module whose weights are kept in another form",
    "_load_from_state_dict": "torch: as _save_to_state_dict, which no hook replaces",
    "_apply": "torch: what .half() and .to() call, and what torchmetrics overrides as well",
    "_attn_implementation": "transformers: how a model was loaded stands nowhere else",
    "_supports_attention_backend": "transformers: whether it asks its own table for the attention",
    "_is_avx512_bf16_supported": "torch: nothing public tells whether a CPU computes in bfloat16",
}
"""Of other packages, with the reason."""


@pytest.mark.parametrize("package", TRIED)
def test_the_installed_version_was_tried(package: str) -> None:
    installed = version(package)
    assert installed in TRIED[package], (
        f"{FILE.name} was never tried with {package} {installed}: run {CHECK}; if they pass, add"
        f" {installed!r} to TRIED here"
    )


@cache
def private(file: Path) -> frozenset[str]:
    """Names that begin with an underscore and that the file itself doesn't define."""
    nodes = [*ast.walk(ast.parse(file.read_text("utf-8")))]
    own = {name for node in nodes for name in (getattr(node, "name", None), _stored(node)) if name}
    found = {name for node in nodes for name in _used(node, own)}
    return frozenset(name for name in found if name.startswith("_") and name[:2] != "__")


def _used(node: ast.AST, own: set[str]) -> list[str]:
    if isinstance(node, ast.Attribute):
        call = node.value.func if isinstance(node.value, ast.Call) else None
        above = isinstance(call, ast.Name) and call.id == "super"
        return [node.attr] if above or node.attr not in own else []
    if isinstance(node, ast.Import | ast.ImportFrom):
        paths = [getattr(node, "module", None) or "", *(alias.name for alias in node.names)]
        return [name for path in paths for name in path.split(".")]
    return []


def _stored(node: ast.AST) -> str | None:
    if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
        return node.attr
    return node.id if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) else None


def test_private_names_are_used_nowhere_else() -> None:
    allowed = PUBLIC | ELSEWHERE.keys() | {"_near"}  # of our own parser, in its subclass
    found = {
        f"{file.relative_to(ROOT)}: {name}"
        for file in FILES
        for name in private(file)
        if file != FILE and name not in allowed
    }
    assert not found, f"move these to {FILE.name}, or use what is public: {sorted(found)}"
    everywhere = {name for file in FILES for name in private(file)}
    assert ELSEWHERE.keys() <= everywhere, "an exception that is needed no more"
    assert {"_typehints", "_should_check_val_fx", "_apply_actions"} <= private(FILE)
