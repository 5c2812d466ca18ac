"""The verb ``fit``: its command line, run folder, callbacks, checkpoints, signals."""
