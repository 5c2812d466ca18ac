"""Pretrain a language model on raw text: ``python src/pretrain.py --help``."""

import sys

from weitiao.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["pretrain", *sys.argv[1:]]))
