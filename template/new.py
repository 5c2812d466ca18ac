"""Makes a project of your own beside this checkout: ``python template/new.py NAME``."""

import os
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
OURS = "myproject"
"""What the template calls itself."""


def make(name: str, folder: Path) -> None:
    """Copy the template into a new folder, under the name of the project.

    Raises:
        SystemExit: the name is no name of a Python module, or the folder exists.
    """
    if not name.isidentifier() or name in sys.stdlib_module_names:
        sys.exit(f"error: {name!r} can't name a Python module\n  → make new NAME=myproject")
    if folder.exists():
        sys.exit(f"error: {folder} exists\n  → another NAME")
    shutil.copytree(HERE / "project", folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "src" / OURS).rename(folder / "src" / name)
    checkout = os.path.relpath(HERE.parent, folder)
    for path in (path for path in folder.rglob("*") if path.is_file()):
        text = path.read_text("utf-8").replace(OURS, name).replace("../weitiao", checkout)
        path.write_text(text, "utf-8")
    print(f"{folder}\nnext:\n  cd {os.path.relpath(folder)}\n  make setup test")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("error: the project needs a name\n  → make new NAME=myproject")
    make(sys.argv[1], HERE.parents[1] / sys.argv[1])
