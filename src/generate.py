"""Let a causal language model go on with a text: ``python src/generate.py --help``."""

import sys

from weitiao.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["generate", *sys.argv[1:]]))
