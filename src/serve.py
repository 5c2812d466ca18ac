"""Let a model answer over HTTP: ``python src/serve.py logs/latest``."""

import sys

from weitiao.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["serve", *sys.argv[1:]]))
