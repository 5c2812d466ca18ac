"""Pictures that are nearly the same: scaled or compressed anew, or cut a little."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

import numpy as np
import pyarrow as pa

FAR = 3
"""Bits of 64 by which hashes of near-duplicates differ at most: then one of four bands is equal,
so that pairs are looked for among those alone."""
BANDS = 4
BITS_OF_FLAT = 8
"""Set bits, or unset ones, below which a picture is too flat for its hash to say anything."""
ALIKE = 0.98
"""Correlation of small grey pictures, from which those with near hashes are near-duplicates: the
hash alone takes characters of one stroke for each other."""
AT_ONCE = 4096  # pairs
SHOWN = 10  # examples
CROWDED = 2000
"""Pictures with a band in common, beyond which it tells nothing and they aren't compared."""


def near_duplicates(tables: Mapping[str, pa.Table]) -> dict[str, Any]:
    """Count pictures that have a near-duplicate of other pixels, within splits and between them.

    They are counted and not dropped: two photographs of one thing may be as near.

    Returns:
        ``within`` by split and ``stands_in`` by split and the other one: pictures; ``examples``:
        pairs of places; ``crowded``: pictures that were left out.
    """
    names = [*tables]
    looks = np.concatenate([tables[name]["looks"].to_numpy() for name in names])
    digests = [digest for name in names for digest in tables[name]["digest"].to_pylist()]
    of_split = np.repeat(np.arange(len(names)), [tables[name].num_rows for name in names])
    pairs, crowded = _pairs(looks)
    pairs = [pair for pair in pairs if digests[pair[0]] != digests[pair[1]]]
    paired = np.array(pairs, np.int64).reshape(-1, 2)
    paired = paired[_alike(np.concatenate([_thumbnails(tables[name]) for name in names]), paired)]
    both = of_split[paired]
    within = {name: _rows(paired[(both == s).all(1)]) for s, name in enumerate(names)}
    stands_in: dict[str, dict[str, int]] = {name: {} for name in names}
    for (a, one), (b, other) in combinations(enumerate(names), 2):
        between = paired[((both == a) | (both == b)).all(1) & (both[:, 0] != both[:, 1])]
        stands_in[one][other] = _rows(between[of_split[between] == a])
        stands_in[other][one] = _rows(between[of_split[between] == b])
    places = [(tables[name], i) for name in names for i in range(tables[name].num_rows)]
    examples = [[_place(*places[i]) for i in pair] for pair in paired[:SHOWN]]
    return {"within": within, "stands_in": stands_in, "examples": examples, "crowded": crowded}


def lines(found: Mapping[str, Any]) -> Iterator[str]:
    """What there is to say of them: between splits they are leaks."""
    if not found:
        return
    inside = {split: count for split, count in found["within"].items() if count}
    if inside:
        counts = ", ".join(f"{split} {count:,}" for split, count in inside.items())
        yield f"pictures nearly the same as others of their split: {counts}"
    for split, others in found["stands_in"].items():
        if split != "train" and (count := others.get("train")):
            yield (
                f"! {count:,} pictures of {split} are nearly the same as some of train: their score"
                " may be one of memory (audit.json: near_duplicates)"
            )
    if found["crowded"]:
        yield f"! {found['crowded']:,} pictures look alike in part, and weren't compared"


def _pairs(looks: np.ndarray) -> tuple[list[tuple[int, int]], int]:
    """The pairs of rows whose hashes differ by few bits, and how many were too many to compare."""
    ones = _set_bits(looks)
    telling = np.flatnonzero((ones >= BITS_OF_FLAT) & (ones <= 64 - BITS_OF_FLAT))
    found: set[tuple[int, int]] = set()
    crowded: set[int] = set()
    for band in range(BANDS):
        keys = (looks[telling] >> np.uint64(16 * band)) & np.uint64(0xFFFF)
        order = np.argsort(keys, kind="stable")
        for group in np.split(telling[order], np.flatnonzero(np.diff(keys[order])) + 1):
            if len(group) > CROWDED:
                crowded.update(group.tolist())
            elif len(group) > 1:
                found.update(_near(group, looks[group]))
    return sorted(found), len(crowded)


def _near(rows: np.ndarray, looks: np.ndarray) -> Iterator[tuple[int, int]]:
    for place, row in enumerate(rows[:-1].tolist()):
        differ = _set_bits(looks[place + 1 :] ^ looks[place])
        others = rows[place + 1 :][differ <= FAR]
        yield from ((row, other) for other in others.tolist())


def _thumbnails(table: pa.Table) -> np.ndarray:
    """``(N, 256)`` uint8."""
    joined = b"".join(table["thumbnail"].to_pylist())
    return np.frombuffer(joined, np.uint8).reshape(table.num_rows, -1)


def _alike(thumbnails: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Of which pairs the small pictures are nearly the same up to light and contrast, ``(P,)``."""
    alike = np.zeros(len(pairs), bool)
    for start in range(0, len(pairs), AT_ONCE):
        part = thumbnails[pairs[start : start + AT_ONCE]].astype(np.float32)  # (p, 2, 256)
        part -= part.mean(-1, keepdims=True)
        lengths = np.sqrt(np.square(part).sum(-1)).prod(-1)
        likeness = (part[:, 0] * part[:, 1]).sum(-1) / np.maximum(lengths, 1)
        alike[start : start + AT_ONCE] = likeness >= ALIKE
    return alike


def _set_bits(numbers: np.ndarray) -> np.ndarray:
    return np.bitwise_count(numbers).astype(np.int64)


def _rows(pairs: np.ndarray) -> int:
    return len(np.unique(pairs))


def _place(table: pa.Table, row: int) -> str:
    file, number, text = (table[name][row].as_py() for name in ("file", "row", "text"))
    return f"{file}, row {number}: {text}"
