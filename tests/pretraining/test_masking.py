"""What is masked: whole words, never special ids, in the share that was asked for."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from weitiao.errors import ConfigError
from weitiao.pretraining.card import NOT_PREDICTED, LanguageCard
from weitiao.pretraining.masking import Masking

CARD = LanguageCard("masked", 500, 0, 4, [0, 1, 2, 3, 4], [2], [3], 64, {"train": 1}, "x")


def block(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Two pieces of words of 1 to 4 ids, between special ids."""
    draw = np.random.default_rng(seed)
    sizes = draw.integers(1, 5, 20)
    words = np.repeat(np.arange(20), sizes)
    half = int(sizes[:10].sum())
    words = np.concatenate([[-1], words[:half], [-1, -1], words[half:], [-1]])
    ids = np.where(words >= 0, draw.integers(5, 500, len(words)), 2)
    return ids, words


def many(masking: Masking, count: int = 400):
    for seed in range(count):
        ids, words = block(seed)
        yield ids, words, *masking.apply(ids, words, CARD, np.random.default_rng(seed))


@pytest.mark.parametrize("ngram", [1, 3])
def test_a_word_is_asked_whole_or_not_at_all(ngram: int) -> None:
    for ids, words, _, labels in many(Masking(ngram=ngram)):
        asked = labels != NOT_PREDICTED
        for word in range(20):
            assert len(set(asked[words == word].tolist())) == 1
        assert (labels[asked] == ids[asked]).all()


def test_special_ids_are_neither_asked_nor_put_in_place_of_others() -> None:
    for ids, words, seen, labels in many(Masking(share=0.9, random=0.5, kept=0.0)):
        special = words < 0
        assert (labels[special] == NOT_PREDICTED).all()
        assert (seen[special] == ids[special]).all()
        assert not np.isin(seen[~special], [0, 1, 2, 3]).any()


def test_what_is_not_asked_is_shown_as_it_is() -> None:
    for ids, _, seen, labels in many(Masking()):
        assert (seen == ids)[labels == NOT_PREDICTED].all()


@pytest.mark.parametrize("masking", [Masking(), Masking("id"), Masking(share=0.4, ngram=3)])
def test_shares_are_those_that_were_asked_for(masking: Masking) -> None:
    asked, text, masked, kept = 0, 0, 0, 0
    for ids, words, seen, labels in many(masking):
        where = labels != NOT_PREDICTED
        asked, text = asked + where.sum(), text + (words >= 0).sum()
        masked += (seen[where] == CARD.mask_id).sum()
        kept += (seen[where] == ids[where]).sum()
    assert asked / text == pytest.approx(masking.share, abs=0.03)
    assert masked / asked == pytest.approx(0.8, abs=0.03)
    assert kept / asked == pytest.approx(0.1, abs=0.03)


def test_longer_runs_are_masked_together() -> None:
    def runs(masking: Masking) -> float:
        """Mean number of neighbouring words that are asked together."""
        found = []
        for _, words, _, labels in many(masking):
            asked = sorted(set(words[labels != NOT_PREDICTED].tolist()))
            breaks = 1 + sum(b - a > 1 for a, b in pairwise(asked))
            found.append(len(asked) / breaks)
        return float(np.mean(found))

    assert runs(Masking(ngram=4)) > 1.2 * runs(Masking())


def test_a_single_word_is_asked_though_it_exceeds_the_share() -> None:
    words = np.array([-1, 0, 0, 0, -1])
    _, labels = Masking().apply(np.array([2, 9, 9, 9, 3]), words, CARD, np.random.default_rng(0))
    assert (labels != NOT_PREDICTED).tolist() == [False, True, True, True, False]


@pytest.mark.parametrize(
    "values", [{"share": 0.0}, {"share": 1.5}, {"random": 0.6, "kept": 0.6}, {"ngram": 0}]
)
def test_values_out_of_bounds_are_refused(values: dict) -> None:
    with pytest.raises(ConfigError, match=rf"^{next(iter(values))} "):
        Masking(**values)
