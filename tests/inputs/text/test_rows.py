"""Augmentation where batches are made: alignment, workers, copies, resume."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from batches import listed
from conftest import reviews, write_csv
from text_parts import text_data

from weitiao.data.batch import Batching
from weitiao.data.datamodule import DataModule
from weitiao.errors import ConfigError, DataError
from weitiao.inputs.text.augment import Augmenter, Step
from weitiao.inputs.text.segment import Segmenter
from weitiao.inputs.text.tokenization import Encoder
from weitiao.targets import Labels, Number, Scale, Target

CHAIN = [Step("swap", p=0.7), Step("lookalike", p=0.5), Step("delete", p=0.5, share=0.3)]
Make = Callable[..., DataModule]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    rows = [(text, text[::-1], label, str(i)) for i, (text, label) in enumerate(reviews(120))]
    rows = [row for i, row in enumerate(rows) if row[2] == "好评" or i % 4 == 0]
    train = write_csv(tmp_path / "train.csv", rows, ("text", "other", "label", "no"))

    def data(**options: object) -> DataModule:
        options = {"train": str(train), "cache": str(tmp_path / "cache"), "id": "no"} | options
        options = {"batch": Batching(size=16), "augment": Augmenter(CHAIN)} | options
        return text_data(**options)

    return data


def contents(data: DataModule, epoch: int = 0, done: int = 0) -> list[dict[str, list]]:
    """The batches of an epoch."""
    progress = SimpleNamespace(current=SimpleNamespace(ready=done))
    data.trainer = SimpleNamespace(
        global_rank=0,
        world_size=1,
        overfit_batches=0,
        current_epoch=epoch,
        fit_loop=SimpleNamespace(epoch_loop=SimpleNamespace(batch_progress=progress)),
    )
    loader = data.train_dataloader()
    return [listed(batch) for batch in loader]


def rows_of(batches: list[dict[str, list]]) -> dict[int, list[tuple[list[int], int, bool]]]:
    """Ids without padding, target, and whether it was changed, of each time a row comes."""
    found = defaultdict(list)
    for batch in batches:
        parts = (
            batch[name] for name in ("row", "input_ids", "attention_mask", "target", "changed")
        )
        for row, ids, mask, target, changed in zip(*parts, strict=True):
            found[row].append((ids[: sum(mask)], target, changed))
    return found


def test_changed_texts_keep_row_and_target(make: Make) -> None:
    data = make()
    found, table = rows_of(contents(data)), data.prepared.ids("train").to_pylist()
    assert sorted(found) == list(range(len(table)))
    for row, [(ids, target, changed)] in found.items():
        assert target == table[row]["target"]
        assert (ids != table[row]["input_ids"]) == changed
        own, others = set(table[row]["input_ids"]), set(ids)
        assert len(own & others) > len(own) / 2
    share = sum(changed for [(*_, changed)] in found.values()) / len(found)
    assert 0.8 < share < 1


@pytest.mark.parametrize("sampling", ["all", "balanced"])
def test_workers_change_nothing(make: Make, sampling: str) -> None:
    augmenter = Augmenter(CHAIN, copies=2, keep_originals=True)
    epochs = [
        [contents(data, epoch) for epoch in (0, 1)]
        for data in (
            make(sampling=sampling, augment=augmenter, batch=Batching(size=16, workers=workers))
            for workers in (0, 2)
        )
    ]
    assert epochs[0] == epochs[1]
    assert epochs[0][0] != epochs[0][1]


def test_an_epoch_goes_on_where_it_stopped(make: Make) -> None:
    whole = contents(make(), epoch=3)
    assert contents(make(), epoch=3, done=2) == whole[2:]


def test_the_order_of_batches_does_not_change_a_rows_text(make: Make) -> None:
    large, small = (rows_of(contents(make(batch=Batching(size=s)))) for s in (16, 3))
    assert large == small


def test_seed_and_epoch_change_the_texts(make: Make) -> None:
    first = rows_of(contents(make()))
    assert rows_of(contents(make(), epoch=1)) != first
    assert rows_of(contents(make(seed=1))) != first


def test_copies_come_beside_the_originals(make: Make) -> None:
    data = make(augment=Augmenter([Step("swap", p=1.0)], copies=3, keep_originals=True))
    found, table = rows_of(contents(data)), data.prepared.ids("train").to_pylist()
    for row, draws in found.items():
        assert len(draws) == 4
        unchanged = [ids for ids, _, changed in draws if not changed]
        assert table[row]["input_ids"] in unchanged
    distinct = [len({tuple(ids) for ids, *_ in draws}) for draws in found.values()]
    assert sum(distinct) > 3 * len(found)
    alone = rows_of(contents(make(augment=Augmenter([Step("swap", p=1.0)], copies=3))))
    assert all(len(draws) == 3 for draws in alone.values())


def test_pairs_are_changed_on_both_sides(make: Make) -> None:
    data = make(pair="other", augment=Augmenter([Step("delete", p=0.5)]))
    table = data.prepared.ids("train").to_pylist()
    sides = Counter()
    for batch in contents(data):
        parts = (batch[n] for n in ("row", "input_ids", "token_type_ids", "attention_mask"))
        for row, ids, types, mask in zip(*parts, strict=True):
            now, before = [], []
            for side in (0, 1):
                now.append([i for i, t, m in zip(ids, types, mask, strict=True) if m and t == side])
                own = zip(table[row]["input_ids"], table[row]["token_type_ids"], strict=True)
                before.append([i for i, t in own if t == side])
            sides[now[0] != before[0], now[1] != before[1]] += 1
    assert min(sides.values()) > 5
    assert len(sides) == 4


def test_words_are_cut_anew(make: Make) -> None:
    data = make(encode=Encoder("words", min_count=1), augment=Augmenter([Step("delete", p=1.0)]))
    found, table = rows_of(contents(data)), data.prepared.ids("train").to_pylist()
    assert all(len(ids) < len(table[row]["input_ids"]) for row, [(ids, *_)] in found.items())


def test_balanced_copies_have_as_many_originals_in_each_class(make: Make) -> None:
    augmenter = Augmenter([Step("delete", p=1.0)], keep_originals=True)
    data = make(sampling="balanced", augment=augmenter)
    kept = Counter()
    for draws in rows_of(contents(data)).values():
        for _, target, changed in draws:
            kept[target, changed] += 1
    assert len(kept) == 4
    assert max(kept.values()) - min(kept.values()) <= 2


def test_balanced_sampling_draws_each_class_alike_without_augmentation(make: Make) -> None:
    data = make(sampling="balanced", augment=None)
    targets = Counter(t for batch in contents(data) for t in batch["target"])
    assert min(data.card.target.counts) < 0.5 * max(data.card.target.counts)
    assert abs(targets[0] - targets[1]) <= 1
    assert sum(targets.values()) == data.card.rows["train"]


def test_other_splits_are_never_changed(make: Make) -> None:
    for split in ("val", "test"):
        plain, augmented = (
            [
                b["inputs"]["input_ids"].tolist()
                for b in getattr(make(**options), f"{split}_dataloader")()
            ]
            for options in ({"augment": None}, {})
        )
        assert plain == augmented


def test_another_number_of_copies_is_another_loader(make: Make) -> None:
    state = make().train_dataloader().state_dict()
    other = make(augment=Augmenter(CHAIN, copies=2)).train_dataloader()
    with pytest.raises(ConfigError, match=f"draws: {state['draws']} → {2 * state['draws']}"):
        other.load_state_dict(state)


def test_augmentation_prepares_nothing_anew(make: Make) -> None:
    folders = {
        make(**options).prepared.folder
        for options in ({"augment": None}, {}, {"segment": Segmenter(hmm=False)})
    }
    assert len(folders) == 1


def test_segmentation_that_nobody_needs_is_refused(make: Make) -> None:
    with pytest.raises(ConfigError, match=r"segment has no effect"):
        make(segment=Segmenter(hmm=False), augment=None)


def test_stop_words_stay_in_augmented_texts(make: Make, tmp_path: Path) -> None:
    (tmp_path / "stop.txt").write_text("觉得\n", "utf-8")
    stop = Segmenter(stop_words=str(tmp_path / "stop.txt"))
    with pytest.raises(ConfigError, match="stop_words has no effect"):
        make(segment=stop)
    data = make(
        segment=stop,
        encode=Encoder("words", min_count=1),
        augment=Augmenter([Step("swap", p=1.0)]),
    )
    examples = data.changed_rows.examples(20)
    assert any("觉得" in before for before, _ in examples)
    for before, after in examples:
        assert sorted(before) == sorted(after)


def test_a_missing_file_is_told_before_anything_is_prepared(make: Make, tmp_path: Path) -> None:
    data = make(augment=Augmenter([Step("reserved", path=str(tmp_path / "nowhere"))]))
    with pytest.raises(DataError, match="no such file"):
        _ = data.prepared
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("target", [Number(), Labels()])
def test_balancing_needs_classes(make: Make, target: Target) -> None:
    kind = type(target).__name__
    with pytest.raises(ConfigError, match=f"needs rows of one class each, not {kind}"):
        make(sampling="balanced", target=target)


def test_an_ordered_scale_can_be_balanced(make: Make) -> None:
    data = make(sampling="balanced", target=Scale(labels=["差评", "好评"]))
    targets = Counter(t for batch in contents(data) for t in batch["target"])
    assert abs(targets[0] - targets[1]) <= 1


def test_numbers_stay_with_their_rows(make: Make) -> None:
    data = make(target=Number("no"))
    found, table = rows_of(contents(data)), data.prepared.ids("train").to_pylist()
    assert {row: draws[0][1] for row, draws in found.items()} == {
        row: pytest.approx(values["target"]) for row, values in enumerate(table)
    }
