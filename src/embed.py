"""Train word vectors on raw text: ``python src/embed.py --files 'corpus/*.txt'``."""

import sys

from weitiao.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["embed", *sys.argv[1:]]))
