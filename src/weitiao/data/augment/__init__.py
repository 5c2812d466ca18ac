"""Changed copies of training texts, by nlpaug's augmenters on the words of our segmenter."""

from weitiao.data.augment.augmenter import Augmentation, Augmenter, words_to_prepare
from weitiao.data.augment.rows import AugmentedRows
from weitiao.data.augment.step import Step

__all__ = ["Augmentation", "AugmentedRows", "Augmenter", "Step", "words_to_prepare"]
