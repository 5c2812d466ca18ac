"""Continue a text, or answer, by a causal language model: ``python src/generate.py --help``."""

import sys

from weitiao.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["generate", *sys.argv[1:]]))
