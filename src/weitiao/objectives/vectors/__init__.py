"""Vectors of texts: which are alike, and which belong together."""
