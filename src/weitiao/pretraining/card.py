"""What a language model must know about its text."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

NOT_PREDICTED = -100
"""The label of a position that counts for nothing: what torch's cross-entropy leaves out."""
Objective = Literal["masked", "causal"]


@dataclass(frozen=True)
class LanguageCard:
    """The one value that goes from the data of a pretraining to its model.

    Args:
        objective: predict what is masked (Devlin et al. 2019), or what comes next.
        vocab_size: number of ids.
        pad_id: fills a batch.
        mask_id: stands for what is masked; null for ``causal``.
        special_ids: ids that are never masked, nor put in place of others.
        begin: ids before each piece of a text or, for ``causal``, before each text.
        end: ids after it.
        max_length: longest block, in ids.
        blocks: number of blocks per split.
        fingerprint: hash of what the model learns from.
    """

    objective: Objective
    vocab_size: int
    pad_id: int
    mask_id: int | None
    special_ids: list[int]
    begin: list[int]
    end: list[int]
    max_length: int
    blocks: dict[str, int]
    fingerprint: str

    def plain(self) -> dict[str, Any]:
        """As JSON-compatible values."""
        return asdict(self)
