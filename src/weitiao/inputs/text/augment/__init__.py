"""Changed copies of training texts, by nlpaug's augmenters on the words of our segmenter."""

from weitiao.inputs.text.augment.augmenter import Augmentation, Augmenter, words_to_prepare
from weitiao.inputs.text.augment.step import Step

__all__ = ["Augmentation", "Augmenter", "Step", "words_to_prepare"]
