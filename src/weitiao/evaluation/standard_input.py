"""Standard input as a file to read."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console

from weitiao.errors import DataError
from weitiao.evaluation.inference import PredictFile
from weitiao.io.tables import Named, SourceFiles
from weitiao.training.console import show_line

STREAM = "-"
"""Names standard input as a file to read, and standard output as a file to write."""


@contextmanager
def files_here(
    file: PredictFile, console: Console
) -> Iterator[tuple[dict[str, Any], Named | None]]:
    """The DataModule's arguments and files; what comes on standard input is kept meanwhile.

    Yields:
        Arguments that are not the checkpoint's; and the files, null = none is named.
    """
    if file.predict not in (STREAM, [STREAM]):
        yield file.changes(), file.predict
        return
    if sys.stdin.isatty():
        show_line("texts, one a line; Ctrl-D ends them:", console)
    with tempfile.TemporaryDirectory(prefix="weitiao-") as folder:
        path = Path(folder) / "standard input"
        with path.open("wb") as spool:
            shutil.copyfileobj(sys.stdin.buffer, spool)
        given = file.changes()
        if given.setdefault("format", "lines") == "lines":
            columns = {"input": {"init_args": {"text": "text"}}, "id": None}
            given = columns | {"header": True} | given
            given = {"separator": "auto", "sheet": "auto"} | given
            _warn_of_json(path, console)
        try:
            yield (
                {"encoding": "auto"} | given | {"predict": None},
                [SourceFiles(path.name, (path,))],
            )
        except DataError as error:
            if str(error.file) == str(path):  # named as standard input, not as where it was kept
                error.file = path.name
            raise


def _warn_of_json(path: Path, console: Console) -> None:
    with path.open("rb") as file:
        first = file.readline().strip()
    if first.startswith(b"{") and first.endswith(b"}"):
        show_line(
            "! the lines look like JSON, and are taken as texts → --data.format jsonl", console
        )
