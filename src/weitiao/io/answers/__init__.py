"""Answers to questions about a text, as files give them, and where they stand in it."""
