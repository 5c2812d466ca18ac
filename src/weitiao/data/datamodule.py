"""The LightningDataModule: files in, resumable padded batches out."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import lightning.pytorch as L
import numpy as np
import pyarrow as pa

from weitiao.card import DataCard
from weitiao.config.earlier_checkpoints import state_today
from weitiao.config.private_interfaces import BUILT_BY_PARSER
from weitiao.config.serialization import named, plain
from weitiao.data.audit import Auditor
from weitiao.data.batch import Batching, EpochBatches, Rows
from weitiao.data.loader import ResumableLoader
from weitiao.data.prepare import Preparation
from weitiao.data.prepared import Prepared
from weitiao.data.sampling import Sampling, draw_slots, refuse_without_classes
from weitiao.data.split import Splitter
from weitiao.data.unprepared import read_new_rows, rows_of_cells
from weitiao.errors import ConfigError
from weitiao.inputs import FittedInput, Input
from weitiao.inputs.text import Text
from weitiao.io.tables import Files, Named, Reader, refuse_idle
from weitiao.targets import OneClass, Target, columns_of_the_file


class DataModule(L.LightningDataModule):
    """Labelled rows, from raw files to batches.

    Args:
        train: training rows: file, files or globs, text files with as many lines each
            (``train.{en,zh}``), ``hf:NAME#SPLIT`` (a data set of Hugging Face: folder or name on
            the hub) or a SQL query; splits without rows of their own are carved out of it.
        val: rows to choose by; never altered, rows of ``train`` that stand here leave ``train``.
        test: rows to measure on; likewise, and never read by ``fit``'s loaders.
        predict: rows to predict; need no label.
        input: what a model reads of a row, and how it comes to it.
        target: what there is to predict, and its column.
        group: column of a group (author, product) that must not be cut by a split.
        id: column of an identifier; null or '' = number of the row.
        audit: duplicates, conflicts, leaks.
        split: shares carved out of ``train``.
        batch: budget of a batch.
        sampling: whether an epoch draws each training row once, or each class equally often.
        seed: seed of the order of training batches, of balanced draws and of augmentation.
        cache: folder of prepared data, shared by all runs.
        read: how rows are read: the options of `ReadOptions`.
    """

    encoded: pa.Table | None
    """Rows that were new to a loaded checkpoint, as `FittedInput.encode` gave them."""
    examined: dict[str, Any] | None
    """What the input says of rows that were new to a loaded checkpoint, once encoded."""
    set_aside: list[dict[str, Any]]
    """Bad rows among those to predict, with ``on_bad_row: quarantine``; see `read_new_rows`."""
    beside: Path | None
    """Folder of what prepared rows bring along besides, an array ``SPLIT.NAME.npy`` each; null =
    nothing. A checkpoint keeps it."""
    notes: list[str]
    """What a person should know of how a file that is new to a checkpoint was read."""

    def __init__(
        self,
        train: str | list[str] | None = None,
        val: str | list[str] | None = None,
        test: str | list[str] | None = None,
        predict: str | list[str] | None = None,
        input: Input = Text(),
        target: Target = OneClass(),
        group: str | None = None,
        id: str | None = None,
        audit: Auditor = Auditor(),
        split: Splitter = Splitter(),
        batch: Batching = Batching(),
        sampling: Sampling = "all",
        seed: int = 0,
        cache: str = ".cache/prepared",
        **read: Any,
    ) -> None:
        super().__init__()
        self.save_hyperparameters(logger=False)
        values = {**self.hparams, "input": named(input), "target": named(target)}
        self.save_hyperparameters(plain(values) | BUILT_BY_PARSER, logger=False)
        others = {"label": target.label, "group": group, "id": id or None}
        reader = Reader(_columns(input, target, others), target.cells, input.opener, **read)
        refuse_idle(reader.database, (train, val, test, predict))
        refuse_without_classes(sampling, target)
        splits = {"train": train, "val": val, "test": test}
        self.files: dict[str, Files] = {name: files for name, files in splits.items() if files}
        self.predict_files: Named | None = predict
        self.preparation = Preparation(reader, input, audit, split, target)
        self.batch, self.seed, self.cache = batch, seed, Path(cache)
        self.input, self.sampling = input, sampling
        self._prepared: Prepared | None = None
        self._loaded: tuple[DataCard, FittedInput] | None = None
        self._new_rows: dict[str, pa.Table] = {}
        self.encoded, self.examined = None, None
        self.set_aside, self.notes = [], []
        self.beside = None

    @property
    def prepared(self) -> Prepared:
        """The prepared splits; made on first use, found in the cache afterwards.

        Raises:
            ConfigError: there is no training file to prepare from, or what it gives is not what
                the loaded checkpoint was trained on.
        """
        if self._prepared is None:
            if "train" not in self.files:
                raise ConfigError("no training file is named", hint="{--train} FILE")
            self.input.check()
            prepared = self.preparation(self.files, self.cache)
            if self._loaded:
                _check_same_data(self._loaded[0], prepared.card)
            self._prepared = prepared
        return self._prepared

    @property
    def card(self) -> DataCard:
        """The data card: of the checkpoint where one was loaded, else of the prepared data."""
        return self._loaded[0] if self._loaded else self.prepared.card

    @property
    def fitted(self) -> FittedInput:
        """The fitted input: of the checkpoint where one was loaded, else of the prepared data."""
        return self._loaded[1] if self._loaded else self.prepared.fitted

    def prepare_data(self) -> None:
        """Prepare before ranks start to read; a loaded checkpoint may do without training data."""
        if self._loaded is None:
            _ = self.prepared

    def rows(self, split: str) -> pa.Table:
        """The readable rows of a split, in the order that ``batch["row"]`` counts.

        Args:
            split: ``train``, ``val``, ``test`` or ``predict``.

        Raises:
            ConfigError: there is no such split.
        """
        if split == "predict" or "train" not in self.files:
            return self._unprepared(split)
        if not self.prepared.has(split):
            raise ConfigError(f"there is no {split} split", hint=f"{{--{split}}} FILE")
        return self.prepared.rows(split)

    def names_of(self, rows: list[int]) -> str:
        """What a person finds training rows by: the ids they came with, else file and line."""
        table = self.rows("train").take(pa.array(rows))
        if "id" in self.preparation.read.columns:
            return f"its rows have the ids {', '.join(table['id'].to_pylist())}"
        lines: dict[str, list[str]] = {}
        for file, row in zip(table["file"].to_pylist(), table["row"].to_pylist(), strict=True):
            lines.setdefault(file, []).append(str(row))
        return "; ".join(f"its rows in {file}: {', '.join(found)}" for file, found in lines.items())

    def place_of(self, split: str, row: int) -> str:
        """Where a person finds a row of a split: its file and line."""
        table = self.rows(split)
        return f"{table['file'][row].as_py()}, row {table['row'][row].as_py()}"

    def take_cells(self, cells: Mapping[str, list[str]]) -> None:
        """Let cells that stand in no file be the rows of ``predict``; see `rows_of_cells`."""
        self._new_rows["predict"] = rows_of_cells(self.preparation, cells)

    def train_dataloader(self) -> ResumableLoader:
        """Shuffled batches under the token budget, resumable at any batch."""
        return self._loader("train")

    @cached_property
    def changed_rows(self) -> Any:
        """The training rows as the input changes them."""
        table, encoded = self.prepared.rows("train"), self.prepared.ids("train")
        return self.fitted.changed_rows(encoded, table, self.seed)

    def val_dataloader(self) -> ResumableLoader:
        """Validation batches in rising length."""
        return self._loader("val")

    def test_dataloader(self) -> ResumableLoader:
        """Test batches in rising length."""
        return self._loader("test")

    def predict_dataloader(self) -> ResumableLoader:
        """Batches of ``predict`` in rising length; ``batch["row"]`` leads back to the input."""
        return self._loader("predict")

    def plain_loader(self, split: str) -> ResumableLoader:
        """Each row of a prepared split once, unaugmented, in rising length, in this process."""
        encoded = self.prepared.ids(split)
        rows = Rows.of(self.fitted.rows(encoded), encoded, self._beside(split))
        return ResumableLoader(rows, EpochBatches(rows.lengths, self.batch, shuffle=False))

    def _beside(self, split: str) -> dict[str, np.ndarray]:
        """What the rows of a prepared split bring along besides, by name ``(N, …)``."""
        files = [] if self.beside is None else self.beside.glob(f"{split}.*.npy")
        return {file.suffixes[0][1:]: np.load(file, mmap_mode="r") for file in files}

    def _unprepared(self, split: str) -> pa.Table:
        """Rows of a file that is new to a loaded checkpoint: read and cleaned, none dropped."""
        if split not in self._new_rows:
            files = self.predict_files if split == "predict" else self.files.get(split)
            if files is None:
                raise ConfigError(f"no {split} file is named", hint=f"{{--{split}}} FILE")
            self._new_rows[split], self.set_aside = read_new_rows(
                self.preparation, files, labelled=split != "predict", notes=self.notes
            )
        return self._new_rows[split]

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint needs to treat new rows as those of training were treated."""
        state = {"card": self.card.plain(), "input": self.fitted.state()}
        return state if self.beside is None else {**state, "beside": str(self.beside)}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take card and input from a checkpoint.

        Raises:
            ConfigError: prepared data are at hand and are not those of the checkpoint.
        """
        state = state_today(state_dict)
        card = DataCard.of(state["card"])
        if self._prepared is not None:
            _check_same_data(card, self._prepared.card)
        self._loaded = card, self.input.from_state(state["input"], card.input)
        self.beside = self.beside or (Path(state["beside"]) if "beside" in state else None)

    def _loader(self, split: str) -> ResumableLoader:
        table = self.rows(split)
        if split == "predict" or "train" not in self.files:
            self.encoded = encoded = self.fitted.encode(table)
            self.examined = self.fitted.examine(encoded, table, training=False)
            encoded = self.fitted.for_evaluation(encoded, table)
            if split != "predict":
                with columns_of_the_file(self.preparation.read.columns):
                    targets = self.card.target.encode(table)
                encoded = encoded.append_column("target", targets)
        else:
            encoded = self.prepared.ids(split)
        training = split == "train"
        times = self.input.times if training else None
        inputs = self.fitted.rows(encoded) if times is None else self.changed_rows
        known = split != "predict" and "train" in self.files
        rows = Rows.of(inputs, encoded, self._beside(split) if known else None)
        slots = None
        if training:
            slots = draw_slots(self.sampling, rows.lengths, rows.targets, times or 1)
        how = (self.batch, self.seed, self.trainer)
        return ResumableLoader.of_split(rows, *how, shuffle=training, slots=slots)


def _columns(input: Input, target: Target, others: Mapping[str, str | None]) -> dict[str, str]:
    """Role → column of the file; those that the target makes itself aren't read."""
    given = {role: name for role, name in others.items() if name is not None}
    columns = input.columns | given | input.columns_of_labelled
    return {role: name for role, name in columns.items() if role not in target.made()}


def _check_same_data(of_checkpoint: DataCard, here: DataCard) -> None:
    if of_checkpoint.fingerprint != here.fingerprint:
        raise ConfigError(
            "the checkpoint was trained on other prepared data"
            f" (fingerprint {of_checkpoint.fingerprint}, here {here.fingerprint})"
            "\n  → use the run's own config.yaml and unchanged files"
        )
