"""Search by vectors: an index of a corpus, queries, hard negatives, near-duplicates."""
