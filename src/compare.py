"""Compare configurations seed by seed, or cross-validate: ``python src/compare.py --help``."""

import sys

from weitiao.cli.error_handling import guarded


def main() -> None:
    """Compare; what is slow to import is imported where a signal is already watched for."""
    from weitiao.comparison.cli import run_compare

    run_compare(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(guarded(main))
