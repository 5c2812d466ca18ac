"""weitiao (微调, "fine-tuning"): from a raw text file to a tuned, measured, usable model."""

from typing import TYPE_CHECKING, Any

from weitiao.errors import ConfigError, DataError

if TYPE_CHECKING:
    from weitiao.evaluation.predictor import Predictions, load
    from weitiao.training.fit import Run, fit

__version__ = "0.1.0"
__all__ = ["ConfigError", "DataError", "Predictions", "Run", "fit", "load"]

_PLACES = {
    "fit": "weitiao.training.fit",
    "load": "weitiao.evaluation.predictor",
    "Predictions": "weitiao.evaluation.predictor",
    "Run": "weitiao.training.fit",
}


def __getattr__(name: str) -> Any:
    """Import on first use: torch and Lightning take seconds, and most commands need few rooms."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    from weitiao.training.quiet import quiet

    quiet()
    found = getattr(import_module(_PLACES[name]), name)
    quiet()  # of what that has imported
    return found
