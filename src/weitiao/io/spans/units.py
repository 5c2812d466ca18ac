"""The units of spans: words of Latin script and numbers, single characters of any other."""

import re

UNIT = re.compile(r"[^\W_\u2e80-\uffff\U00020000-\U0003ffff]+|\S")
"""A Latin word or number, or one other character that is no space."""
