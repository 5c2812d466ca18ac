"""Texts into words: one small interface over dictionaries, a neural model and a server."""

from weitiao.data.segment.segmenter import Method, Segmenter

__all__ = ["Method", "Segmenter"]
