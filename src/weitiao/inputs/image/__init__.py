"""The picture input: files → decoded and resized once → pixels."""

from weitiao.inputs.image.augment import Augment
from weitiao.inputs.image.card import ImageInput
from weitiao.inputs.image.image import Image

__all__ = ["Augment", "Image", "ImageInput"]
