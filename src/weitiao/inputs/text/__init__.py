"""Text → cleaned → words → ids: cleaning, segmentation, tokenization, augmentation."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from weitiao.inputs.text.text import Text

__all__ = ["Text"]


def __getattr__(name: str) -> Any:
    """`Text`, once it is asked for: processes that segment words do without torch."""
    if name != "Text":
        raise AttributeError(name)
    from weitiao.inputs.text.text import Text

    return Text
