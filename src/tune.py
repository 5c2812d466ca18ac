"""Search for a better configuration: ``python src/tune.py --trials 50``."""

import sys

from weitiao.cli.error_handling import guarded


def main() -> None:
    """Search; what is slow to import is imported where a signal is already watched for."""
    from weitiao.tuning.cli import run_tune

    run_tune(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(guarded(main))
