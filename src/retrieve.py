"""Find texts by their vectors: ``python src/retrieve.py index --help``."""

import sys

from weitiao.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["retrieve", *sys.argv[1:]]))
