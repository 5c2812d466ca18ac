"""From files to a cache that all runs, trials and processes map: made once, completely or not."""

import inspect
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from weitiao.card import DataCard, TargetCard
from weitiao.config.serialization import named, plain
from weitiao.data.audit import Auditor
from weitiao.data.fingerprints import with_keys
from weitiao.data.prepared import Prepared
from weitiao.data.progress import StageProgress
from weitiao.data.split import Splitter
from weitiao.errors import ConfigError, DataError
from weitiao.inputs import Counts, FittedInput, Input, Targets
from weitiao.io.arrow import give_back_memory, map_table, parts_of, write_table
from weitiao.io.cache import content_hash, hash_of, make_once, versions
from weitiao.io.large_tables import Cells, write_parts, write_whole
from weitiao.io.tables import Files, Named, Reader, SourceFiles
from weitiao.io.tables.named_files import states
from weitiao.targets import OneClass, Target, columns_of_the_file, target_array


@dataclass(frozen=True)
class Preparation:
    """The steps between files and encoded rows, in the order in which a row passes them."""

    read: Reader
    input: Input
    audit: Auditor
    split: Splitter
    target: Target = OneClass()

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
        card = DataCard.of(json.loads((folder / "card.json").read_text("utf-8")))
        fitted = self.input.load(folder, card.input)
        return Prepared(folder, replace(card, input=fitted.card), fitted)

    def _check_split(self, files: dict[str, Files]) -> None:
        """Refuse values that shape nothing, since the splits they are for are given."""
        shaping = {split: getattr(self.split, split) for split in ("val", "test")}
        usual = {split: getattr(Splitter(), split) for split in ("val", "test")}
        useless = [name for name in files if shaping.get(name) != usual.get(name)]
        useless += ["folds"] if "test" in files and self.split.folds else []
        drawn = (self.split.seed, self.split.stratify) != (Splitter.seed, Splitter.stratify)
        if {"val", "test"} <= files.keys() and drawn:
            useless += ["seed" if self.split.seed != Splitter.seed else "stratify"]
        if useless:
            problem = "shapes only splits for which no file is given"
            raise ConfigError(problem, field=f"split.{useless[0]}")

    def cache_key(self, files: Mapping[str, Named]) -> str:
        """Hash of everything that shapes the result: contents, options and versions."""
        shaping = replace(self, input=self.input.shaping())
        with self.read.inputs(files) as found:
            inputs = [
                ":".join([split, given.name, *map(content_hash, filter(Path.is_file, given.files))])
                for split in sorted(found)
                for given in found[split]
            ]
            inputs += [
                state for split in sorted(found) for state in states(self.read, found[split])
            ]
        inputs += map(content_hash, self.input.option_files())
        parts = type(self.input), type(self.target)  # one of the user's own may be edited
        own = [part for part in parts if not part.__module__.startswith("weitiao.")]
        inputs += [content_hash(Path(inspect.getfile(part))) for part in own]
        options = plain(shaping)
        options |= {"input": named(shaping.input), "target": named(shaping.target)}
        return hash_of(json.dumps(options, sort_keys=True), versions(), *inputs)

    def _build(self, inputs: dict[str, list[SourceFiles]], folder: Path) -> None:
        report: dict[str, Any] = {"read": {}, "clean": {}, "encode": {}}
        with StageProgress() as stages:
            tables, report["audit"] = self._split(inputs, folder, report, stages)
            with columns_of_the_file(self.read.columns):
                target = self.target.fit(tables)
                targets = {split: target.encode(table) for split, table in tables.items()}
            fitted = self._encode(tables, target, targets, folder, report, stages)
        files = [*(folder / f"{split}.ids.arrow" for split in tables), *fitted.files]
        card = DataCard(
            target=fitted.completed_target(target),
            input=fitted.card,
            rows={split: table.num_rows for split, table in tables.items()},
            # what a checkpoint knows its data by, wherever they lie and whatever prepared them
            fingerprint=hash_of(*target.labels, *map(content_hash, files)),
        )
        for name, value in {"audit": report, "card": card.plain()}.items():
            text = json.dumps(value, ensure_ascii=False, indent=2)
            (folder / f"{name}.json").write_text(text, "utf-8")

    def _encode(
        self,
        tables: dict[str, pa.Table],
        target: TargetCard,
        targets: dict[str, pa.ChunkedArray],
        folder: Path,
        report: dict[str, Any],
        stages: StageProgress,
    ) -> FittedInput:
        """Fit the input, write encoded rows."""
        values = {s: target_array(t) for s, t in targets.items() if s != "test"}
        known = Targets(target, values)
        fitted = self.input.fit(tables, known, folder, stages.begin)
        for split, table in tables.items():
            training, encoded = split == "train", fitted.encode(table)
            report["encode"][split] = fitted.examine(encoded, table, training=training)
            encoded = encoded.append_column("target", targets[split])
            if not training:
                encoded = fitted.for_evaluation(encoded, table)
            elif (kept := fitted.learnable(encoded)) is not None and not kept.all():
                encoded = encoded.filter(pa.array(kept))
                tables[split] = _rewritten(
                    table.filter(pa.array(kept)), folder / f"{split}.rows.arrow"
                )
            write_table(encoded, folder / f"{split}.ids.arrow")
            del encoded  # before the next split is
            give_back_memory()
        written = {split: map_table(folder / f"{split}.ids.arrow") for split in tables}
        report |= fitted.finish(written, folder, stages.begin)
        return fitted

    def _split(
        self,
        inputs: dict[str, list[SourceFiles]],
        folder: Path,
        report: dict[str, Any],
        stages: StageProgress,
    ) -> tuple[dict[str, pa.Table], dict[str, Any]]:
        """Write the readable rows of each split; gives them, mapped, and what the audit says."""
        cells, of_text = Cells(), {*self.input.columns, *self.input.columns_of_labelled, "original"}
        clean = {
            split: self._read_and_clean(split, those, folder, report, stages)
            for split, those in inputs.items()
        }
        stages.begin("audit and split")
        give_back_memory()
        given = {split: cells.pointers(path, of_text) for split, path in clean.items()}
        with columns_of_the_file(self.read.columns):
            chosen, audit = self.audit.audit(
                given,
                self.split,
                lambda table: np.concatenate([*map(self.input.sizes, cells.parts(table))]),
                self.target,
            )
        del given
        give_back_memory()
        audit["counted_in"], tables = self.input.counted_in, {}
        for split in [*chosen]:
            path = folder / f"{split}.rows.arrow"
            write_whole(cells.parts(chosen.pop(split)), cells.names, path)
            tables[split] = self._completed(split, path, audit)
        for path in clean.values():
            path.unlink()
        return tables, audit

    def _completed(self, split: str, path: Path, audit: dict[str, Any]) -> pa.Table:
        """The rows of a split, with what the target makes of them, mapped."""
        rows = map_table(path)
        completed, told = self.target.completed(rows)
        audit["warnings"] += [f"{split}: {line}" for line in told]
        return rows if completed is rows else _rewritten(completed, path)

    def _read_and_clean(
        self,
        split: str,
        inputs: list[SourceFiles],
        folder: Path,
        report: dict[str, Any],
        stages: StageProgress,
    ) -> Path:
        """Write cleaned rows with their keys; gives the file."""
        stages.begin(f"read {split}")
        quarantine = folder / f"{split}.quarantine.jsonl"
        notes: list[str] = []
        table = self.read.read(inputs, folder / f"{split}.raw.arrow", quarantine, notes)
        quarantined = sum(1 for _ in quarantine.open("rb")) if quarantine.exists() else 0
        counts = {"rows": table.num_rows, "quarantined": quarantined}
        report["read"][split] = counts | {"notes": notes}
        stages.begin(f"clean {split}: {table.num_rows:,} rows")
        # Given validation and test files are rewritten like any text, but lose no row.
        report["clean"][split] = counts = Counts()
        parts = self.treated(table, counts, may_drop=split == "train")
        differing = self.input.differing
        keyed = (with_keys(part, self.input.keys(part), differing) for part in parts)
        clean = folder / f"{split}.clean.arrow"
        if not write_parts(keyed, clean):
            name = inputs[0].name
            hint = "see {--input.clean.steps}"
            raise DataError("no row is left after cleaning", file=name, hint=hint)
        (folder / f"{split}.raw.arrow").unlink()
        return clean

    def treated(self, table: pa.Table, counts: Counts, *, may_drop: bool) -> Iterator[pa.Table]:
        """Raw rows with cleaned cells and canonical targets, in parts.

        Args:
            counts: takes what cleaning did, by act and step.
        """
        for part in parts_of(table):
            cleaned, found = self.input.cleaned(part, may_drop=may_drop)
            for act, steps in found.items():
                held = counts.setdefault(act, {})
                for step, count in steps.items():
                    held[step] = held.get(step, 0) + count
            with columns_of_the_file(self.read.columns):
                yield self.target.canonical(cleaned)


def _rewritten(rows: pa.Table, path: Path) -> pa.Table:
    """Rows in the place of those of a mapped file, mapped."""
    whole = path.with_suffix(".whole")
    write_table(rows, whole)
    whole.replace(path)
    return map_table(path)
