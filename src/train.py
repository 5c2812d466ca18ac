"""Train, test and use a model: ``python src/train.py --help``."""

import sys

from weitiao.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
