"""Texts into words: one small interface over dictionaries, a neural model and a server."""

from weitiao.inputs.text.segment.segmenter import Method, Segmenter
from weitiao.inputs.text.segment.word_files import Words

__all__ = ["Method", "Segmenter", "Words"]
