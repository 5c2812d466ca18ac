"""Parts a run can do without, pictures and TensorBoard: if one fails, the run continues."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from lightning.pytorch.loggers import TensorBoardLogger

from weitiao.io.atomic import is_full

if TYPE_CHECKING:
    from pathlib import Path


class Dispensable:
    """Tells each kind of failure once."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Go on after this block, whatever fails in it but a full disk, where nothing can be saved.

        Args:
            name: what is left out then.
        """
        try:
            yield
        except Exception as error:  # no picture is worth a run, whatever draws it may raise
            if is_full(error) or (error.__cause__ and is_full(error.__cause__)):
                raise
            if name not in self._told:
                reason = " ".join(str(error).split())[:200]
                kind = type(error).__name__
                print(f"! left out, the run goes on: {name} ({kind}: {reason})", file=sys.stderr)
            self._told.add(name)


class TensorBoard(TensorBoardLogger):
    """TensorBoard's files in the folder ``tensorboard`` of a run."""

    def __init__(self, run: Path) -> None:
        super().__init__(run, name="", version="tensorboard", default_hp_metric=False)
        self._dispensable = Dispensable()

    def log_metrics(self, *args: Any, **kwargs: Any) -> None:
        """Write scalars."""
        with self._dispensable.part("scalars in TensorBoard"):
            super().log_metrics(*args, **kwargs)

    def save(self) -> None:
        """Let what was written reach the disk."""
        with self._dispensable.part("saving of TensorBoard's file"):
            super().save()

    def finalize(self, status: str) -> None:
        """Close the file."""
        with self._dispensable.part("saving of TensorBoard's file"):
            super().finalize(status)
