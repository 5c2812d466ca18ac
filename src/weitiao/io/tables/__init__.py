"""From files in any format and encoding to one Arrow table of strings."""

from weitiao.io.tables.database import refuse_idle
from weitiao.io.tables.files import Files, expand
from weitiao.io.tables.inputs import Input, Named
from weitiao.io.tables.reader import Columns, Format, Reader
from weitiao.io.tables.source import ExtraCells, Placeholders

__all__ = [
    "Columns",
    "ExtraCells",
    "Files",
    "Format",
    "Input",
    "Named",
    "Placeholders",
    "Reader",
    "expand",
    "refuse_idle",
]
