"""What an exported folder takes with it: files that stand alone, and run where weitiao isn't."""

import shutil
from pathlib import Path


def put(name: str, folder: Path) -> None:
    """Copy one of these files into a folder."""
    shutil.copyfile(Path(__file__).with_name(name), folder / name)
