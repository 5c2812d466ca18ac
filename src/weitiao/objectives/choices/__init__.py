"""The objective of multiple choice, its metrics and baselines."""
