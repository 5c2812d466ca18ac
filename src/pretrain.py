"""Pretrain a language model on raw text: ``python src/pretrain.py --help``."""

import sys

from weitiao.cli.error_handling import guarded


def main() -> None:
    """Pretrain; what is slow to import is imported where a signal is already watched for."""
    from weitiao.pretraining.command import run_pretrain

    run_pretrain(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(guarded(main))
