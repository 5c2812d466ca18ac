"""Completes the command line of a training: today's names, the recipe, a start, a resumed run."""

from weitiao.config.earlier_names import renamed_arguments
from weitiao.training.recipe import with_presets
from weitiao.training.start import with_start


def completed(arguments: list[str]) -> tuple[list[str], str | None]:
    """The command line with the values of its start, task and recipe before its own.

    Whoever trains takes this way before a parser sees the line, so earlier names are read here.

    Args:
        arguments: as typed, without the verb.

    Returns:
        the line, which is complete itself; and which recipe it has, in a line.

    Raises:
        ConfigError: there is no such start, task or recipe.
        DataError: a training file can't be read.
    """
    return with_presets(with_start(renamed_arguments(arguments)))
