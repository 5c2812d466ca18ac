"""Answers that stand in a text, to questions about it."""
