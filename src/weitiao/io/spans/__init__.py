"""Spans of a text, such as the names in it: as tags of tokens, as offsets, as JSON cells."""
