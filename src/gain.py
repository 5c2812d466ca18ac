"""Pretrain, fine-tune, and compare with no pretraining: ``python src/gain.py --help``."""

import sys

from weitiao.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["gain", *sys.argv[1:]]))
