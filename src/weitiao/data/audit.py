"""Find what makes a score lie: duplicates, conflicting labels, test rows that are in train too."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from weitiao.data.fingerprints import BESIDE, group_codes, text_codes, with_texts_as_groups
from weitiao.data.split import SPLITS, Splitter
from weitiao.data.summary import summarise
from weitiao.errors import ConfigError, DataError
from weitiao.io.arrow import numbers_of
from weitiao.targets import OneClass, Swapped, Target
from weitiao.targets.classes import LabelTarget
from weitiao.targets.labels import OF_NUMBERS, all_numbers

Report = dict[str, Any]
"""Plain JSON values; what ``audit.json`` holds."""

_EXAMPLES = 10  # shown per kind of finding
_SHOWN = 60  # characters of a text in an example


@dataclass(frozen=True)
class Auditor:
    """Looks through the given files and takes out of train what should not be learnt or measured.

    Only *train* is ever altered, whether the other splits are given or will be carved from it.
    Given validation and test files are reported on and stay as they are. A row leaves for one
    reason, looked for in this order: conflict, leak, shared group, duplicate.

    Two rows hold the same text when they agree after NFKC, casefold and without white space.

    Args:
        merge_duplicates: of rows of train with the same text and label, keep the first.
        drop_conflicts: texts that stand in train under several labels leave it entirely.
        drop_leaks: rows of train whose text stands in a given validation or test file leave train.
        drop_shared_groups: rows of train whose group (author, product) stands in such a file leave
            train.
    """

    merge_duplicates: bool = True
    drop_conflicts: bool = True
    drop_leaks: bool = True
    drop_shared_groups: bool = False

    def audit(
        self,
        tables: Mapping[str, pa.Table],
        splitter: Splitter,
        sizes: Callable[[pa.Table], np.ndarray],
        target: Target = OneClass(),
    ) -> tuple[dict[str, pa.Table], Report]:
        """From the given tables to the splits that will be used: clean, carve, summarise.

        Args:
            tables: what ``clean`` takes.
            splitter: carves whichever of ``val`` and ``test`` is not given out of train.
            sizes: ``(N,)`` of the rows of a table.

        Returns:
            ``train``, ``val`` and, where there is one, ``test``, the last two with the column
            ``leaked`` (see ``summarise``); and the whole report.

        Raises:
            DataError, ConfigError: see ``clean`` and ``Splitter.split``.
        """
        cleaned, report = self.clean(tables, target)
        missing, train = {"val", "test"} - tables.keys(), cleaned["train"]
        if missing and target.one_class and "label" in train.column_names:
            _refuse_labels_of_their_own(train)
        together = target.several and "group" not in train.column_names
        grouped = with_texts_as_groups(train) if together else train
        carved = splitter.split(grouped, carve=missing, strata=target.strata(train))
        if together:
            carved = {name: table.drop_columns(["group"]) for name, table in carved.items()}
        splits = {**cleaned, **carved}
        splits["train"] = splitter.thin(splits["train"], target.strata(splits["train"]))
        final = {name: splits[name] for name in SPLITS if name in splits}
        return summarise(final, report, sizes, target)

    def clean(
        self, tables: Mapping[str, pa.Table], target: Target = OneClass()
    ) -> tuple[dict[str, pa.Table], Report]:
        """Audit the splits that were given, before the missing ones are carved from train.

        Args:
            tables: ``train`` and, where given, ``val`` and ``test``, with the columns ``key``
                (see ``weitiao.data.fingerprints``), ``original``, ``file``, ``row`` and,
                optionally, ``label`` and ``group``.

        Returns:
            the tables, train reduced; and the report: ``acts`` (the options), ``found`` per
            split, ``removed`` per act, ``examples``.

        Raises:
            DataError: a table is empty, a row has no label, train has one class only, or a label
                of another split is not among the labels of train.
        """
        for name, table in tables.items():
            if not table.num_rows:
                raise DataError(f"the {name} split has no rows")
        codes, groups = text_codes(tables), group_codes(tables)
        if self.drop_shared_groups and not (groups and len(tables) > 1):
            raise ConfigError(
                "has no effect without groups and a val or test file",
                field="drop_shared_groups",
                hint="{--group} COLUMN",
            )
        views = {
            name: _View.of(table, codes[name], groups.get(name)) for name, table in tables.items()
        }
        acts = {
            act: on for act, on in asdict(self).items() if groups or act != "drop_shared_groups"
        }
        report: Report = {
            "acts": acts,
            "found": {name: _found(name, views) for name in views},
            "examples": {
                "conflicts": list(islice(_conflict_examples(views), _EXAMPLES)),
                "leaks": list(islice(_leak_examples(views), _EXAMPLES)),
            },
        }
        keep, report["removed"] = self._act(views)
        kept = {**tables, "train": tables["train"].filter(pa.array(keep))}
        rows, left = tables["train"].num_rows, kept["train"].num_rows
        if left == 0 or left == rows - report["removed"]["conflicts"] == 1 < rows:
            raise _nothing_left(views["train"], report["removed"], target)
        target.check(kept, tables["train"])
        return kept, report

    def _act(self, views: Mapping[str, _View]) -> tuple[np.ndarray, dict[str, int]]:
        """Which rows of train stay, ``(N,)`` of bool, and how many leave by which act."""
        train = views["train"]
        keep, removed = np.ones(len(train.texts), bool), {}
        shared = [] if train.groups is None else [np.isin(train.groups, _held_out(views, "groups"))]
        for act, on, found in (
            ("conflicts", self.drop_conflicts, train.conflicts()),
            ("leaks", self.drop_leaks, np.isin(train.texts, _held_out(views, "texts"))),
            *(("groups", self.drop_shared_groups, rows) for rows in shared),
            ("duplicates", self.merge_duplicates, train.repeats()),
        ):
            gone = keep & found & on
            keep &= ~gone
            removed[act] = int(gone.sum())
        return keep, removed


@dataclass(frozen=True)
class _View:
    """A table as numbers: equal ``texts`` hold the same text, equal ``rows`` the label as well,
    equal ``same`` all by which rows differ."""

    table: pa.Table
    texts: np.ndarray  # (N,), joint over all tables
    rows: np.ndarray  # (N,)
    same: np.ndarray  # (N,)
    groups: np.ndarray | None  # (N,), joint over all tables

    @classmethod
    def of(cls, table: pa.Table, texts: np.ndarray, groups: np.ndarray | None) -> _View:
        if "label" not in table.column_names:
            return cls(table, texts, texts, texts, groups)
        labels = table["label"].combine_chunks().dictionary_encode(null_encoding="encode")
        n_labels = len(labels.dictionary)
        rows = same = texts.astype(np.int64) * n_labels + labels.indices.to_numpy()
        if BESIDE in table.column_names:
            beside = numbers_of(table[BESIDE].combine_chunks())
            both = np.stack([rows.astype(np.uint64), beside], 1)
            same = np.unique(both, axis=0, return_inverse=True)[1].ravel()
        return cls(table, texts, rows, same, groups)

    def repeats(self) -> np.ndarray:
        """``(N,)`` of bool: an earlier row is the same."""
        return ~_first(self.same)

    def conflicts(self) -> np.ndarray:
        """``(N,)`` of bool: the text stands under several labels."""
        return (np.bincount(self.texts[_first(self.rows)]) > 1)[self.texts]

    def examples(self, text: int) -> Iterator[Report]:
        """The first row of each label that the text stands under."""
        places = np.flatnonzero(self.texts == text)
        for place in places[np.sort(np.unique(self.rows[places], return_index=True)[1])]:
            yield self.table.slice(place, 1).to_pylist()[0]


def _first(values: np.ndarray) -> np.ndarray:
    """``(N,)`` of bool: where each value stands first."""
    found = np.zeros(len(values), bool)
    found[np.unique(values, return_index=True)[1]] = True
    return found


def _held_out(views: Mapping[str, _View], part: Literal["texts", "groups"]) -> np.ndarray:
    """The texts, or the groups, of the given validation and test files, ``(M,)``."""
    others = [getattr(view, part) for name, view in views.items() if name != "train"]
    return np.concatenate([np.empty(0, np.int64), *(x for x in others if x is not None)])


def _nothing_left(train: _View, removed: Mapping[str, int], target: Target) -> DataError:
    """What to tell when all rows of train have left it, or all but one."""
    file = train.table["file"][0].as_py()
    if removed["conflicts"] >= len(train.texts) - 1:
        texts = len(np.unique(train.texts))
        doubtful = len(np.unique(train.texts[train.conflicts()]))
        which = f"each of the {texts:,}" if doubtful == texts else f"{doubtful:,} of the {texts:,}"
        problem = f"{which} texts of train stand under several labels"
        if isinstance(target, LabelTarget):
            return Swapped(problem, file=file)
        return DataError(problem, file=file, column="label", hint=target.conflict)
    acts = ", ".join(f"{act} {count:,}" for act, count in removed.items() if count)
    return DataError(
        f"no row of train is left after the audit: {acts}",
        file=file,
        hint="see {--audit}, and whether val or test is the file of train",
    )


def _refuse_labels_of_their_own(train: pa.Table) -> None:
    """Stop before each row is a class: none could be measured that was also learnt."""
    rows = train.num_rows
    if rows > 1 and len(pc.unique(train["label"])) == rows:
        problem = f"each of the {rows:,} rows of train has a label of its own"
        numbers = all_numbers(train["label"].to_pylist())
        hint = OF_NUMBERS if numbers else None
        raise Swapped(problem, file=train["file"][0].as_py(), hint=hint)


def _found(name: str, views: Mapping[str, _View]) -> Report:
    view = views[name]
    conflicts = view.texts[view.conflicts()]
    return {
        "files": pc.unique(view.table["file"]).to_pylist(),
        "rows": len(view.texts),
        "duplicates": len(view.texts) - len(np.unique(view.texts)),
        "conflicts": {"texts": len(np.unique(conflicts)), "rows": len(conflicts)},
        "stands_in": {
            other: int(np.isin(view.texts, views[other].texts).sum())
            for other in views
            if other != name
        },
    }


def _conflict_examples(views: Mapping[str, _View]) -> Iterator[Report]:
    for name, view in views.items():
        for text in np.unique(view.texts[view.conflicts()]):
            yield _example(text, {name: view})


def _leak_examples(views: Mapping[str, _View]) -> Iterator[Report]:
    held_out = _held_out(views, "texts")
    for text in np.unique(held_out[np.isin(held_out, views["train"].texts)]):
        yield _example(text, views)


def _example(text: int, views: Mapping[str, _View]) -> Report:
    found = [(name, row) for name, view in views.items() for row in view.examples(text)]
    return {
        "text": found[0][1]["text"][:_SHOWN],
        "places": [
            {"split": name, "place": f"{row['file']}:{row['row']}", "label": row.get("label")}
            for name, row in found
        ],
    }
