"""weitiao (微调, "fine-tuning"): from a raw text file to a tuned, measured, usable model."""

__version__ = "0.1.0"
