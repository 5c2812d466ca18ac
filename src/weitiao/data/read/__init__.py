"""From files in any format and encoding to one Arrow table of strings."""

from weitiao.data.read.database import refuse_idle
from weitiao.data.read.files import Files, expand
from weitiao.data.read.inputs import Input, Named
from weitiao.data.read.reader import Columns, Format, Reader
from weitiao.data.read.source import ExtraCells, Placeholders

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
