"""Vectors of texts, for similarity and retrieval."""
