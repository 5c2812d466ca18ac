"""Join data, model and Trainer: command line, run folders, callbacks, the baseline, the table."""
