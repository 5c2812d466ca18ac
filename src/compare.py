"""Compare configurations seed by seed, or cross-validate: ``python src/compare.py --help``."""

import sys

from weitiao.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["compare", *sys.argv[1:]]))
