"""The parser of commands that train, whose options are those of Lightning's classes too."""

from typing import Any

from lightning.pytorch.cli import LightningArgumentParser

from weitiao.config.parser import Parser, whole_numbers_first


class TrainingParser(Parser, LightningArgumentParser):
    """Ours, as `LightningCLI` needs it; the others do without Lightning, which takes seconds."""

    def add_lightning_class_args(self, lightning_class: Any, *args: Any, **kwargs: Any) -> Any:
        """As Lightning does, but a whole number stays one where a fraction may stand as well."""
        whole_numbers_first(lightning_class.__init__)
        return super().add_lightning_class_args(lightning_class, *args, **kwargs)
