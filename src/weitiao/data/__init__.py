"""From a file on disk to padded batches: read, clean, audit, split, segment, encode, batch."""
