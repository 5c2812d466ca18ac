"""Carve validation and test out of train: fixed by a seed, in proportion, no group cut."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from weitiao.config.bounds import at_least
from weitiao.data.drawing import codes, drawn_order, rank
from weitiao.data.folds import fold_of
from weitiao.errors import ConfigError
from weitiao.targets.labels import OF_NUMBERS, all_numbers

SPLITS = ("train", "val", "test")
_TRAIN, _VAL, _TEST = range(3)


@dataclass(frozen=True)
class Splitter:
    """Carves the splits for which no file is given out of train, after the audit.

    Who goes where depends on the texts and the seed, not on the order of the rows: a shuffled file
    gives the same split, and rows added later move few of the others. Every class keeps a row in
    train. Rows stay in the order of the file.

    A split gets ``share · rows`` rows, rounded, and of each class its part of them, rounded by
    largest remainder, so that the totals match; a class with one row goes to train. Where rows
    have a ``group``, groups go as a whole, so the shares are met as nearly as the groups allow; a
    group may overfill val or test only where that brings it nearer to its share.

    Args:
        val: share of the rows to carve for validation when no validation file is given.
        test: share of the rows to carve for testing when no test file is given; 0 for no test.
        seed: another seed draws another split.
        stratify: give each split the classes in the same proportion.
        train: rows of train to learn from, classes in proportion, each with one row at least; null
            = all. To see what more rows would bring.
        train_seed: another seed draws other rows of train.
        folds: cross-validation: instead of a share, test is one of so many parts of the rows, each
            row in one of them; null = a share.
        fold: which of the parts, from 1.
    """

    val: float = 0.1
    test: float = 0.1
    seed: int = 0
    stratify: bool = True
    train: int | None = None
    train_seed: int = 0
    folds: int | None = None
    fold: int | None = None

    def __post_init__(self) -> None:
        at_least(1, train=self.train, fold=self.fold)
        at_least(2, folds=self.folds)
        if (self.folds or 0) < (self.fold or 0) or (self.fold is None) != (self.folds is None):
            raise ConfigError(f"= {self.fold} of folds = {self.folds}", field="fold")
        if self.folds is not None and self.test != Splitter.test:
            raise ConfigError("has no effect with folds", field="test")
        if self.train is None and self.train_seed:
            raise ConfigError("has no effect without train", field="train_seed")

    def split(
        self, table: pa.Table, *, carve: Collection[str], strata: np.ndarray | None = None
    ) -> dict[str, pa.Table]:
        """Divide the table into train and the splits to carve.

        Args:
            table: rows with the columns ``text`` and, optionally, ``pair``, ``label``, ``group``.
            carve: the splits that no file was given for, of ``val`` and ``test``.
            strata: ``(N,)`` numbers from 0 of what counts as the class of each row; null = its
                label.

        Returns:
            ``train`` and the carved splits, in this order; each row is in one of them.

        Raises:
            ConfigError: the shares are no shares, or leave a split without rows.
            DataError: some rows have a group and one has none.
        """
        if self.folds is not None and "test" in carve:
            return self._split_fold(table, carve, strata)
        sizes = self._sizes(table.num_rows, carve)
        labels, classes = codes(table, "label") if strata is None else (strata, [])
        strata = labels if self.stratify else np.zeros_like(labels)
        if "group" in table.column_names:
            groups, names = codes(table, "group")
            where = _assign_groups(groups, drawn_order(names, self.seed), strata, labels, sizes)
        else:
            where = _assign_rows(rank(table, self.seed), strata, labels, sizes)
        splits = {
            SPLITS[number]: table.filter(pa.array(where == number))
            for number, size in enumerate(sizes)
            if size
        }
        if empty := [name for name, split in splits.items() if not split.num_rows]:
            alone = int((np.bincount(labels) == 1).sum()) if classes else 0
            grouped = "group" in table.column_names
            ways = {
                OF_NUMBERS: alone and all_numbers(classes),
                "{--group} null splits groups": grouped,
                _files_of(empty): True,
            }
            raise ConfigError(
                f"no row of {table.num_rows} is left for {' and '.join(empty)} with split.val = "
                f"{self.val} and split.test = {self.test}: each class keeps a row in train"
                + (f", and the number of groups is {len(names)}" if grouped else "")
                + (f", and of {len(classes):,} labels {alone:,} have one row" if alone else ""),
                hint="; ".join(way for way, leads in ways.items() if leads),
            )
        return splits

    def _split_fold(
        self, table: pa.Table, carve: Collection[str], strata: np.ndarray | None
    ) -> dict[str, pa.Table]:
        """As `split`, where test is a fold, and val a share of the other rows."""
        assert self.folds is not None
        labels, names = codes(table, "label") if strata is None else (strata, [])
        groups = None
        if "group" in table.column_names:
            of_rows, of_groups = codes(table, "group")
            groups = np.argsort(drawn_order(of_groups, self.seed))[of_rows]
        even = labels if self.stratify else np.zeros_like(labels)
        test = fold_of(self.folds, rank(table, self.seed), even, groups) == self.fold
        if missing := set(labels[test]) - set(labels[~test]):
            of = repr(names[min(missing)]) if names else "a class"
            raise ConfigError(
                f": without fold {self.fold}, train has no row of {of}",
                field="folds",
                hint=f"each class needs rows, or groups, in two of {self.folds} folds",
            )
        rest = {"train": table.filter(pa.array(~test))}
        if "val" in carve:
            usual = replace(self, folds=None, fold=None)
            rest = usual.split(rest["train"], carve=["val"], strata=labels[~test])
        return {**rest, "test": table.filter(pa.array(test))}

    def thin(self, train: pa.Table, strata: np.ndarray | None = None) -> pa.Table:
        """The rows of train to learn from, in their order.

        Raises:
            ConfigError: there are fewer rows than asked for, or more classes.
        """
        if self.train is None:
            return train
        labels = codes(train, "label")[0] if strata is None else strata
        rows, classes = train.num_rows, len(np.unique(labels))
        if not classes <= self.train <= rows:
            problem = f"= {self.train}, but train has {rows:,} rows of {classes} classes"
            raise ConfigError(problem, field="train")
        sizes = np.array([self.train, 0, rows - self.train])
        where = _assign_rows(rank(train, self.train_seed), labels, labels, sizes)
        return train.filter(pa.array(where == _TRAIN))

    def _sizes(self, rows: int, carve: Collection[str]) -> np.ndarray:
        """Rows wanted of train, val and test, ``(3,)``; 0 for what is not carved."""
        val = self.val if "val" in carve else 0.0
        test = self.test if "test" in carve else 0.0
        if "val" in carve and not val > 0:
            raise ConfigError(f"split.val = {val} must be above 0 when no validation file is given")
        if not (val >= 0 and test >= 0 and val + test < 1):
            raise ConfigError(f"split.val + split.test must be in [0, 1), not {val} + {test}")
        sizes = np.array([0, int(val * rows + 0.5), int(test * rows + 0.5)])
        sizes[_TRAIN] = rows - sizes.sum()
        for name, share, size in zip(SPLITS, (1 - val - test, val, test), sizes, strict=True):
            if share > 0 and size < 1:
                problem = f"a share of {share:.2g} of {rows} rows leaves {name} without one"
                raise ConfigError(problem, hint=None if name == "train" else _files_of([name]))
        return sizes


def _files_of(names: Iterable[str]) -> str:
    # by its full name, since a share is called so, too
    return "rows of other files: " + " ".join(f"{{--data.{name}}} FILE" for name in names)


# -- who goes where --------------------------------------------------------------------------------


def _assign_rows(
    rank: np.ndarray, strata: np.ndarray, labels: np.ndarray, sizes: np.ndarray
) -> np.ndarray:
    """The split of each row, ``(N,)``: per stratum, in drawn order, test, then val, then train."""
    backwards = np.argsort(rank)[::-1]
    free = np.ones(len(rank), bool)
    free[backwards[np.unique(labels[backwards], return_index=True)[1]]] = False  # one per class
    order = np.lexsort((rank, strata))
    order = order[free[order]]
    total, room = np.bincount(strata), np.bincount(strata[order], minlength=strata.max() + 1)
    stratum = strata[order]
    place = np.arange(len(order)) - (np.cumsum(room) - room)[stratum]  # within the stratum
    where, done = np.zeros(len(rank), np.int8), np.zeros_like(room)
    for split in (_TEST, _VAL):
        until = done + _quotas(total * sizes[split] / len(rank), sizes[split], room - done)
        where[order[(place >= done[stratum]) & (place < until[stratum])]] = split
        done = until
    return where


def _quotas(ideal: np.ndarray, total: int, room: np.ndarray) -> np.ndarray:
    """Integers near ``ideal`` with the sum ``total``, by largest remainder, within ``room``."""
    quotas = np.minimum(np.floor(ideal).astype(np.int64), room)
    by_remainder = np.argsort(np.floor(ideal) - ideal, kind="stable")
    while (missing := total - quotas.sum()) > 0 and (quotas < room).any():
        quotas[by_remainder[(quotas < room)[by_remainder]][:missing]] += 1
    return quotas


def _assign_groups(
    groups: np.ndarray,
    order: np.ndarray,
    strata: np.ndarray,
    labels: np.ndarray,
    sizes: np.ndarray,
) -> np.ndarray:
    """The split of each row, ``(N,)``: groups in drawn order, each to the split that lacks it most.

    scikit-learn's StratifiedGroupKFold knows only shares of 1/k, promises train no class, and
    weighs every group against every fold with arrays.
    """
    held = _counts(groups, strata)
    # Train takes these first, so that it leaves more of the others to val and test.
    first = _covering(order.tolist(), _counts(groups, labels))
    share = sizes / len(groups)
    total = np.bincount(strata)
    lack = [(total * part).tolist() for part in share]  # rows wanting, per split and stratum
    unit = [[1 / rows if rows else 0.0 for rows in wants] for wants in lack]
    left = sizes.tolist()
    carved = [split for split in (_TEST, _VAL) if sizes[split]]
    chosen = np.zeros(len(held), np.int8)

    def want(split: int, counts: dict[int, int]) -> float:
        return sum(
            count * lack[split][stratum] * unit[split][stratum] for stratum, count in counts.items()
        )

    for group in [*first, *(group for group in order.tolist() if group not in first)]:
        counts = held[group]
        size = sum(counts.values())
        open_to = [split for split in carved if size <= 2 * left[split] and group not in first]
        split = max([*open_to, _TRAIN], key=lambda split: want(split, counts))
        chosen[group] = split
        left[split] -= size
        for stratum, count in counts.items():
            lack[split][stratum] -= count
    return chosen[groups]


def _covering(order: list[int], held: list[dict[int, int]]) -> dict[int, None]:
    """The last drawn groups that together hold every class: train gets them."""
    missing = set().union(*held)
    covering: dict[int, None] = {}  # an ordered set
    for group in reversed(order):
        if missing & held[group].keys():
            covering[group] = None
            missing -= held[group].keys()
    return covering


def _counts(groups: np.ndarray, values: np.ndarray) -> list[dict[int, int]]:
    """Per group, how often each value occurs in it."""
    width = values.max() + 1
    pairs, counts = np.unique(groups * width + values, return_counts=True)
    held: list[dict[int, int]] = [{} for _ in range(groups.max() + 1)]
    for pair, count in zip(pairs.tolist(), counts.tolist(), strict=True):
        held[pair // width][pair % width] = count
    return held
