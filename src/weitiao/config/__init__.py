"""The command line and what it reads: parser, YAML, hints, bounds of values, plain values."""
