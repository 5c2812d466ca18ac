"""From files in any format and encoding to one Arrow table of strings."""

from weitiao.data.read.files import Files, expand
from weitiao.data.read.reader import Columns, Format, Reader

__all__ = ["Columns", "Files", "Format", "Reader", "expand"]
