"""Search spaces as tests write them."""

from __future__ import annotations

import yaml

from weitiao.tuning.space import Space, parse_space


def space(text: str) -> Space:
    return parse_space(yaml.safe_load(text), "space.yaml")
