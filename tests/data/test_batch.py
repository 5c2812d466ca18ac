import numpy as np
import pyarrow as pa
import pytest
import torch
from batches import listed
from hypothesis import given
from hypothesis import strategies as st

from weitiao.data.batch import Batching, EpochBatches, Rows
from weitiao.data.loader import ResumableLoader
from weitiao.errors import ConfigError
from weitiao.inputs import Draws
from weitiao.inputs.text.rows import TokenRows

PAD = 9
BUDGET = Batching(tokens=60, size=8)


def table_of(lengths, *, types=False, target=True) -> pa.Table:
    """Rows whose ids are 100 · row + position."""
    ids = [[100 * row + i for i in range(length)] for row, length in enumerate(lengths)]
    columns = {"input_ids": pa.array(ids, pa.large_list(pa.int32()))}
    if types:
        halves = [[i * 2 // length for i in range(length)] for length in lengths]
        columns["token_type_ids"] = pa.array(halves, pa.large_list(pa.int8()))
    if target:
        columns["target"] = pa.array([row % 3 for row in range(len(lengths))], pa.int64())
    return pa.table(columns)


def rows_of(table: pa.Table) -> Rows:
    return Rows.of(TokenRows(table, PAD), table)


def batch_of(rows: Rows, *wanted: int) -> dict[str, torch.Tensor]:
    return rows.__getitems__(Draws(np.array(wanted), np.array(wanted), 0))


def loader(lengths, batching=BUDGET, *, position=None, **options):
    options = {"shuffle": True, "seed": 5} | options
    if position:
        options["position"] = lambda: position
    rows = rows_of(table_of(lengths))
    return ResumableLoader(rows, EpochBatches(rows.lengths, batching, **options), batching.workers)


def review_lengths(count: int = 4000) -> np.ndarray:
    """Like the embedded reviews in characters, cut at 128: median 41, 18 % cut."""
    draw = np.random.default_rng(0)
    return np.clip(draw.lognormal(np.log(41), 1.1, count).astype(int) + 2, 3, 128)


LENGTHS = [3, 12, 5, 5, 30, 7, 2, 5, 19, 70, 4, 5, 6, 11, 5, 8, 3, 3, 28, 16]
many_lengths = st.lists(st.integers(1, 80), min_size=1, max_size=60).map(np.array)
batchings = st.builds(
    Batching, tokens=st.none() | st.integers(1, 300), size=st.integers(1, 12)
) | st.builds(Batching, tokens=st.integers(1, 300), size=st.none())


# -- which rows share a batch ----------------------------------------------------------------------


@given(many_lengths, batchings, st.booleans(), st.integers(0, 9), st.integers(0, 9))
def test_an_epoch_holds_every_row_once_within_the_budget(lengths, batching, shuffle, seed, epoch):
    batches = EpochBatches(lengths, batching, shuffle=shuffle, seed=seed)
    cut = batches.epoch(epoch)

    assert sorted(np.concatenate(cut).tolist()) == list(range(len(lengths)))
    assert len(cut) == len(batches)
    for batch in cut:
        assert batching.size is None or len(batch) <= batching.size
        if batching.tokens is not None and len(batch) > 1:
            assert len(batch) * lengths[batch].max() <= batching.tokens


def test_mixing_near_lengths_breaks_no_budget():
    lengths = review_lengths()
    batches = EpochBatches(lengths, Batching(tokens=1000), shuffle=True)
    for epoch in range(5):
        assert max(len(b) * lengths[b].max() for b in batches.epoch(epoch)) <= 1000


def test_epochs_come_in_other_orders_with_other_company():
    batches = EpochBatches(review_lengths(500), Batching(), shuffle=True)
    first, second = ([set(b.tolist()) for b in batches.epoch(e)] for e in (0, 1))
    assert first[0] != second[0]
    assert not {frozenset(b) for b in first} & {frozenset(b) for b in second}


def test_the_order_is_fixed_by_seed_and_epoch():
    def order(seed, epoch):
        batches = EpochBatches(np.array(LENGTHS), Batching(), shuffle=True, seed=seed)
        return [batch.tolist() for batch in batches.epoch(epoch)]

    assert order(1, 2) == order(1, 2)
    assert len({str(order(seed, epoch)) for seed in (1, 2) for epoch in (1, 2)}) == 4


def test_short_and_long_batches_are_mixed_over_an_epoch():
    lengths = review_lengths()
    means = [lengths[b].mean() for b in EpochBatches(lengths, Batching(), shuffle=True).epoch(0)]
    assert abs(np.corrcoef(means, np.arange(len(means)))[0, 1]) < 0.3


def test_evaluation_order_is_the_same_each_time_by_rising_length():
    batches = EpochBatches(np.array(LENGTHS), Batching(tokens=60), shuffle=False)
    rows = np.concatenate(batches.epoch(0))
    assert (np.diff(np.array(LENGTHS)[rows]) >= 0).all()
    assert rows.tolist() == np.concatenate(batches.epoch(3)).tolist()


def padded_share(lengths, batches) -> float:
    return 1 - lengths.sum() / sum(len(b) * lengths[b].max() for b in batches)


@pytest.mark.parametrize("processes", [1, 2])
def test_an_evaluation_takes_so_many_times_as_many_at_once(processes):
    once, thrice = Batching(tokens=60, size=4), Batching(tokens=60, size=4, eval_times=3)
    larger = Batching(tokens=180, size=12)

    def cuts(batching: Batching, *, shuffle: bool) -> list[list[int]]:
        batches = EpochBatches(review_lengths(300), batching, shuffle=shuffle, processes=processes)
        return [batch.tolist() for batch in batches.epoch(0)]

    assert cuts(thrice, shuffle=False) == cuts(larger, shuffle=False) != cuts(once, shuffle=False)
    assert cuts(thrice, shuffle=True) == cuts(once, shuffle=True)


@pytest.mark.parametrize("batching", [Batching(), Batching(tokens=None, size=32)])
def test_little_is_padding(batching):
    lengths = review_lengths()
    batches = EpochBatches(lengths, batching, shuffle=True).epoch(0)
    at_random = np.array_split(np.random.default_rng(0).permutation(len(lengths)), len(batches))
    assert padded_share(lengths, batches) < 0.08
    assert padded_share(lengths, at_random) > 0.3


@pytest.mark.parametrize(
    "options", [{"tokens": None, "size": None}, {"tokens": 0}, {"size": -1}, {"size": 0}]
)
def test_a_budget_of_nothing_is_refused(options):
    with pytest.raises(ConfigError, match=r"(tokens|size) (must|or size)"):
        Batching(**options)


# -- several devices -------------------------------------------------------------------------------


def among(processes: int, lengths, batching, **options) -> list[list[np.ndarray]]:
    """The batches of each process in epoch 1."""
    return [
        EpochBatches(lengths, batching, process=i, processes=processes, **options).epoch(1)
        for i in range(processes)
    ]


@given(many_lengths, batchings, st.integers(1, 5), st.booleans())
def test_processes_share_out_each_batch_and_none_has_nothing(lengths, batching, count, shuffle):
    if len(lengths) < count:
        with pytest.raises(ConfigError, match=f"{count} processes have {len(lengths)} rows"):
            among(count, lengths, batching, shuffle=shuffle)
        return
    shares = among(count, lengths, batching, shuffle=shuffle)
    assert len({len(share) for share in shares}) == 1
    rows = [row for share in shares for batch in share for row in batch.tolist()]
    assert sorted(rows) == list(range(len(lengths)))
    for batches in zip(*shares, strict=True):
        sizes = [len(batch) for batch in batches]
        assert min(sizes) >= 1
        assert max(sizes) - min(sizes) <= 1
        # rows that would leave a process with nothing may be one too many elsewhere
        assert max(sizes) <= (batching.size or len(lengths)) + 1


@pytest.mark.parametrize("count", [2, 4])
def test_several_processes_with_a_part_of_the_budget_make_the_batches_of_one(count):
    lengths = review_lengths(1000)
    whole = EpochBatches(lengths, Batching(None, size=32), shuffle=True, seed=3).epoch(1)
    shares = among(count, lengths, Batching(None, size=32 // count), shuffle=True, seed=3)
    together = [np.concatenate(batches) for batches in zip(*shares, strict=True)]
    assert [sorted(b.tolist()) for b in together] == [sorted(b.tolist()) for b in whole]


# -- what is in a batch ----------------------------------------------------------------------------


def test_a_batch_is_padded_to_its_longest_row():
    rows = rows_of(table_of([2, 4, 1, 3], types=True))
    batch = batch_of(rows, 3, 0, 2)
    assert listed(batch) == {
        "input_ids": [[300, 301, 302], [0, 1, PAD], [200, PAD, PAD]],
        "attention_mask": [[True, True, True], [True, True, False], [True, False, False]],
        "row": [3, 0, 2],
        "token_type_ids": [[0, 0, 1], [0, 1, 0], [0, 0, 0]],
        "target": [0, 0, 2],
    }
    assert set(batch) == {"inputs", "row", "target"}
    tensors = batch["inputs"] | {"row": batch["row"], "target": batch["target"]}
    dtypes = {name: tensor.dtype for name, tensor in tensors.items()}
    assert dtypes.pop("attention_mask") == torch.bool
    assert set(dtypes.values()) == {torch.int64}


def test_rows_without_targets_give_none():
    assert "target" not in batch_of(rows_of(table_of([2], target=False)), 0)


def test_rows_of_a_table_in_pieces_are_the_same():
    table = table_of([2, 4, 1, 3, 5], types=True)
    pieces = pa.concat_tables([table.slice(0, 2), table.slice(2, 2), table.slice(4)])
    tail = table.slice(1)
    whole = listed(batch_of(rows_of(table), 4, 1, 2))
    for other in (
        batch_of(rows_of(pieces), 4, 1, 2),
        batch_of(rows_of(tail), 3, 0, 1),
    ):
        assert listed(other) | {"row": whole["row"]} == whole


@pytest.mark.parametrize("shuffle", [False, True])
def test_a_table_of_one_row_is_one_batch(shuffle):
    (batch,) = loader([3], shuffle=shuffle)
    assert batch["inputs"]["input_ids"].tolist() == [[0, 1, 2]]


@pytest.mark.parametrize("shuffle", [False, True])
def test_an_empty_table_has_no_batch(shuffle):
    empty = loader([], shuffle=shuffle)
    assert (len(empty), list(empty)) == (0, [])


# -- the loader ------------------------------------------------------------------------------------


def contents(loader) -> list[dict]:
    return [listed(batch) for batch in loader]


def test_starting_at_a_batch_gives_the_tail_of_the_epoch():
    whole = contents(loader(LENGTHS, position=(3, 0)))
    for done in range(len(whole) + 1):
        assert contents(loader(LENGTHS, position=(3, done))) == whole[done:]


def test_position_is_read_anew_when_an_epoch_starts():
    at = [(0, 0)]
    rows = rows_of(table_of(LENGTHS))
    batches = EpochBatches(rows.lengths, Batching(tokens=60), shuffle=True, position=lambda: at[0])
    resumable = ResumableLoader(rows, batches)
    first = contents(resumable)
    iterator = iter(resumable)
    at[0] = (1, 2)
    second = contents(iterator)
    assert second == contents(loader(LENGTHS, Batching(tokens=60), seed=0, position=(1, 2)))
    assert len(second) == len(first) - 2


def test_workers_give_the_same_batches_epoch_after_epoch():
    at = {"epoch": 0}

    def three_epochs(workers):
        rows = rows_of(table_of(LENGTHS))
        batches = EpochBatches(
            rows.lengths, Batching(tokens=60), shuffle=True, position=lambda: (at["epoch"], 1)
        )
        resumable = ResumableLoader(rows, batches, workers)
        epochs = []
        for at["epoch"] in range(3):
            epochs.append(contents(resumable))
        return epochs

    alone = three_epochs(0)
    assert alone[0] != alone[1]
    assert three_epochs(2) == alone


def test_loading_draws_nothing_from_the_global_generator():
    before = torch.get_rng_state()
    contents(loader(LENGTHS))
    assert torch.equal(torch.get_rng_state(), before)


def test_the_state_of_the_same_loader_is_accepted():
    state = loader(LENGTHS).state_dict()
    loader(LENGTHS, position=(2, 1)).load_state_dict(state)


@pytest.mark.parametrize(
    ("other", "named"),
    [
        (lambda: loader(LENGTHS[:-1]), "rows: 19"),
        (lambda: loader(LENGTHS, Batching(size=2)), "batches: 10"),
        (lambda: loader(LENGTHS, seed=6), "seed: 6"),
    ],
)
def test_the_state_of_other_batches_is_refused(other, named):
    with pytest.raises(ConfigError, match=f"other batches.*{named}"):
        loader(LENGTHS).load_state_dict(other().state_dict())
