"""Parallel texts as ids: both sides, their ends, what doesn't fit, what is doubtful."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from parallel_texts import BPE, fitted, pairs, table

from weitiao.card import NOTHING, DataCard
from weitiao.errors import ConfigError
from weitiao.inputs import Draws
from weitiao.inputs.parallel import Parallel
from weitiao.inputs.parallel.pairs import pairs_of, told_of_pairs
from weitiao.inputs.text.tokenization import Encoder
from weitiao.targets.whole_text import ReplyTarget

EACH = Parallel(encode=BPE, written=Encoder("characters", min_count=1, lowercase=False))
BOTH = Parallel(encode=BPE)


@pytest.mark.parametrize("options", [BOTH, EACH], ids=["one_vocabulary", "two_vocabularies"])
def test_both_sides_become_ids_between_their_ends(options: Parallel, tmp_path: Path) -> None:
    rows = pairs()
    found = fitted(options, tmp_path, train=table(rows))
    card = found.card
    assert card.shared == (options.written is None)
    encoded = found.encode(table(rows))
    for read, written in zip(
        encoded["input_ids"].to_pylist(), encoded["written"].to_pylist(), strict=True
    ):
        assert max(read) < card.vocab_size
        assert max(written) < card.written_size
        assert (written[0], written[-1]) == (card.begin, card.end)
        assert card.end not in written[:-1]
    target = found.completed_target(ReplyTarget())
    assert target.written(encoded["written"].to_pylist()) == [label for _, label in rows]


def test_one_vocabulary_is_trained_on_both_sides(tmp_path: Path) -> None:
    rows = pairs()
    both, each = (fitted(one, tmp_path, train=table(rows)) for one in (BOTH, EACH))
    known = both.sides.written.backend.get_vocab()
    assert "Ġbooks" in known
    assert both.sides.read.backend.get_vocab() == known
    assert "Ġbooks" not in each.sides.written.backend.get_vocab()
    assert each.card.written_size < each.card.vocab_size


def test_a_batch_holds_both_sides_each_filled_to_its_own_longest(tmp_path: Path) -> None:
    rows = [("a", "好好好好好好"), ("a long text of some words", "好")]
    found = fitted(BOTH, tmp_path, train=table(rows))
    encoded = found.encode(table(rows))
    batch = found.rows(encoded).collate(Draws(np.array([1, 0]), np.arange(2), 0))
    ids, mask = batch["inputs"]["input_ids"], batch["inputs"]["attention_mask"]
    for place, row in enumerate((1, 0)):
        read, written = (encoded[name][row].as_py() for name in ("input_ids", "written"))
        assert ids[place][mask[place].bool()].tolist() == read
        assert (ids[place][~mask[place].bool()] == found.card.pad_id).all()
        said = batch["written"][place]
        assert said[said != NOTHING].tolist() == written
    assert ids.shape[1] == max(map(len, encoded["input_ids"].to_pylist()))
    assert batch["written"].shape[1] == max(map(len, encoded["written"].to_pylist()))


def test_what_is_too_long_to_be_written_is_refused_or_never_learned(tmp_path: Path) -> None:
    rows = [*pairs(), ("It is long.", "好" * 99)]
    short = Encoder("bpe", vocab_size=300, lowercase=False, max_length=40)
    refusing = fitted(Parallel(encode=short), tmp_path, train=table(pairs()))
    with pytest.raises(ConfigError, match=r"in 1 of 17 rows .* the first is my.csv, row 18"):
        refusing.examine(refusing.encode(table(rows)), table(rows), training=True)
    drop = Parallel(encode=short, too_long="drop")
    dropping = fitted(drop, tmp_path, train=table(pairs()))
    encoded = dropping.encode(table(rows))
    assert encoded["written"][16].as_py() == []
    found = dropping.examine(encoded, table(rows), training=True)
    assert (found["lost"], found["first_lost"]) == (1, "my.csv, row 18")
    assert dropping.learnable(encoded).tolist() == [True] * 16 + [False]
    alone = table(rows[-1:])
    with pytest.raises(ConfigError, match="nothing of train that is to be written fits"):
        dropping.examine(dropping.encode(alone), alone, training=True)


def test_what_is_read_is_cut_and_told(tmp_path: Path) -> None:
    rows = [*pairs(), ("cats " * 200, "猫")]
    found = fitted(BOTH, tmp_path, train=table(pairs()))
    encoded = found.encode(table(rows))
    assert encoded["cut"].to_pylist() == [False] * 16 + [True]
    assert len(encoded["input_ids"][16]) == BPE.max_length
    report = {"train": found.examine(encoded, table(rows), training=True)}
    told = [*found.handling({"clean": {}, "encode": report, "pairs": {}}, {})]
    assert "! texts cut to 128 ids: train 1; a larger {--max_length} holds more" in told


def test_a_tokenizer_that_cannot_write_the_texts_is_refused(tmp_path: Path) -> None:
    rows = table(pairs())
    for kind in ("wordpiece", "characters"):
        encode = Encoder(kind, min_count=1, lowercase=True)
        found = fitted(Parallel(encode=encode), tmp_path, train=rows)
        swapped = rows.rename_columns(["label", "text", "file", "row"])
        with pytest.raises(ConfigError, match=r"16 of 16 texts .* read otherwise"):
            found.examine(found.encode(swapped), swapped, training=True)


def test_rows_without_a_text_to_write_are_read(tmp_path: Path) -> None:
    found = fitted(BOTH, tmp_path, train=table(pairs()))
    encoded = found.encode(table(pairs()).drop_columns(["label"]))
    assert encoded["written"].to_pylist() == [[]] * 16


def test_a_checkpoint_makes_it_again(tmp_path: Path) -> None:
    found = fitted(EACH, tmp_path, train=table(pairs()))
    state = json.loads(json.dumps(found.state()))
    written = json.loads(json.dumps(DataCard(found.card, ReplyTarget()).plain()))
    card = DataCard.of(written).input
    assert card == found.card
    again = EACH.from_state(state, card)
    assert again.encode(table(pairs())) == found.encode(table(pairs()))
    assert again.completed_target(ReplyTarget()) == found.completed_target(ReplyTarget())


def test_doubtful_pairs_are_counted() -> None:
    train = table([*pairs(), ("Same here.", "same here."), ("Long text of words.", "好" * 200)])
    test = table([("Another text.", pairs()[0][1]), (pairs()[1][0].upper(), "别的。")])
    found = pairs_of({"train": train, "test": test})
    assert {name: found["train"][name] for name in ("copies", "odd", "first_odd")} == {
        "copies": 1,
        "odd": 1,
        "first_odd": "my.csv, row 19",
    }
    assert (found["test"]["leaked_read"], found["test"]["leaked_written"]) == (1, 1)
    assert found["train"]["repeated_read"] == 0
    told = [*told_of_pairs(found)]
    assert told[0] == "! train: 1 rows are copies: both sides are equal"
    assert "test: 1 texts stand in train as well, and 1 of what is to be written" in told[-1]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Parallel(encode=Encoder("words")), "can't be put together"),
        (lambda: Parallel(written=Encoder("words")), "can't be put together"),
        (lambda: Parallel(encode=Encoder(truncation="windows")), "for spans and answers"),
        (lambda: Parallel(encode=Encoder(pairs="apart")), "pairs doesn't go with"),
        (lambda: Parallel(encode=Encoder(vectors="a.vec")), "vectors doesn't go with"),
        (lambda: Parallel(written=Encoder(truncation="tail")), "what is written is never cut"),
        (lambda: Parallel(written=Encoder("x", prefix="a")), "put before what is read"),
        (lambda: Encoder("bpe", vocab_size=260), "must be at least 261, 256 bytes among them"),
    ],
)
def test_options_that_do_not_go_together_are_refused(make: Callable[[], object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        make()
