"""Pretrain, fine-tune, and compare with no pretraining: ``python src/gain.py --help``."""

import sys

from weitiao.cli.error_handling import guarded


def main() -> None:
    """Compare; what is slow to import is imported where a signal is already watched for."""
    from weitiao.comparison.gain import run_gain

    run_gain(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(guarded(main))
