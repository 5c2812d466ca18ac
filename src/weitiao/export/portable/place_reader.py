"""From whole texts to windows of ids, and to where their units stand as the texts were read."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from weitiao.export.portable.reader import Reader, padded
from weitiao.inputs.text.units import beyond_windows, in_the_text_as_read, located
from weitiao.objectives.windows import windows_of


class PlaceReader(Reader):
    """Reads texts in which places are predicted, by the files of an exported model."""

    def windows(
        self, texts: Sequence[str], pairs: Sequence[str] | None = None
    ) -> tuple[dict[str, np.ndarray], list[np.ndarray]]:
        """What the graph takes, and begin and end of the units of each text, ``(U, 2)``.

        Args:
            pairs: the second text of each row, of a model of pairs.
        """
        cleaned, seconds = self.cleaned(texts, pairs)
        options, given = self.options, self.units(cleaned)
        found = self.encodings(*([] if seconds is None else [self.units(seconds)]), given)
        words = given if options["words"] else [None] * len(given)
        prefix = len(options["prefix"])
        rows = [
            located(row, text, cut, prefix, self._beyond(row))
            for row, text, cut in zip(found, cleaned, words, strict=True)
        ]
        columns = {"input_ids": [np.array(row.ids or [options["pad_id"]]) for row in rows]}
        if pairs is not None:
            columns["token_type_ids"] = [np.array(row.types or [0]) for row in rows]
        lengths = np.array([len(ids) for ids in columns["input_ids"]])
        pieces = padded([row.units.pieces for row in rows], -1, least=1)
        inputs = windows_of(lengths, pieces, options["max_length"])._asdict()
        place = inputs.pop("place")
        for name, lists in columns.items():
            fill = options["pad_id"] if name == "input_ids" else 0
            cells = padded(lists, fill)
            inputs[name] = np.where(place < 0, fill, cells[inputs["row"][:, None], place])
        inputs["attention_mask"] = place >= 0
        offsets = zip((row.units.offsets for row in rows), texts, cleaned, strict=True)
        return inputs, [in_the_text_as_read(*row) for row in offsets]

    def _beyond(self, found: Any) -> range | None:
        if not self.options["pair"]:
            return None
        before = self.options["before"]
        added = self.tokenizer.num_special_tokens_to_add(True) + 2 * before
        return beyond_windows(found, self.options["max_length"], added, before)
