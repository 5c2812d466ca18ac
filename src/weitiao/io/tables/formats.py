"""The formats by name."""

from collections.abc import Callable, Iterator

from weitiao.errors import DataError, WeitiaoError
from weitiao.io.tables import columnar, document, textual, workbook
from weitiao.io.tables.source import Chunk, FileFormat, Source


def read_chunks(source: Source) -> Iterator[Chunk]:
    """The rows of a file, in order, in chunks that need little memory.

    Blank lines and blank sheet rows are not rows. Bytes that the encoding can't decode stand in
    the cells as lone surrogates (U+DC00 + byte).

    Raises:
        DataError: the file as a whole can't be read, or a wanted column is missing.
    """
    try:
        yield from _READERS[source.format](source)
    except WeitiaoError:
        raise
    except Exception as error:  # foreign readers raise whatever they like
        raise DataError(f"can't be read as {source.format}: {error}", file=source.name) from error


_READERS: dict[FileFormat, Callable[[Source], Iterator[Chunk]]] = {
    "csv": textual.read_cells,
    "tsv": textual.read_cells,
    "jsonl": textual.read_jsonl,
    "lines": textual.read_lines,
    "json": document.read_json,
    "parquet": columnar.read_parquet,
    "arrow": columnar.read_arrow,
    "xlsx": workbook.read_xlsx,
}
