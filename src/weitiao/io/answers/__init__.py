"""Answers to questions about a text, as files give them, and their places in it."""
