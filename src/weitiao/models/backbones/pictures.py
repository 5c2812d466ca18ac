"""What backbones of pictures have in common: the card they need."""

from weitiao.card import DataCard
from weitiao.errors import ConfigError
from weitiao.inputs.image.card import ImageInput


def pictures_of(card: DataCard) -> ImageInput:
    """The input of a model that sees.

    Raises:
        ConfigError: it makes no pictures.
    """
    if not isinstance(card.input, ImageInput):
        problem = f": it sees pictures, and the input makes a {type(card.input).__name__}"
        raise ConfigError(problem, field="backbone", hint="{--task} pictures")
    return card.input
