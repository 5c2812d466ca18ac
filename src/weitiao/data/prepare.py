"""From files to a cache that every run, trial and rank maps: made once, whole or not at all."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from filelock import FileLock

from weitiao.card import DataCard
from weitiao.data.audit import Auditor
from weitiao.data.clean import Cleaner
from weitiao.data.encode import Encoder, TextEncoder
from weitiao.data.read import Files, Reader, expand, natural_order
from weitiao.data.segment import Segmenter
from weitiao.data.split import Splitter
from weitiao.data.stages import Stages
from weitiao.errors import DataError
from weitiao.plain import plain

SHAPING = ("weitiao", "tokenizers", "jieba", "rjieba", "ftfy", "opencc", "emoji", "pyarrow")


@dataclass(frozen=True)
class Prepared:
    """Prepared data on disk.

    Args:
        folder: holds per split ``SPLIT.rows.arrow`` (what people read: id, original, text, label,
            file, row) and ``SPLIT.ids.arrow`` (what the model reads: input_ids, target), besides
            ``card.json``, ``audit.json``, ``encoder.json``.
        card: the data card.
    """

    folder: Path
    card: DataCard

    def rows(self, split: str) -> pa.Table:
        """The readable columns of a split, memory-mapped."""
        return _map(self.folder / f"{split}.rows.arrow")

    def ids(self, split: str) -> pa.Table:
        """The encoded columns of a split, memory-mapped."""
        return _map(self.folder / f"{split}.ids.arrow")

    def has(self, split: str) -> bool:
        """Whether there is such a split."""
        return split in self.card.rows

    @property
    def audit(self) -> dict[str, Any]:
        """What reading, cleaning, audit and encoding found and did."""
        return json.loads((self.folder / "audit.json").read_text("utf-8"))

    def encoder(self, segmenter: Segmenter) -> TextEncoder:
        """The tokenizer the ids were made with."""
        state = json.loads((self.folder / "encoder.json").read_text("utf-8"))
        return TextEncoder.from_state(state, segmenter)


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
        labels: names of the classes; null = those found in the training split.
    """

    read: Reader
    clean: Cleaner
    audit: Auditor
    split: Splitter
    segment: Segmenter
    encode: Encoder
    labels: list[str] | None = None

    def __call__(self, files: dict[str, Files], cache: Path) -> Prepared:
        """Prepare ``files`` (split → paths or globs), or find them prepared in ``cache``.

        Several processes may call this at once: one prepares, the others wait and map its files.
        A killed preparation leaves nothing that is taken for a whole one.

        Raises:
            DataError: a file, row or column is at fault.
        """
        fingerprint = self.fingerprint(files)
        folder = cache / fingerprint
        if not (folder / "card.json").exists():
            cache.mkdir(parents=True, exist_ok=True)
            with FileLock(cache / f"{fingerprint}.lock"):
                if not (folder / "card.json").exists():
                    with _whole_folder(folder) as unfinished, Stages() as stages:
                        self._build(files, unfinished, fingerprint, stages)
        card = DataCard(**json.loads((folder / "card.json").read_text("utf-8")))
        return Prepared(folder, card)

    def fingerprint(self, files: dict[str, Files]) -> str:
        """Hash of everything that shapes the result: contents, options and versions."""
        digest = hashlib.blake2b(digest_size=10)
        digest.update(json.dumps(plain(self), sort_keys=True, default=str).encode())
        for package in SHAPING:
            digest.update(f"{package}={_version(package)}".encode())
        for split, patterns in sorted(files.items()):
            for path in expand(patterns):
                digest.update(f"{split}:{path}:{_content_hash(path)}".encode())
        for path in self._option_files():
            digest.update(_content_hash(path).encode())
        return digest.hexdigest()

    def _option_files(self) -> Iterator[Path]:
        """Files that options name: their contents count, not only their names."""
        for name in (self.segment.user_dict, self.segment.stop_words):
            if name is not None:
                yield Path(name)
        folder = Path(self.encode.tokenizer)
        if not self.encode.trained and folder.is_dir():
            yield from sorted(p for p in folder.glob("*token*.json") if p.is_file())

    def _build(
        self, files: dict[str, Files], folder: Path, fingerprint: str, stages: Stages
    ) -> None:
        report: dict[str, Any] = {"fingerprint": fingerprint, "read": {}, "clean": {}, "encode": {}}
        tables = {
            split: self._read_and_clean(split, patterns, folder, report, stages)
            for split, patterns in files.items()
        }
        stages.begin("audit and split")
        tables, report["audit"] = self.audit.audit(tables, self.split)
        labels = self.labels or natural_order(pc.unique(tables["train"]["label"]).to_pylist())
        stages.begin(f"encode ({self.encode.tokenizer})")
        encoder = self.encode.fit(self._training_texts(tables["train"]), self.segment)
        for split, table in tables.items():
            encoded = encode_rows(encoder, table)
            report["encode"][split] = {
                "cut_share": pc.mean(encoded["cut"]).as_py(),
                "unknown_share": encoder.unknown_share(encoded),
            }
            encoded = encoded.append_column("target", target_column(table, labels))
            _write(table, folder / f"{split}.rows.arrow")
            _write(encoded, folder / f"{split}.ids.arrow")
        counts = pc.value_counts(tables["train"]["label"]).to_pylist()
        count_of = {entry["values"]: entry["counts"] for entry in counts}
        card = DataCard(
            task="classification",
            labels=labels,
            label_counts=[count_of.get(label, 0) for label in labels],
            vocab_size=encoder.vocab_size,
            pad_id=encoder.pad_id,
            max_length=encoder.max_length,
            pair=self.read.columns.pair is not None,
            rows={split: table.num_rows for split, table in tables.items()},
            fingerprint=fingerprint,
        )
        _write_json(encoder.state(), folder / "encoder.json")
        _write_json(report, folder / "audit.json")
        _write_json(card.plain(), folder / "card.json")  # last: it says the rest is whole

    def _read_and_clean(
        self,
        split: str,
        patterns: Files,
        folder: Path,
        report: dict[str, Any],
        stages: Stages,
    ) -> pa.Table:
        stages.begin(f"read {split}")
        quarantine = folder / f"{split}.quarantine.jsonl"
        table = self.read.read(patterns, folder / f"{split}.raw.arrow", quarantine)
        quarantined = sum(1 for _ in quarantine.open("rb")) if quarantine.exists() else 0
        report["read"][split] = {"rows": table.num_rows, "quarantined": quarantined}
        stages.begin(f"clean {split}: {table.num_rows:,} rows")
        # Given validation and test files are rewritten like any text, but lose no row.
        table, report["clean"][split] = clean_rows(self.clean, table, may_drop=split == "train")
        if table.num_rows == 0:
            raise DataError(
                "no row is left after cleaning", file=str(patterns), hint="see data.clean.steps"
            )
        (folder / f"{split}.raw.arrow").unlink()
        return table

    def _training_texts(self, table: pa.Table) -> Iterator[str]:
        for name in ("text", "pair"):
            if name in table.column_names:
                for chunk in table[name].chunks:
                    yield from chunk.to_pylist()


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


