"""Other words in their context, drawn from a masked language model.

nlpaug's ContextualWordEmbsAug is not used: it gives back what the tokenizer decodes, so hanzi are
parted by spaces, case and unknown characters are lost, and its tokenizer's calls are gone from
transformers 5. Here only the chosen words change, and each hanzi word keeps its number of pieces.
"""

import random
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch

from weitiao.errors import DataError
from weitiao.inputs.text.augment.step import Step
from weitiao.inputs.text.augment.words import NOT_A_WORD, Word
from weitiao.inputs.text.segment import Segmenter

BATCH = 32
SPACE = "▁"  # of SentencePiece
HANZI = re.compile("[一-鿿]")


@dataclass
class _Plan:
    """What becomes of one text: its words, those to be replaced, and the masks of each."""

    words: list[Word]
    end: str
    chosen: list[int]
    pieces: list[list[int]]
    random: random.Random


class MaskedEdit:
    """Masks words and lets a language model fill them.

    Args:
        step: names the folder of a masked model and its tokenizer, as transformers saves them;
            which share of the words is replaced, and what with.
        segmenter: gives the words.

    Raises:
        DataError: the folder can't be loaded.
    """

    def __init__(self, step: Step, segmenter: Segmenter) -> None:
        from transformers import AutoModelForMaskedLM, AutoTokenizer

        self.segmenter, self.share, self.top = segmenter, step.share, step.top
        self.keep, folder = step.kept, str(step.path)
        try:
            self.tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
            model, report = AutoModelForMaskedLM.from_pretrained(
                folder,
                dtype=torch.float32,  # that of the file may be 16 bits, slow on a CPU
                local_files_only=True,
                use_safetensors=True,
                output_loading_info=True,
            )
        except Exception as error:  # transformers raises all kinds
            raise DataError(
                f"no masked language model: {str(error).splitlines()[0]}", file=folder
            ) from error
        if missing := sorted(report["missing_keys"]):
            raise DataError(f"weights to predict words with are missing: {missing[0]}", file=folder)
        if self.tokenizer.mask_token is None:
            raise DataError("the tokenizer has no mask token", file=folder)
        self.model = model.eval()
        longest = getattr(model.config, "max_position_embeddings", 512)
        self.limit = min(self.tokenizer.model_max_length, longest, 512)
        self.masks = self._not_for_words(model.config.vocab_size)
        self.space = self.tokenizer.get_vocab().get(SPACE) if self.tokenizer.is_fast else None

    def _not_for_words(self, size: int) -> torch.Tensor:
        """``(V,)`` minus infinity at what mustn't come in: special ids, endings, words to keep."""
        known = self.tokenizer.get_vocab()
        special = set(self.tokenizer.all_special_ids)
        bad = [
            i
            for unit, i in known.items()
            if i in special
            or unit == SPACE
            or unit.startswith(("##", "[unused"))
            or self.keep.search(unit)
        ]
        masks = torch.full((size,), -torch.inf)
        masks[[i for i in known.values() if i < size]] = 0
        masks[bad] = -torch.inf
        return masks

    def __call__(self, texts: Sequence[str], seeds: Sequence[int]) -> list[str]:
        """The changed texts; beyond the model's length they stay as they are."""
        rows = self.segmenter.segment(texts)
        plans = [self._plan(row, seed) for row, seed in zip(rows, seeds, strict=True)]
        with _one_thread(), torch.inference_mode():
            for start in range(0, len(plans), BATCH):
                self._fill([plan for plan in plans[start : start + BATCH] if plan.chosen])
        return ["".join(word.gap + word for word in plan.words) + plan.end for plan in plans]

    def _plan(self, pieces: list[str], seed: int) -> _Plan:
        words, end = Word.all_of(pieces, self.keep)
        dice, mask = random.Random(seed), self.tokenizer.mask_token
        usable = [
            i for i, word in enumerate(words) if not (word.kept or re.match(NOT_A_WORD, word))
        ]
        if mask in "".join(pieces):  # a text about masks can't be told from a masked text
            usable = []
        count = min(len(usable), -int(-self.share * len(words) // 1))
        chosen = sorted(dice.sample(usable, count))
        encode = self.tokenizer.encode
        ids = [encode(words[i], add_special_tokens=False) for i in chosen]
        ids = [[i for i in of_word if i != self.space] for of_word in ids]
        return _Plan(words, end, chosen, ids, dice)

    def _fill(self, plans: list[_Plan]) -> None:
        """Replace the chosen words of each plan."""
        if not plans:
            return
        texts = [self._masked(plan) for plan in plans]
        rows = self.tokenizer(
            texts,
            truncation=True,
            max_length=self.limit,
            return_offsets_mapping=self.space is not None,
        )
        if self.space is not None:
            found = zip(texts, rows["input_ids"], rows.pop("offset_mapping"), strict=True)
            rows = {"input_ids": [self._without_new_spaces(*row) for row in found]}
        inputs = self.tokenizer.pad(rows, return_tensors="pt")
        logits = self.model(**inputs).logits + self.masks  # (B, T, V)
        holes = inputs["input_ids"] == self.tokenizer.mask_token_id
        for plan, row, hole in zip(plans, logits, holes, strict=True):
            self._replace(plan, list(row[hole]))

    def _without_new_spaces(
        self, text: str, ids: list[int], offsets: list[tuple[int, int]]
    ) -> list[int]:
        """The ids but for spaces behind a mask where the text continues without one.

        Tokenizers of SentencePiece begin each part with a space, also one that follows a mask.
        """
        kept = ids[:1]
        for (last, (_, end)), i in zip(zip(ids, offsets, strict=True), ids[1:], strict=False):
            behind = last == self.tokenizer.mask_token_id and not text[end : end + 1].isspace()
            if i != self.space or not behind:
                kept.append(i)
        return kept

    def _masked(self, plan: _Plan) -> str:
        words: list[str] = list(plan.words)
        for i, ids in zip(plan.chosen, plan.pieces, strict=True):
            words[i] = self.tokenizer.mask_token * self._holes(plan.words[i], ids)
        return "".join(word.gap + new for word, new in zip(plan.words, words, strict=True))

    @staticmethod
    def _holes(word: str, ids: list[int]) -> int:
        """Masks of a word: one for each piece of hanzi, which mean something by themselves."""
        return max(len(ids), 1) if HANZI.search(word) else 1

    def _replace(self, plan: _Plan, scores: list[torch.Tensor]) -> None:
        for i, ids in zip(plan.chosen, plan.pieces, strict=True):
            holes = self._holes(plan.words[i], ids)
            of_word, scores = scores[:holes], scores[holes:]
            if len(of_word) < holes:  # cut off
                return
            before = ids if len(ids) == holes else [None] * holes
            drawn = [self._draw(s, old, plan) for s, old in zip(of_word, before, strict=True)]
            new = Word("".join(drawn))
            if all(drawn) and "\ufffd" not in new:
                new.gap = plan.words[i].gap
                plan.words[i] = new

    def _draw(self, scores: torch.Tensor, old: int | None, plan: _Plan) -> str:
        """A piece of text out of the most probable ones, other than it was."""
        if old is not None:
            scores[old] = -torch.inf
        best = scores.topk(min(self.top, len(scores)))
        weights = best.values.softmax(0).nan_to_num().tolist()
        if not sum(weights):
            return ""
        (piece,) = plan.random.choices(best.indices.tolist(), weights)
        return str(self.tokenizer.decode([piece])).strip()


@contextmanager
def _one_thread() -> Iterator[None]:
    """The same last digits in this process as in a worker of the loader, which has one thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
