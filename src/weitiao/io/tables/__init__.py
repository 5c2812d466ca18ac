"""From files in any format and encoding to one Arrow table of strings."""

from weitiao.io.tables.database import refuse_idle
from weitiao.io.tables.files import Files, Named, SourceFiles, expand
from weitiao.io.tables.options import ReadOptions
from weitiao.io.tables.reader import Reader

__all__ = [
    "Files",
    "Named",
    "ReadOptions",
    "Reader",
    "SourceFiles",
    "expand",
    "refuse_idle",
]