def target_column(table: pa.Table, labels: Sequence[str]) -> pa.ChunkedArray:
    """Index of each row's label in ``labels``.

    Raises:
        DataError: a label that is not among them, with file and row.
    """
    index = pc.index_in(table["label"], value_set=pa.array(labels, pa.string()))
    if index.null_count:
        row = pc.index(pc.is_null(index), True).as_py()
        raise DataError(
            f"a label that is not among {', '.join(labels[:10])}",
            file=table["file"][row].as_py(),
            row=table["row"][row].as_py(),
            column="label",
            value=table["label"][row].as_py(),
            hint="the training split, or data.labels, must name every class",
        )
    return index.cast(pa.int64())


def _content_hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "blake2b").hexdigest()[:32]


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "absent"


@contextmanager
def _whole_folder(folder: Path) -> Iterator[Path]:
    """A folder beside ``folder`` that takes its name only when the block ends well."""
    unfinished = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", dir=folder.parent))
    try:
        yield unfinished
        if folder.exists():  # an unfinished one of an older version
            shutil.rmtree(folder)
        os.replace(unfinished, folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _write(table: pa.Table, path: Path) -> None:
    # One record batch: its columns are single chunks, which map without copying.
    table = table.combine_chunks()
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)


def _map(path: Path) -> pa.Table:
    return pa.ipc.open_file(pa.memory_map(str(path))).read_all()


def _write_json(value: Any, path: Path) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=2), "utf-8")
