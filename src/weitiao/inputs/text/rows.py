"""Encoded texts, padded to batches; those of training may be changed as their batch is made."""

from typing import Any

import numpy as np
import pyarrow as pa

from weitiao.inputs import Draws, InputRows, tensors
from weitiao.inputs.text.augment.augmenter import Augmenter
from weitiao.inputs.text.negatives import IDS, LENGTHS, lists_of, places_of
from weitiao.inputs.text.normalisation import roles_of
from weitiao.inputs.text.offsets import CONTEXT, OFFSETS, PIECES
from weitiao.inputs.text.options import SIZES
from weitiao.inputs.text.segment import Segmenter
from weitiao.inputs.text.sides import PAIR_IDS
from weitiao.inputs.text.text_encoder import TextEncoder
from weitiao.io.arrow import Ragged, all_texts
from weitiao.io.tables.positive_cells import NEGATIVES
from weitiao.linear import COLUMNS


class TokenRows(InputRows):
    """Rows of ids in a memory-mapped table.

    Args:
        table: columns ``input_ids``, perhaps ``token_type_ids`` or ``pair_ids``, those of a linear
            model's features, and ``sizes`` where a row is several sequences.
        pad_id: id that fills a batch.
    """

    def __init__(self, table: pa.Table, pad_id: int) -> None:
        self.pad_id = pad_id
        self.columns = {
            name: Ragged(table[name])
            for name in ("input_ids", "token_type_ids", PAIR_IDS)
            if name in table.column_names
        }
        self.features = {n: Ragged(table[n]) for n in COLUMNS if n in table.column_names}
        self.units = {n: Ragged(table[n]) for n in (OFFSETS, PIECES) if n in table.column_names}
        self.context = table[CONTEXT] if CONTEXT in table.column_names else None
        self.lengths: np.ndarray = self.columns["input_ids"].lengths
        self.sizes = Ragged(table[SIZES]) if SIZES in table.column_names else None
        if self.sizes is not None:
            self.lengths = _budget(self.sizes)
        if PAIR_IDS in self.columns:  # each text is filled up to the longest of its own side
            self.lengths = 2 * np.maximum(self.lengths, self.columns[PAIR_IDS].lengths)
        self.negatives = {n: Ragged(table[n]) for n in (IDS, LENGTHS) if n in table.column_names}
        if self.negatives:
            self.lengths = self._with_negatives(self.negatives[LENGTHS])

    def collate(self, draws: Draws) -> dict[str, Any]:
        """A padded batch.

        Returns:
            ``inputs``: ``input_ids (B, T)``, ``attention_mask (B, T)`` (bool) and, where the table
            has them, ``token_type_ids (B, T)``, ``feature_ids (B, G)`` and ``feature_values
            (B, G)``. And ``offsets (B, U, 2)`` and ``pieces (B, U)`` of units, where the table
            has them; -1 at padding, of which there is some where no row has a unit. And
            ``context``: ``B`` texts, likewise. Second texts that stand apart are ``pair``:
            ``input_ids`` and ``attention_mask (B, S)``; their negatives ``negatives`` likewise,
            those of all rows ``(M, R)``, with the row and the place in it of each as
            ``negative_places (M, 2)``. Where a row is several
            sequences, ``inputs`` are ``(S, T)`` of all of them, and ``options (B, N)`` says which
            are a row's; -1 where it has fewer than others.
        """
        return self.padded(draws.rows, self.encoded(draws.rows))

    def encoded(self, rows: np.ndarray) -> dict[str, list[np.ndarray]]:
        """The ids of rows, and their types, as they stand in the table."""
        return {name: column.lists(rows) for name, column in self.columns.items()}

    def padded(self, rows: np.ndarray, encoded: dict[str, list[np.ndarray]]) -> dict[str, Any]:
        """A batch of ids, with the features that the table holds beside them."""
        more = {}
        if self.sizes is not None:
            sizes = self.sizes.lists(rows)
            encoded = {name: lists_of(lists, sizes) for name, lists in encoded.items()}
            more = tensors({"options": _numbered([*map(len, sizes)])})
        inputs = self._masked(encoded["input_ids"])
        if "token_type_ids" in encoded:
            inputs["token_type_ids"] = _padded(encoded["token_type_ids"], 0)
        for name, column in self.features.items():
            inputs[name] = _padded(column.lists(rows), 0)
        batch: dict[str, Any] = {"inputs": tensors(inputs), **more}
        if PAIR_IDS in encoded:
            batch["pair"] = tensors(self._masked(encoded[PAIR_IDS]))
        if self.negatives:
            ids, lengths = (self.negatives[name].lists(rows) for name in (IDS, LENGTHS))
            batch[NEGATIVES] = tensors(self._masked(lists_of(ids, lengths)))
            batch |= tensors({"negative_places": places_of(lengths)})
        if self.units:
            places, pieces = (self.units[name].lists(rows) for name in (OFFSETS, PIECES))
            padded = _padded(places, -1, least=2).reshape(len(rows), -1, 2)
            batch |= tensors({OFFSETS: padded, PIECES: _padded(pieces, -1, least=1)})
        if self.context is not None:
            batch[CONTEXT] = self.context.take(pa.array(rows)).to_pylist()
        return batch

    def _with_negatives(self, each: Ragged) -> np.ndarray:
        """What the budget counts of rows: all their texts, as long as the longest of them."""
        longest = np.zeros(len(each.lengths), np.int64)
        some = each.lengths > 0
        if some.any():
            longest[some] = np.maximum.reduceat(each.values, each.offsets[:-1][some])
        return (2 + each.lengths) * np.maximum(self.lengths // 2, longest)

    def _masked(self, lists: list[np.ndarray]) -> dict[str, np.ndarray]:
        """Ids as an array, and which of its cells hold one."""
        lengths = np.array([len(ids) for ids in lists], np.int64)
        mask = np.arange(lengths.max(initial=0)) < lengths[:, None]
        return {"attention_mask": mask, "input_ids": _padded(lists, self.pad_id)}


def _padded(lists: list[np.ndarray], fill: int, least: int = 0) -> np.ndarray:
    """Lists as the rows of an array, at least so wide; whole numbers in 64 bits."""
    width = max(least, *map(len, lists)) if lists else least
    whole = not lists or np.issubdtype(lists[0].dtype, np.integer)
    array = np.full((len(lists), width), fill, np.int64 if whole else np.float32)
    for cells, values in zip(array, lists, strict=True):
        cells[: len(values)] = values
    return array


def _budget(sizes: Ragged) -> np.ndarray:
    """``(N,)``: ids that a row takes of a batch: its longest sequence as often as any row has
    options, so that rows of like lengths stand together, whatever the number of their options."""
    if not len(sizes.lengths):
        return sizes.lengths
    begin, end = sizes.offsets[[0, -1]]
    longest = np.maximum.reduceat(sizes.values[begin:end], sizes.offsets[:-1] - begin)
    return longest.astype(np.int64) * sizes.lengths.max()


def _numbered(counts: list[int]) -> np.ndarray:
    """The numbers of each row's sequences, ``(B, N)``, -1 behind the last of a row."""
    numbers = np.arange(sum(counts), dtype=np.int64)
    return _padded(np.split(numbers, np.cumsum(counts)[:-1]), -1)


class ChangedRows(TokenRows):
    """Rows that are encoded anew where augmentation changed their text.

    Args:
        encoded: the ids of the texts as they are, as of `TokenRows`.
        texts: ``text`` and, for pairs, ``pair`` of the same rows.
        encoder: what the ids were made with.
        augmenter: changes them; made ready from these texts.
    """

    def __init__(
        self,
        encoded: pa.Table,
        texts: pa.Table,
        encoder: TextEncoder,
        augmenter: Augmenter,
        segmenter: Segmenter,
        seed: int,
    ) -> None:
        super().__init__(encoded, encoder.pad_id)
        self.texts = [texts[name] for name in roles_of(texts)]
        self.encoder, self.augmenter, self.seed = encoder, augmenter, seed
        self.augmentation = augmenter.build(lambda: all_texts(texts), segmenter)

    def collate(self, draws: Draws) -> dict[str, Any]:
        """A padded batch, and ``changed (B,)``, true where a text is not its own."""
        encoded = self.encoded(draws.rows)
        changed, columns = self._changed_texts(draws)
        if len(changed):
            anew = TokenRows(self.encoder.encode(*columns), self.pad_id)
            for name, lists in anew.encoded(np.arange(len(changed))).items():
                for i, ids in zip(changed.tolist(), lists, strict=True):
                    encoded[name][i] = ids
        batch = self.padded(draws.rows, encoded)
        mask = np.zeros(len(draws.rows), bool)
        mask[changed] = True
        return batch | {"changed": tensors({"mask": mask})["mask"]}

    def examples(self, count: int) -> list[tuple[str, str]]:
        """Texts as they are and as one of the first epoch's draws changes them."""
        found, times = [], self.augmenter.times
        for start in range(0, min(len(self.lengths), 100 * count), count):
            rows = np.arange(start, min(start + count, len(self.lengths)))
            draws = Draws(rows, rows * times + times - 1, 0)
            changed, (after, *_) = self._changed_texts(draws)
            before = self.texts[0].take(pa.array(rows[changed])).to_pylist()
            found += [pair for pair in zip(before, after, strict=True) if pair[0] != pair[1]]
            if len(found) >= count:
                break
        return found[:count]

    def _changed_texts(self, draws: Draws) -> tuple[np.ndarray, list[list[str]]]:
        """Which of the draws are changed, and their texts, column by column."""
        copies = np.flatnonzero(self.augmenter.changes(draws.slots))
        rows, slots = pa.array(draws.rows[copies]), draws.slots[copies].tolist()
        differ, columns = np.zeros(len(copies), bool), []
        for number, column in enumerate(self.texts):
            before = column.take(rows).to_pylist()
            keys = [(self.seed, draws.epoch, slot, number) for slot in slots]
            after = self.augmentation(before, keys)
            differ |= np.array([b != a for b, a in zip(before, after, strict=True)], bool)
            columns.append(after)
        kept = np.flatnonzero(differ).tolist()
        return copies[differ], [[column[i] for i in kept] for column in columns]
