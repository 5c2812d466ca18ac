"""Whole runs compared with one another: what pretraining gains."""
