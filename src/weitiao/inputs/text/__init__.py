"""Text → cleaned → words → ids: cleaning, segmentation, tokenization, augmentation."""

from weitiao.inputs.text.text import Text

__all__ = ["Text"]
