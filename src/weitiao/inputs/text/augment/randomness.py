"""Seeds the global random generators for nlpaug, and restores them afterwards."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np


@contextmanager
def own_randomness() -> Iterator[None]:
    """Give Python's and NumPy's global generators back as they were."""
    python, numpy = random.getstate(), np.random.get_state()
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)


def reseed(seed: int) -> None:
    """Let both draw what follows from ``seed``, an integer below 2³²."""
    random.seed(seed)
    np.random.seed(seed)
