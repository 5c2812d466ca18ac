"""A LightningDataModule of raw text: packed blocks, masked or to be continued."""

from functools import cached_property
from pathlib import Path
from typing import Any

import lightning.pytorch as L
import numpy as np
from torch.utils.data import Dataset

from weitiao.config.serialization import plain
from weitiao.data.batch import Batch, Batching
from weitiao.data.loader import ResumableLoader
from weitiao.errors import ConfigError
from weitiao.inputs import Draws, tensors
from weitiao.inputs.text.segment import Segmenter
from weitiao.io.corpora import Corpus
from weitiao.pretraining.card import NOT_PREDICTED, LanguageCard, Objective
from weitiao.pretraining.masking import Masking
from weitiao.pretraining.prepare import LanguagePreparation, PackedSequences
from weitiao.pretraining.tokenizer import LanguageTokenizer


class LanguageData(L.LightningDataModule):
    """Text to learn a language from.

    Args:
        corpus: the documents.
        objective: ``masked`` for a BERT kind, ``causal`` for a GPT kind.
        segment: words, which are masked whole.
        tokenizer: text to ids.
        masking: of ``masked``; null = the usual one.
        max_length: ids of a block, in which several texts may lie side by side without seeing each
            other. A longer text fills several.
        val: share of the documents that is held out.
        without: texts that the model must not see, such as the test split of a task that it is for
            (a run's predictions.csv); equal ones are left out of the corpus, and counted. null =
            none.
        batch: how blocks are grouped.
        seed: of order and masks; linked to ``seed_everything``.
        cache: folder of prepared data.
    """

    def __init__(
        self,
        corpus: Corpus,
        objective: Objective = "masked",
        segment: Segmenter = Segmenter("rjieba"),
        tokenizer: LanguageTokenizer = LanguageTokenizer(),
        masking: Masking | None = None,
        max_length: int = 128,
        val: float = 0.02,
        without: Corpus | None = None,
        batch: Batching = Batching(tokens=4096, size=None),
        seed: int = 1,
        cache: str = ".cache/prepared",
    ) -> None:
        super().__init__()
        self.save_hyperparameters(logger=False)
        self.save_hyperparameters(plain(dict(self.hparams)), logger=False)
        if objective == "causal" and masking is not None:
            raise ConfigError("has no effect on the objective causal", field="masking")
        self.masking = (masking or Masking()) if objective == "masked" else None
        self.preparation = LanguagePreparation(
            corpus, segment, tokenizer, objective, max_length, val, without
        )
        self.batch, self.seed, self.cache = batch, seed, Path(cache)

    @cached_property
    def prepared(self) -> tuple[Path, LanguageCard]:
        """Folder and card of the prepared blocks; made on first use."""
        return self.preparation(self.cache)

    @property
    def card(self) -> LanguageCard:
        """The card."""
        return self.prepared[1]

    @property
    def tokenizer(self) -> Any:
        """The fast tokenizer, of `transformers`."""
        from transformers import AutoTokenizer

        return AutoTokenizer.from_pretrained(self.prepared[0], local_files_only=True)

    def prepare_data(self) -> None:
        """Prepare before ranks start to read."""
        _ = self.prepared

    def train_dataloader(self) -> ResumableLoader:
        """Shuffled blocks, masked anew in each epoch."""
        return self._loader("train")

    def val_dataloader(self) -> ResumableLoader:
        """The blocks that are held out, masked the same each time."""
        return self._loader("val")

    def names_of(self, rows: list[int]) -> str:
        """What a person finds training blocks by."""
        return f"its blocks are {', '.join(map(str, rows))}"

    def state_dict(self) -> dict[str, Any]:
        """What must be equal for a run to go on."""
        return {"card": self.card.plain()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Refuse to continue with other text.

        Raises:
            ConfigError: the blocks are not those of the checkpoint.
        """
        if state_dict["card"]["fingerprint"] != self.card.fingerprint:
            raise ConfigError("the checkpoint learned from other prepared text")

    def _loader(self, split: str) -> ResumableLoader:
        rows = PackedRows(
            PackedSequences.of(self.prepared[0], split), self.card, self.masking, self.seed
        )
        how = (self.batch, self.seed, self.trainer)
        return ResumableLoader.of_split(rows, *how, shuffle=split == "train")


class PackedRows(Dataset):
    """Packed sequences; draws of them give a batch.

    Args:
        masking: what is masked; null = each id is to be predicted from those before it.
        seed: of the masks, which depend on epoch and block as well.
    """

    def __init__(
        self, blocks: PackedSequences, card: LanguageCard, masking: Masking | None, seed: int
    ) -> None:
        self.blocks, self.card, self.masking, self.seed = blocks, card, masking, seed
        self.lengths: np.ndarray = blocks.lengths

    def __len__(self) -> int:
        return len(self.blocks)

    def __getitems__(self, draws: Draws) -> Batch:
        """A batch.

        Returns:
            ``inputs``: ``input_ids (B, T)``; ``positions (B, T)`` within the piece; ``piece
            (B, T)`` its number within the block, -1 at padding; ``attention_mask (B, T)``, false
            at padding. ``target (B, T)``, `NOT_PREDICTED` where nothing is asked; ``row (B,)``.
        """
        shape = (len(draws.rows), int(self.lengths[draws.rows].max(initial=0)))
        inputs: dict[str, np.ndarray] = {
            "input_ids": np.full(shape, self.card.pad_id, np.int64),
            "positions": np.zeros(shape, np.int64),
            "piece": np.full(shape, -1, np.int64),
        }
        target = np.full(shape, NOT_PREDICTED, np.int64)
        for i, row in enumerate(draws.rows.tolist()):
            block = slice(0, int(self.lengths[row]))
            ids, words, piece, positions = self._block(row)
            inputs["piece"][i, block], inputs["positions"][i, block] = piece, positions
            if self.masking is None:
                seen, labels = ids, np.where(positions > 0, ids, NOT_PREDICTED)
            else:
                draw = np.random.default_rng((self.seed, draws.epoch, row, 2))
                seen, labels = self.masking.apply(ids, words, self.card, draw)
            inputs["input_ids"][i, block], target[i, block] = seen, labels
        inputs["attention_mask"] = inputs["piece"] >= 0
        return {"inputs": tensors(inputs), **tensors({"target": target, "row": draws.rows})}

    def _block(self, row: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Ids, numbers of words, of pieces, and positions within these, of a block."""
        first, last = self.blocks.blocks[row : row + 2]
        starts = self.blocks.pieces[first : last + 1]
        where = slice(starts[0], starts[-1])
        ids = np.asarray(self.blocks.ids[where], np.int64)
        words = np.asarray(self.blocks.words[where], np.int64)
        sizes = np.diff(starts)
        piece = np.repeat(np.arange(len(sizes)), sizes)
        positions = np.arange(len(ids)) - np.repeat(starts[:-1] - starts[0], sizes)
        # words are counted from 0 in each piece
        highest = np.maximum.reduceat(words, starts[:-1] - starts[0]) + 1
        before = np.cumsum([0, *highest[:-1]])[piece]
        return ids, np.where(words >= 0, words + before, -1), piece, positions
