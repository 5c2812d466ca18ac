"""Several of our modules as one file that stands alone."""

import ast
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType


def bundle(modules: Sequence[ModuleType | Path], purpose: str) -> str:
    """The source of modules, one after the other, without their imports of each other.

    Args:
        modules: in the order of their imports, by their file where they can't be imported here; no
            two have a name in common, and of our own they import names, not modules, and no types.
        purpose: the file's docstring.
    """
    plain: set[str] = set()
    names: dict[str, set[str]] = {}
    bodies = []
    for module in modules:
        path = module if isinstance(module, Path) else Path(str(module.__file__))
        source = path.read_text("utf-8")
        lines, kept, end = source.splitlines(), [], 0
        for number, node in enumerate(ast.parse(source).body):
            above = lines[end : node.end_lineno]  # with comments and decorators
            end = node.end_lineno or end
            match node:
                case ast.Import():
                    plain |= {ast.unparse(node)}
                case ast.ImportFrom(module=str(of)) if not of.startswith("weitiao."):
                    names.setdefault(of, set()).update(map(ast.unparse, node.names))
                case ast.Expr() if not number:  # the docstring
                    pass
                case node if not isinstance(node, ast.ImportFrom):
                    kept += above
        bodies.append("\n".join(kept).strip())
    taken = [f"from {of} import {', '.join(sorted(some))}" for of, some in sorted(names.items())]
    imports = "\n".join([*sorted(plain), *taken])
    return f'"""{purpose}"""\n\n{imports}\n\n\n' + "\n\n\n".join(bodies) + "\n"
