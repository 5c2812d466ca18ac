"""Train word vectors on raw text: ``python src/embed.py --files 'corpus/*.txt'``."""

import sys

from weitiao.cli.error_handling import guarded


def main() -> None:
    """Train; what is slow to import is imported where a signal is already watched for."""
    from weitiao.embedding.cli import run_embed

    run_embed(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(guarded(main))
