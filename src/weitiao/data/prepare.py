"""From files to a cache that every run, trial and rank maps: made once, whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from weitiao.card import DataCard, Task
from weitiao.config.serialization import plain
from weitiao.data.audit import Auditor
from weitiao.data.columns import columns_of_the_file
from weitiao.data.contamination_index import SEEN
from weitiao.data.prepared import Prepared
from weitiao.data.progress import Stages
from weitiao.data.split import Splitter
from weitiao.errors import ConfigError, DataError
from weitiao.inputs.text.clean import Cleaner
from weitiao.inputs.text.coverage import Coverage, refuse_unread
from weitiao.inputs.text.segment import Segmenter
from weitiao.inputs.text.tokenization import Encoder, TextEncoder
from weitiao.inputs.text.word_vectors import read_vectors, vector_file
from weitiao.io.arrow import all_texts, map_table, write_table
from weitiao.io.cache import content_hash, hash_of, make_once, versions
from weitiao.io.tables import Files, Input, Named, Reader
from weitiao.io.tables.spelling import tidy
from weitiao.linear import Linear, Solved, solve_splits, with_features, write_linear
from weitiao.targets.targets import canonical, find_labels, target_array, target_column

VECTORS = "vectors.npy"
WEIGHTS = (".safetensors", ".bin", ".pt", ".h5", ".msgpack", ".onnx")  # not the tokenizer's


@dataclass(frozen=True)
class Preparation:
    """The steps between files and ids, in the order in which a text passes them.

    Args:
        read: file formats, encodings, columns.
        clean: cleaning steps.
        audit: duplicates, conflicts, leaks.
        split: shares carved out of ``train`` for splits without a file.
        segment: words, where the vocabulary needs them.
        encode: text to ids.
        labels: names of the classes; null = those found in the data.
        task: what the labels are.
        label_separator: what stands between the labels of a cell; "auto" = a bar.
        linear: a linear model of n-grams; null = none.
    """

    read: Reader
    clean: Cleaner
    audit: Auditor
    split: Splitter
    segment: Segmenter
    encode: Encoder
    labels: list[str] | None = None
    task: Task = "classification"
    label_separator: str = "auto"
    linear: Linear | None = None

    def __post_init__(self) -> None:
        if self.label_separator != "auto" and self.task != "multilabel":
            raise ConfigError(f"data.label_separator has no effect on {self.task}")
        if self.label_separator == "":
            raise ConfigError("data.label_separator is empty")
        if self.labels and len(set(map(tidy, self.labels))) < len(self.labels):
            raise ConfigError(f"data.labels names a class twice: {', '.join(self.labels)}")

    def __call__(self, files: dict[str, Files], cache: Path) -> Prepared:
        """Prepare ``files`` (split → paths or globs), or find them prepared in ``cache``.

        Several processes may call this at once: one prepares, the others wait and map its files.
        A killed preparation leaves nothing that is taken for a whole one.

        Raises:
            DataError: a file, row or column is at fault.
            ConfigError: options don't go together, or don't fit the data.
        """
        self._check_split(files)
        with self.read.inputs(files, cache) as inputs:  # a query is put once, for key and rows
            folder = cache / self.cache_key(inputs)
            make_once(folder, lambda unfinished: self._build(inputs, unfinished))
        card = DataCard(**json.loads((folder / "card.json").read_text("utf-8")))
        vectors = str(folder / VECTORS) if card.vector_width else None
        solved = str(folder / "linear.npz") if card.linear_features else None
        return Prepared(folder, replace(card, vectors=vectors, linear=solved))

    def _check_split(self, files: dict[str, Files]) -> None:
        """Refuse values that shape nothing, since the splits they are for are given."""
        shaping = {split: getattr(self.split, split) for split in ("val", "test")}
        usual = {split: getattr(Splitter(), split) for split in ("val", "test")}
        useless = [f"split.{name}" for name in files if shaping.get(name) != usual.get(name)]
        useless += ["split.folds"] if "test" in files and self.split.folds else []
        drawn = (self.split.seed, self.split.stratify) != (Splitter.seed, Splitter.stratify)
        if {"val", "test"} <= files.keys() and drawn:
            useless += ["split.seed and split.stratify"]
        if useless:
            raise ConfigError(f"data.{useless[0]} shapes only splits for which no file is given")

    def cache_key(self, files: Mapping[str, Named]) -> str:
        """Hash of everything that shapes the result: contents, options and versions."""
        shaping = replace(self, segment=replace(self.segment, workers=1))
        with self.read.inputs(files) as found:
            inputs = [
                ":".join([split, given.name, *map(content_hash, given.files)])
                for split in sorted(found)
                for given in found[split]
            ]
        inputs += map(content_hash, self._option_files())
        return hash_of(json.dumps(plain(shaping), sort_keys=True), versions(), *inputs)

    def _option_files(self) -> Iterator[Path]:
        """Files that options name: their contents count, not only their names."""
        yield from self.segment.files()
        if self.encode.vectors is not None:
            yield vector_file(self.encode.vectors)
        folder = Path(self.encode.tokenizer)
        if self.encode.of_checkpoint and folder.is_file():
            yield folder
        if not self.encode.trained and folder.is_dir():
            yield from sorted(
                path
                for path in folder.iterdir()
                if path.is_file() and path.suffix not in WEIGHTS and path.name != SEEN
            )

    def _build(self, inputs: dict[str, list[Input]], folder: Path) -> None:
        report: dict[str, Any] = {"read": {}, "clean": {}, "encode": {}}
        with Stages() as stages:
            given = {
                split: self._read_and_clean(split, those, folder, report, stages)
                for split, those in inputs.items()
            }
            stages.begin("audit and split")
            with columns_of_the_file(self.read.columns):
                tables, report["audit"] = self.audit.audit(given, self.split, self.task)
                labels = find_labels(tables, self.task, self.labels)
                targets = {s: target_column(t, labels, self.task) for s, t in tables.items()}
            solved = self._solve(tables, targets, len(labels), report, stages)
            encoder, shaping = self._encode(tables, targets, folder, report, stages, solved)
        card = DataCard(
            task=self.task,
            labels=labels,
            vocab_size=encoder.vocab_size,
            pad_id=encoder.pad_id,
            max_length=encoder.max_length,
            pair=self.read.columns.pair is not None,
            rows={split: table.num_rows for split, table in tables.items()},
            vector_width=report.get("vectors", {}).get("width"),
            linear_features=solved.features.width if solved else None,
            fingerprint=_fingerprint(labels, shaping),
            **_described(target_array(targets["train"]), self.task, len(labels)),
        )
        for name, value in {
            "encoder": encoder.state() | {"coverage": report["encode"]["train"]},
            "audit": report,
            "card": card.plain(),
        }.items():
            _write_json(value, folder / f"{name}.json")

    def _solve(
        self,
        tables: dict[str, pa.Table],
        targets: dict[str, pa.ChunkedArray],
        classes: int,
        report: dict[str, Any],
        stages: Stages,
    ) -> Solved | None:
        """The linear model, where one is asked for."""
        if self.linear is None:
            return None
        stages.begin(f"solve the linear model of n-grams: {tables['train'].num_rows:,} rows")
        solved = solve_splits(self.linear, tables, targets, self.task, classes)
        report["linear"] = solved.report
        return solved

    def _encode(
        self,
        tables: dict[str, pa.Table],
        targets: dict[str, pa.ChunkedArray],
        folder: Path,
        report: dict[str, Any],
        stages: Stages,
        solved: Solved | None,
    ) -> tuple[TextEncoder, list[Path]]:
        """Write rows, ids, features, weights and vectors; gives the files a model learns from."""
        stages.begin(f"encode ({self.encode.tokenizer})")
        encoder = self.encode.fit(all_texts(tables["train"]), self.segment)
        for split, table in tables.items():
            encoded = encode_rows(encoder, table)
            report["encode"][split] = asdict(found := Coverage.of(encoder, encoded))
            if split == "train":
                refuse_unread(self.encode, encoded, table, found.unknown_share)
            encoded = encoded.append_column("target", targets[split])
            if solved and split != "train":  # its weights aren't trained
                encoded = with_features(encoded, solved.features, table)
            write_table(table, folder / f"{split}.rows.arrow")
            write_table(encoded, folder / f"{split}.ids.arrow")
        files = [folder / f"{split}.ids.arrow" for split in tables]
        files += write_linear(solved, folder) if solved else []
        if self.encode.vectors is not None:
            stages.begin("pick out word vectors")
            vectors = read_vectors(self.encode.vectors, encoder, self.encode.lowercase)
            np.save(folder / VECTORS, vectors.matrix)
            report["vectors"] = vectors.report(
                {split: map_table(folder / f"{split}.ids.arrow") for split in tables}
            )
            files.append(folder / VECTORS)
        return encoder, files

    def _read_and_clean(
        self,
        split: str,
        inputs: list[Input],
        folder: Path,
        report: dict[str, Any],
        stages: Stages,
    ) -> pa.Table:
        stages.begin(f"read {split}")
        quarantine = folder / f"{split}.quarantine.jsonl"
        notes: list[str] = []
        table = self.read.read(inputs, folder / f"{split}.raw.arrow", quarantine, notes)
        quarantined = sum(1 for _ in quarantine.open("rb")) if quarantine.exists() else 0
        counts = {"rows": table.num_rows, "quarantined": quarantined}
        report["read"][split] = counts | {"notes": notes}
        stages.begin(f"clean {split}: {table.num_rows:,} rows")
        # Given validation and test files are rewritten like any text, but lose no row.
        table, report["clean"][split] = clean_rows(self.clean, table, may_drop=split == "train")
        with columns_of_the_file(self.read.columns):
            table = canonical(table, self.task, self.label_separator)
        if table.num_rows == 0:
            name = inputs[0].name
            raise DataError("no row is left after cleaning", file=name, hint="see data.clean.steps")
        (folder / f"{split}.raw.arrow").unlink()
        return table


def clean_rows(
    cleaner: Cleaner, table: pa.Table, *, may_drop: bool
) -> tuple[pa.Table, dict[str, Any]]:
    """Cleaned ``text`` (and ``pair``) beside ``original``; with ``may_drop`` some rows leave."""
    original = table["text"]
    report: dict[str, Any] = {"changed": {}, "dropped": {}}
    keep = [True] * table.num_rows
    for name in ("text", "pair"):
        if name not in table.column_names:
            continue
        cleaned = cleaner.clean(table[name].to_pylist(), may_drop=may_drop)
        keep = [k and text is not None for k, text in zip(keep, cleaned.texts, strict=True)]
        table = table.set_column(
            table.column_names.index(name), name, pa.array(cleaned.texts, pa.string())
        )
        for step, count in cleaned.changed.items():
            report["changed"][step] = report["changed"].get(step, 0) + count
        for step, count in cleaned.dropped.items():
            report["dropped"][step] = report["dropped"].get(step, 0) + count
    table = table.append_column("original", original)
    return (table if all(keep) else table.filter(pa.array(keep))), report


def encode_rows(encoder: TextEncoder, table: pa.Table) -> pa.Table:
    """The ids of a table's ``text`` and, where there is one, ``pair``."""
    pairs = table["pair"].to_pylist() if "pair" in table.column_names else None
    return encoder.encode(table["text"].to_pylist(), pairs)


def _described(targets: np.ndarray, task: Task, classes: int) -> dict[str, Any]:
    """What the card says of the training targets."""
    if task == "regression":
        exact = targets.astype(np.float64)
        moments = {"target_mean": float(exact.mean()), "target_scale": float(exact.std())}
        return {"label_counts": []} | moments
    if task == "multilabel":
        return {"label_counts": targets.sum(0, dtype=np.int64).tolist()}
    return {"label_counts": np.bincount(targets, minlength=classes).tolist()}


def _fingerprint(labels: list[str], shaping: list[Path]) -> str:
    """What a checkpoint knows its data by, wherever they lie and whatever prepared them."""
    return hash_of(*labels, *map(content_hash, shaping))


def _write_json(value: Any, path: Path) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=2), "utf-8")
