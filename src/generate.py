"""Let a causal language model go on with a text: ``python src/generate.py --help``."""

import sys

from weitiao.cli.error_handling import guarded


def main() -> None:
    """Generate; what is slow to import is imported where a signal is already watched for."""
    from weitiao.pretraining.generate import run_generate

    run_generate(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(guarded(main))
