"""Comparisons of whole runs under several seeds or folds, and what pretraining gains."""
