"""Spans of a text, each with a type, as a tag of each unit."""
