"""From a corpus to packed blocks on disk: made once, however large the corpus is."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, compress, islice
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from weitiao.config.bounds import at_least
from weitiao.config.serialization import plain
from weitiao.data.progress import StageProgress
from weitiao.errors import ConfigError
from weitiao.inputs.text.contamination_index import ContaminationIndex, numbers_of
from weitiao.inputs.text.segment import Segmenter
from weitiao.inputs.text.special_tokens import read_as_text
from weitiao.io.cache import content_hash, hash_of, make_once, versions
from weitiao.io.corpora import Corpus
from weitiao.pretraining.card import LanguageCard, Objective
from weitiao.pretraining.chunks import Frame, Piece, pieces
from weitiao.pretraining.packed_sequences import pack
from weitiao.pretraining.tokenizer import LanguageTokenizer

SPLITS = ("train", "val")
TOGETHER = 1000  # documents that are cut and encoded at once
WINDOW = 8192  # pieces that are packed together


@dataclass(frozen=True)
class PackedSequences:
    """Packed pieces, memory-mapped.

    Args:
        ids: all ids of all blocks, one after the other.
        words: number of the word of each id within its piece; -1 at special ids.
        pieces: ``(pieces + 1,)`` where each piece begins in ``ids``.
        blocks: ``(blocks + 1,)`` the first piece of each block.
    """

    ids: np.ndarray
    words: np.ndarray
    pieces: np.ndarray
    blocks: np.ndarray

    @classmethod
    def of(cls, folder: Path, split: str) -> PackedSequences:
        """The blocks of a split."""
        ids, words = (
            np.memmap(folder / f"{split}.{name}.bin", np.int32, "r") for name in ("ids", "words")
        )
        where = (np.load(folder / f"{split}.{name}.npy") for name in ("pieces", "blocks"))
        return cls(ids, words, *where)

    def __len__(self) -> int:
        return len(self.blocks) - 1

    @property
    def lengths(self) -> np.ndarray:
        """``(blocks,)`` ids of each block."""
        return np.diff(self.pieces[self.blocks])


@dataclass(frozen=True)
class LanguagePreparation:
    """The steps between a corpus and blocks."""

    corpus: Corpus
    segment: Segmenter
    tokenizer: LanguageTokenizer
    objective: Objective
    max_length: int
    val: float
    without: Corpus | None = None

    def __post_init__(self) -> None:
        at_least(8, max_length=self.max_length)
        if not 0 < self.val < 1:
            raise ConfigError(f"is a share between 0 and 1, got {self.val}", field="val")
        if self.segment.stop_words is not None:
            problem = ": a language model reads all of a text"
            raise ConfigError(problem, field="segment.stop_words")

    def __call__(self, cache: Path) -> tuple[Path, LanguageCard]:
        """Prepare, or find prepared; gives the folder and the card.

        Beside the files of `PackedSequences` the folder holds the tokenizer, ``card.json``,
        ``audit.json`` and, of all documents in the blocks, ``seen.npy``
        (`weitiao.inputs.text.contamination_index`).

        Raises:
            DataError: a file is at fault, or the corpus holds nothing.
            ConfigError: options don't fit the corpus.
        """
        folder = cache / self.cache_key()
        make_once(folder, self._build)
        return folder, LanguageCard(**json.loads((folder / "card.json").read_text("utf-8")))

    def cache_key(self) -> str:
        """Hash of everything that shapes the result."""
        shaping = {
            **plain(replace(self, segment=replace(self.segment, workers=1))),
            "corpus": self.corpus.cache_key(),
            "without": self.without and self.without.cache_key(),
        }
        named = Path(self.tokenizer.name)
        files = [*self.segment.files()]
        if not self.tokenizer.trained and named.is_dir():
            files += sorted(named.glob("*.json"))
        return hash_of(json.dumps(shaping, sort_keys=True), versions(), *map(content_hash, files))

    def _build(self, folder: Path) -> None:
        counts: Counter[str] = Counter()
        with StageProgress() as stages:
            stages.begin(f"tokenizer ({self.tokenizer.name})")
            tokenizer = self.tokenizer.make(self._texts(), self.objective)
            tokenizer.save_pretrained(folder)
            frame = Frame.of(tokenizer, self.objective)
            if len(frame.begin) + len(frame.end) >= self.max_length:
                problem = f"= {self.max_length} leaves no room for text"
                raise ConfigError(problem, field="max_length")
            stages.begin("cut, encode and pack the corpus")
            seen: list[np.ndarray] = []
            # a copy: who asks the model to fill a [MASK] needs the tokenizer as it is
            backend = read_as_text(Tokenizer.from_str(tokenizer.backend_tokenizer.to_str()))
            with Writer(folder, self.max_length) as writer:
                for documents, numbers in self._portions(counts):
                    seen.append(numbers)
                    for split, some in self._split(documents).items():
                        cut = pieces(some, backend, frame, self.segment, self.max_length)
                        writer.add(split, cut)
            ContaminationIndex.of(*seen).write(folder)
        for split in SPLITS:
            if not writer.blocks[split]:
                problem = f"no document falls to {split}: {counts['documents']:,} in all"
                raise ConfigError(problem, hint="more text, or another {--val}")
        unknown = self.tokenizer.unknown_share(tokenizer, PackedSequences.of(folder, "train").ids)
        card = self._card(tokenizer, frame, writer)
        report = {"corpus": dict(counts), "ids": writer.ids, "filled": writer.filled()}
        report |= {"unknown_share": unknown}
        for name, value in (("card", card.plain()), ("audit", report)):
            (folder / f"{name}.json").write_text(json.dumps(value, ensure_ascii=False), "utf-8")

    def _card(self, tokenizer: Any, frame: Frame, writer: Writer) -> LanguageCard:
        special = sorted({*tokenizer.all_special_ids, *frame.begin, *frame.end})
        return LanguageCard(
            objective=self.objective,
            vocab_size=len(tokenizer),
            pad_id=tokenizer.pad_token_id,
            mask_id=tokenizer.mask_token_id if self.objective == "masked" else None,
            special_ids=special,
            begin=frame.begin,
            end=frame.end,
            max_length=self.max_length,
            blocks={split: len(writer.blocks[split]) for split in SPLITS},
            fingerprint=writer.fingerprint(),
        )

    def _texts(self) -> Iterator[str]:
        """The corpus for its tokenizer, which asks for no numbers."""
        if self.without is None:
            return self.corpus.documents()
        return chain.from_iterable(documents for documents, _ in self._portions(Counter()))

    def _portions(self, counts: Counter[str]) -> Iterator[tuple[list[str], np.ndarray]]:
        """Documents and their numbers, without the texts not to be seen, which are counted."""
        hidden = None
        if self.without is not None:
            hidden = ContaminationIndex.of(*map(numbers_of, _together(self.without.documents())))
            counts["kept from the model"] = 0
        for documents in _together(self.corpus.documents(counts)):
            numbers = numbers_of(documents)
            if hidden is not None:
                shown = ~hidden.holds(numbers)
                counts["kept from the model"] += int((~shown).sum())
                documents, numbers = list(compress(documents, shown)), numbers[shown]
            yield documents, numbers
        if hidden is not None and counts["kept from the model"] == counts["documents"]:
            problem = f"keeps all {counts['documents']:,} documents from the model"
            hint = "more text, or fewer {--without.files}"
            raise ConfigError(problem, field="without", hint=hint)

    def _split(self, documents: Iterable[str]) -> dict[str, list[str]]:
        """Each document by a hash of its text, so that more text moves none of them."""
        shared: dict[str, list[str]] = {split: [] for split in SPLITS}
        for document in documents:
            digest = hashlib.blake2b(document.encode(errors="surrogatepass"), digest_size=8)
            drawn = int.from_bytes(digest.digest()) / 2**64
            shared["val" if drawn < self.val else "train"].append(document)
        return {split: some for split, some in shared.items() if some}


def _together(documents: Iterator[str]) -> Iterator[list[str]]:
    while some := list(islice(documents, TOGETHER)):
        yield some


class Writer:
    """Packs pieces into blocks and writes them, a window of pieces at a time.

    Args:
        folder: where the files of `PackedSequences` go.
        room: ids of a block.
    """

    def __init__(self, folder: Path, room: int) -> None:
        self.folder, self.room = folder, room
        self.waiting: dict[str, list[Piece]] = {split: [] for split in SPLITS}
        self.lengths: dict[str, list[int]] = {split: [] for split in SPLITS}
        self.blocks: dict[str, list[int]] = {split: [] for split in SPLITS}
        self._hash = hashlib.blake2b(digest_size=10)

    def __enter__(self) -> Writer:
        self.files = {
            (split, name): (self.folder / f"{split}.{name}.bin").open("wb")
            for split in SPLITS
            for name in ("ids", "words")
        }
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if kind is None:
            for split in SPLITS:
                self._write(split)
                for name, numbers in (("pieces", self.lengths), ("blocks", self.blocks)):
                    ends = np.cumsum([0, *numbers[split]], dtype=np.int64)
                    np.save(self.folder / f"{split}.{name}.npy", ends)
        for file in self.files.values():
            file.close()

    def add(self, split: str, cut: Iterator[Piece]) -> None:
        """Take pieces in; they are written as soon as a window is full."""
        for piece in cut:
            self.waiting[split].append(piece)
            if len(self.waiting[split]) == WINDOW:
                self._write(split)

    def _write(self, split: str) -> None:
        waiting, self.waiting[split] = self.waiting[split], []
        for block in pack([len(piece.ids) for piece in waiting], self.room):
            self.blocks[split].append(len(block))
            for piece in (waiting[number] for number in block):
                self.lengths[split].append(len(piece.ids))
                self._hash.update(piece.ids.tobytes())
                for name, values in (("ids", piece.ids), ("words", piece.words)):
                    self.files[split, name].write(values.tobytes())

    @property
    def ids(self) -> dict[str, int]:
        """Number of ids per split."""
        return {split: sum(lengths) for split, lengths in self.lengths.items()}

    def filled(self) -> dict[str, float]:
        """Share of each split's positions that hold an id."""
        rooms = {split: len(blocks) * self.room for split, blocks in self.blocks.items()}
        return {split: count / rooms[split] for split, count in self.ids.items() if rooms[split]}

    def fingerprint(self) -> str:
        """Hash of all ids."""
        return self._hash.hexdigest()
