"""Translations: the next id, given the text that is read and the ids written so far."""

from __future__ import annotations

from collections.abc import Sequence
from inspect import signature
from typing import Any, ClassVar, Protocol, cast

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from weitiao.card import NOTHING, DataCard
from weitiao.config.bounds import at_least, shares
from weitiao.errors import ConfigError, shell_word
from weitiao.objectives.base import Batch, Evaluation, Loss, Metrics, Objective, target_of
from weitiao.objectives.baselines import Baselines
from weitiao.objectives.precision import full
from weitiao.objectives.replies.said import Said
from weitiao.objectives.replies.scoring import SCORINGS
from weitiao.objectives.replies.simple_translations import NearestSource
from weitiao.objectives.scorer import Encoder
from weitiao.targets.whole_text import ReplyTarget

SHOWN = 20
"""Texts that each evaluation shows."""


class Writer(Encoder, Protocol):
    """A backbone that writes of what it reads."""

    def logits(
        self, input_ids: Tensor, attention_mask: Tensor, written: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Logits ``(B, W, V)`` of each next id; the right ones ``(B, W)``."""

    def generate(self, input_ids: Tensor, attention_mask: Tensor, **how: Any) -> list[list[int]]:
        """The ids of each row, with the one that ends it."""


class Translating(Objective):
    """Learns to write translations.

    The loss is the cross-entropy of each id of them, its end included, smoothed (Szegedy et al.
    2016; Vaswani et al. 2017, section 5.4). Scores of validation aren't smoothed.

    Args:
        label_smoothing: share of the weight of each right id that all ids get in training.
        beams: how many hypotheses are kept, the likeliest; 1 = the likeliest id each time.
        length_penalty: of beams: the sum of their logarithms is divided by their length to this
            power; more favours longer texts.
        no_repeat: no n-gram of so many ids comes twice in a text; 0 = any may.
        first_token: token with which each text begins, such as that of a language, as the
            vocabulary has it or as the text it stands for; null = as the model begins it.
        sample: the so many first rows of val, and of test, are translated; null = all of them.
    """

    scoring = SCORINGS["translation"]
    first, recipe, baseline = "chrf", "translation", "nearest source"
    shown: ClassVar[tuple[tuple[str, str], ...]] = (
        *scoring.shown,
        ("perplexity", "perplexity"),
        ("exact_match", "exact match"),
        ("copied", "copied"),
        ("ended", "ended by itself"),
    )
    lower_is_better: ClassVar[tuple[str, ...]] = ("loss", "perplexity", "ter", "copied")

    def __init__(
        self,
        card: DataCard,
        backbone: Encoder,
        label_smoothing: float = 0.1,
        beams: int = 1,
        length_penalty: float = 1.0,
        no_repeat: int = 0,
        first_token: str | None = None,
        sample: int | None = None,
    ) -> None:
        super().__init__()
        self.target = target_of(card, ReplyTarget, self)
        end: int | None = getattr(card.input, "end", None)
        if end is None:
            problem = "has no texts that are written of others"
            raise ConfigError(problem, field="input", hint="{--task} translation")
        if "written" not in signature(getattr(backbone, "logits", lambda: None)).parameters:
            problem = f": a {type(backbone).__name__} writes nothing"
            raise ConfigError(problem, field="backbone", hint="{--model.backbone} Seq2Seq")
        shares(label_smoothing=label_smoothing)
        at_least(1, beams=beams, sample=sample)
        at_least(0, no_repeat=no_repeat)
        if length_penalty != 1.0 and beams == 1:
            hint = "{--model.objective.beams} 4"
            raise ConfigError("has no effect without beams", field="length_penalty", hint=hint)
        self.label_smoothing, self.sample, self.end = label_smoothing, sample, end
        self.uneven = "texts are written, each as long as it is"
        first = None if first_token is None else _id_of(first_token, self.target)
        self.how: dict[str, Any] = {"beams": beams, "length_penalty": length_penalty}
        self.how |= {"no_repeat": no_repeat, "first": first}

    def loss(self, backbone: Encoder, batch: Batch) -> Loss:
        """The mean smoothed cross-entropy of the ids that are to be written."""
        found, asked = cast(Writer, backbone).logits(**batch["inputs"], written=batch["written"])
        some = asked != NOTHING
        value = F.cross_entropy(
            full(found[some]), asked[some], label_smoothing=self.label_smoothing
        )
        return Loss(value, some.sum())

    def evaluate(self, backbone: Encoder, batch: Batch) -> Evaluation:
        """What is written, the mean loss of each row's ids, the right texts."""
        writer = cast(Writer, backbone)
        found, asked = writer.logits(**batch["inputs"], written=batch["written"])
        each = F.cross_entropy(
            full(found).transpose(1, 2), asked, ignore_index=NOTHING, reduction="none"
        )
        sums, counts = each.sum(1), (asked != NOTHING).sum(1)
        chosen = batch["row"] < (torch.inf if self.sample is None else self.sample)
        answers = iter(self._written(writer, batch, chosen))
        known = zip(chosen.tolist(), sums.tolist(), counts.tolist(), strict=True)
        return Evaluation(
            [
                (next(answers) if one else Said(None, None))._replace(loss=loss, size=size)
                for one, loss, size in known
            ],
            sums / counts.clamp(min=1),
            batch["target"],
            counts,
        )

    def predict(self, backbone: Encoder, batch: Batch) -> list[Said]:
        """What is written of each row."""
        everything = torch.ones_like(batch["row"], dtype=torch.bool)
        return self._written(cast(Writer, backbone), batch, everything)

    def _written(self, writer: Writer, batch: Batch, rows: Tensor) -> list[Said]:
        """What is written of some rows.

        Args:
            rows: ``(B,)`` of bool.
        """
        if not rows.any():
            return []
        inputs = {name: values[rows] for name, values in batch["inputs"].items()}
        found = writer.generate(**inputs, **self.how)
        ended = [ids[-1:] == [self.end] for ids in found]
        return [Said(ids[:-1] if end else ids, end) for ids, end in zip(found, ended, strict=True)]

    def decide(self, predictions: Any) -> list[str | None]:
        """The text of each row; null of those that were not asked for."""
        from weitiao.objectives.replies.metrics import texts_of

        return texts_of(predictions, self.target.written)

    def texts(self, decided: Any) -> list[str]:
        """They are texts."""
        return [*decided]

    def metrics(self) -> Metrics:
        """Those of texts."""
        from weitiao.objectives.replies.text_metrics import TextMetrics

        names = [name for name, _ in self.shown if name != "copied"]  # which is of columns
        return TextMetrics(self.target.written, self.score, names)

    def score(self, said: Sequence[str], right: Sequence[str]) -> dict[str, float]:
        """Metrics of what is written of some rows."""
        same = [a.split() == b.split() for a, b in zip(said, right, strict=True)]
        exact = sum(same) / len(same) if same else float("nan")
        return {**self.scoring.of(said, right), "exact_match": exact}

    def measure(
        self, predictions: Any, decided: Any, targets: Any, *, ranked: bool = True
    ) -> dict[str, Tensor]:
        """The same of some rows; of texts alone, how like the right ones they are."""
        from weitiao.objectives.replies.text_metrics import measured

        names = [name for name, _ in self.shown]
        return measured(predictions if ranked else None, decided, targets, self.score, names)

    def signatures(self, decided: Any, targets: Any) -> dict[str, str]:
        """Those of the scores."""
        pairs = zip(decided, targets, strict=True)
        return self.scoring.signatures([right for said, right in pairs if said is not None])

    def wrong(self, decided: Any, targets: Any) -> np.ndarray:
        """Texts that are not the right one."""
        pairs = zip(decided, targets, strict=True)
        return np.array([a is not None and a.split() != b.split() for a, b in pairs], bool)

    def baselines(self) -> Baselines:
        """What train has of the text that is most alike; a copy."""
        return NearestSource(self.sample)

    def sampled(self, decided: Any) -> list[int]:
        """The first of those that were asked for."""
        return [place for place, text in enumerate(decided) if text is not None][:SHOWN]

    def columns(self, predictions: Any, decided: Any, texts: Sequence[str]) -> dict[str, list[Any]]:
        """Whether a text ended by itself, and whether it is the one that was read."""
        pairs = zip(decided, texts, strict=True)
        copied = [None if said is None else said.split() == text.split() for said, text in pairs]
        return {"ended": [one.ended for one in predictions], "copied": copied}


def _id_of(token: str, target: ReplyTarget) -> int:
    """The id of a token.

    Raises:
        ConfigError: it is none, or several.
    """
    found = target.tokens_of(token)
    if len(found) == 1:
        return found[0][0]
    problem = f": {token!r} is no token of the tokenizer of what is written"
    if not found:
        hint = "its name in the vocabulary, such as Ġthe or ▁the, or its text"
        raise ConfigError(problem, field="first_token", hint=hint)
    names = [name for _, name in found]
    hint = f"one token alone, such as {{--first_token}} {shell_word(names[0])}"
    problem += f", but {len(names)}: {', '.join(names)}"
    raise ConfigError(problem, field="first_token", hint=hint)
