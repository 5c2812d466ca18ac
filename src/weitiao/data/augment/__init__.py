"""Changed copies of training texts, by nlpaug's augmenters on the words of our segmenter."""

from weitiao.data.augment.augmenter import Augmentation, Augmenter, Step, words_to_prepare
from weitiao.data.augment.rows import AugmentedRows

__all__ = ["Augmentation", "AugmentedRows", "Augmenter", "Step", "words_to_prepare"]
