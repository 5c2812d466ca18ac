"""Texts into words: one small interface over dictionaries, a neural model and a server."""

from weitiao.data.segment.segmenter import Method, Segmenter
from weitiao.data.segment.word_files import Words

__all__ = ["Method", "Segmenter", "Words"]
