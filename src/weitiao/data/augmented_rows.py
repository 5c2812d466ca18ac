"""Training rows whose texts are changed when their batch is made."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import torch

from weitiao.data.batch import Batch, Draws, Rows
from weitiao.inputs.text.augment.augmenter import Augmenter
from weitiao.inputs.text.segment import Segmenter
from weitiao.inputs.text.tokenization import TextEncoder


class AugmentedRows(Rows):
    """Rows that are encoded anew where augmentation changed their text.

    Args:
        encoded: the ids of the texts as they are, as of `Rows`.
        texts: ``text`` and, for pairs, ``pair`` of the same rows.
        encoder: what the ids were made with.
        augmenter: changes them; made ready from these texts.
        segmenter: cuts them into words.
        seed: of the changes.
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
        self.texts = [texts[name] for name in ("text", "pair") if name in texts.column_names]
        self.encoder, self.augmenter, self.seed = encoder, augmenter, seed
        self.augmentation = augmenter.build(self._every_text, segmenter)

    def __getitems__(self, draws: Draws) -> Batch:
        """A padded batch as of `Rows`, with ``changed (B,)``, true where a text is not its own."""
        encoded = self.encoded(draws.rows)
        changed, columns = self._changed_texts(draws)
        if len(changed):
            anew = Rows(self.encoder.encode(*columns), self.pad_id)
            for name, lists in anew.encoded(np.arange(len(changed))).items():
                for i, ids in zip(changed.tolist(), lists, strict=True):
                    encoded[name][i] = ids
        batch = self.collate(draws.rows, encoded)
        mask = np.zeros(len(draws.rows), bool)
        mask[changed] = True
        return batch | {"changed": torch.from_numpy(mask)}

    def examples(self, count: int) -> list[tuple[str, str]]:
        """Texts as they are and as one of the first epoch's draws changes them."""
        found, times = [], self.augmenter.times
        for start in range(0, min(len(self), 100 * count), count):
            rows = np.arange(start, min(start + count, len(self)))
            draws = Draws(rows, rows * times + times - 1, 0)
            changed, (after, *_) = self._changed_texts(draws)
            before = self.texts[0].take(pa.array(rows[changed])).to_pylist()
            found += [pair for pair in zip(before, after, strict=True) if pair[0] != pair[1]]
            if len(found) >= count:
                break
        return found[:count]

    def _every_text(self) -> list[str]:
        return [text for column in self.texts for text in column.to_pylist()]

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
