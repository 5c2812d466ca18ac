"""JSON as tests write it: hanzi as they are, a value a line."""

from __future__ import annotations

import json
from typing import Any


def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def lines(*values: Any) -> str:
    return "".join(f"{as_json(value)}\n" for value in values)
