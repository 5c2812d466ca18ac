"""Conversations as text → ids, and which of them the model learns to say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from tokenizers import Encoding, Tokenizer

from weitiao.inputs.chat.marks import Marks, reading_marks, special_names
from weitiao.inputs.chat.template import Template
from weitiao.inputs.chat.turns import Turn, Turns, Written
from weitiao.inputs.text.pretrained_tokenizer import rust_faults
from weitiao.io.dialogues.messages import Message

_SHORT = 64  # characters before an answer, of which the ids are remembered


class Ids(NamedTuple):
    """A conversation as a model reads it.

    Args:
        ids: ``(T,)`` int32.
        learned: ``(T,)`` int8, 1 where the model is to say the id.
        prompt: how many stand before the last answer; all, where there is none.
    """

    ids: np.ndarray
    learned: np.ndarray
    prompt: int


class ChatEncoder:
    """A tokenizer and its chat template, ready: conversations to ids.

    Args:
        tokenizer: of tokenizers, which is not changed.
        template: in Jinja.
        names: what the template calls special tokens → they.
        stops: ids at which generation stops by the model's own word; the first is put behind the
            last answer where the template doesn't end it.
        unk_id: id of what the vocabulary lacks; null where it lacks nothing.
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        template: str,
        names: Mapping[str, str],
        stops: Sequence[int],
        unk_id: int | None,
    ) -> None:
        self.tokenizer, self.template = tokenizer, Template(template, names)
        self.stops, self.unk_id = [*stops], unk_id
        tokenizer.no_truncation()
        tokenizer.no_padding()
        self._special = special_names(tokenizer)
        known = {index: name for name, index in self._special.items()}
        stopping = [known[index] for index in self.stops if index in known]
        self._reading, self._marks = reading_marks(tokenizer), Marks([*self._special])
        self.turns = Turns(self.template, [*self._special], stopping)
        self._ids_of = lru_cache(4096)(self._plain_ids)

    def marked(self, messages: Sequence[Message]) -> tuple[list[Message], bool]:
        """The messages with a mark in what looks like a special token, and whether there is one."""
        found = [one._replace(content=self._marks(one.content)) for one in messages]
        return found, found != [*messages]

    def encode(self, written: Sequence[Written]) -> list[Ids]:
        """The ids of conversations of marked messages.

        Raises:
            ConfigError: the tokenizer fails on one.
        """
        return [*map(self._ids, self._encodings([one.text for one in written]), written)]

    def _encodings(self, texts: Sequence[str]) -> list[Encoding]:
        with rust_faults("it"):
            return list(self._reading.encode_batch([*texts], add_special_tokens=False))

    def _ids(self, found: Encoding, written: Written) -> Ids:
        ids = np.array(found.ids, np.int32)
        begins = np.array([begin for begin, _ in found.offsets], np.int64)
        turns = written.turns
        if not turns:
            return Ids(ids, np.zeros(len(ids), np.int8), len(ids))
        if not all(self._begins_there(ids, begins, written.text, turn) for turn in turns):
            ids, begins = self._cut_apart(written)
        learned = np.zeros(len(ids), np.int8)
        for turn in turns:
            learned[(begins >= turn.begin) & (begins < turn.end)] = 1
        prompt = int((begins < turns[-1].begin).sum())
        if not turns[-1].ended and self.stops:
            ids, learned = np.append(ids, np.int32(self.stops[0])), np.append(learned, np.int8(1))
        return Ids(ids, learned, prompt)

    def _begins_there(self, ids: np.ndarray, begins: np.ndarray, text: str, turn: Turn) -> bool:
        """Whether the ids before an answer are those that its prompt alone has.

        Up to the last special token they are. Behind it an answer may change them, where it begins
        with white space, or the prompt ends with it.
        """
        before = int((begins < turn.begin).sum())
        special = np.flatnonzero(np.isin(ids[:before], [*self._special.values()]))
        begin = int(special[-1]) if len(special) else 0
        tail = text[int(begins[begin]) if begin else 0 : turn.begin]
        known = self._ids_of(tail) if len(tail) <= _SHORT else self._plain_ids(tail)
        return known == tuple(ids[begin:before].tolist())

    def _plain_ids(self, text: str) -> tuple[int, ...]:
        return tuple(self._encodings([text])[0].ids)

    def _cut_apart(self, written: Written) -> tuple[np.ndarray, np.ndarray]:
        """The ids of a text, and where each begins, none across the beginning of an answer."""
        edges = [0, *(turn.begin for turn in written.turns), len(written.text)]
        parts = [written.text[a:b] for a, b in pairwise(edges)]
        found = self._encodings(parts)
        ids = [index for part in found for index in part.ids]
        begins = [
            edge + begin
            for edge, part in zip(edges, found, strict=False)
            for begin, _ in part.offsets
        ]
        return np.array(ids, np.int32), np.array(begins, np.int64)

    @cached_property
    def example(self) -> Written:
        """A question and its answer, by which a template is known.

        Raises:
            TemplateFault: the template takes no conversation at all.
            TurnFault: what is to be said of an answer isn't known.
        """
        return self.turns([Message("user", "Is it so?"), Message("assistant", "It is.")])

    @property
    def ended(self) -> bool:
        """Whether the template ends an answer."""
        return self.example.turns[-1].ended

    @property
    def ends(self) -> tuple[int, ...]:
        """Ids that end an answer, the one that is learned first; none, where there is none."""
        own = [int(self.encode([self.example])[0].ids[-1])] if self.ended else []
        return tuple(dict.fromkeys([*own, *self.stops]))

    def said(self, answers: Sequence[np.ndarray]) -> list[str]:
        """The texts of answers, each given by its ids up to its end."""
        ends = {*self.ends}
        ids = [each.tolist() for each in answers]
        ids = [each[:-1] if each and each[-1] in ends else each for each in ids]
        return list(self.tokenizer.decode_batch(ids, skip_special_tokens=True))

    def alone(self, answer: str) -> str:
        """What the tokenizer makes of a marked answer, and of nothing besides."""
        return str(self.tokenizer.decode(list(self._plain_ids(answer)), skip_special_tokens=True))

    def state(self) -> dict[str, Any]:
        """Plain values from which `from_state` makes the same again."""
        return {
            "tokenizer": self.tokenizer.to_str(),
            "template": self.template.text,
            "names": self.template.names,
            "stops": self.stops,
            "unk_id": self.unk_id,
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> ChatEncoder:
        """The encoder that `state` described; no file is needed."""
        return cls(Tokenizer.from_str(state["tokenizer"]), *(state[name] for name in _KEPT))


_KEPT = ("template", "names", "stops", "unk_id")
