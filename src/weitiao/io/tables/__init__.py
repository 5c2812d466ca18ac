"""From files in any format and encoding to one Arrow table of strings."""

from weitiao.io.tables.database import refuse_idle
from weitiao.io.tables.files import Files, expand
from weitiao.io.tables.reader import Format, Reader
from weitiao.io.tables.source import ExtraCells, Placeholders
from weitiao.io.tables.source_files import Named, SourceFiles

__all__ = [
    "ExtraCells",
    "Files",
    "Format",
    "Named",
    "Placeholders",
    "Reader",
    "SourceFiles",
    "expand",
    "refuse_idle",
]
