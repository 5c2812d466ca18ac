"""Texts that are found by their vectors: an index of a corpus, queries, near-duplicates."""
