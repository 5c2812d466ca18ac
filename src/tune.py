"""Search for a better configuration: ``python src/tune.py --trials 50``."""

import sys

from weitiao.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["tune", *sys.argv[1:]]))
