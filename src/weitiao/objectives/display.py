"""Scores for people: shares in per cent, losses and errors as they are.

Files hold all of them as they are.
"""

PLAIN = (
    *("loss", "perplexity", "mse", "mae"),
    *("margin", "reward_chosen", "reward_rejected", "reward_good", "reward_bad"),
)
"""Metrics that are no shares of one, by their names without the split."""


def is_share(metric: str) -> bool:
    """Whether a metric ``SPLIT/NAME`` is shown in per cent; what has no split is a time, say."""
    _, split, name = metric.partition("/")
    return bool(split) and name not in PLAIN


def titled(metric: str) -> str:
    """A metric as the title of a column, with its unit: ``val/f1_macro, %``."""
    return f"{metric}, %" if is_share(metric) else metric


def scaled(metric: str, value: float) -> float:
    """A value in the unit of its title."""
    return 100 * value if is_share(metric) else value


def cell(metric: str, value: float, sign: str = "") -> str:
    """A value below its title; what rounds to nothing has no minus.

    Args:
        sign: ``+`` shows it before what is positive, too.
    """
    form = "z.2f" if is_share(metric) else "z,.4f"
    return format(scaled(metric, value), f"{sign}{form}")


def said(metric: str, value: float) -> str:
    """A value in a sentence, with its unit."""
    return f"{cell(metric, value)} %" if is_share(metric) else cell(metric, value)
