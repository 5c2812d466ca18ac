"""Trials are handed out once, seeded by their number, and taken up again only from the dead."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState

from weitiao.tuning.dispatch import ATTEMPTS, Dispatcher
from weitiao.tuning.journal import open_storage
from weitiao.tuning.lease import Lease
from weitiao.tuning.options import Search
from weitiao.tuning.outcomes import FAILURES_IN_A_ROW, failures_in_a_row, trials_of
from weitiao.tuning.study import reopen

RATE = {"model.optim.lr": {"low": 0.001, "high": 0.1, "log": True}}
CONFIG = {"a": 2, "b": "y", "model.optim.lr": 0.05}
GRID = {"a": {"choices": [1, 2, 3]}, "b": {"choices": ["x", "y"]}}


class Crew:
    """Workers of one study, each with a view of its own on the storage."""

    def __init__(self, root: Path, space: dict[str, Any], **options: Any) -> None:
        self.search = Search(root=str(root), **({"start": False} | options))
        storage = open_storage(self.search.folder, None)
        study = optuna.create_study(
            storage=storage, study_name=self.search.study, direction="maximize"
        )
        study.set_user_attr("space", space)
        study.set_user_attr("config", CONFIG)
        self.study = study
        self.leases: list[Lease] = []

    def join(self, deadline: float | None = None) -> Dispatcher:
        lease = Lease(self.search.folder / "workers")
        self.leases.append(lease)
        total = self.search.trials
        return Dispatcher(reopen(self.search), self.search, lease, total, 0, deadline)

    def kill(self, lease: Lease) -> None:
        """What the death of a worker does: its locks are gone, its files are not."""
        lease._lock.release()

    def counts(self) -> dict[str, int]:
        states = [trial.state.name for trial in trials_of(self.study)]
        return {name: states.count(name) for name in sorted(set(states))}


@pytest.fixture
def crew(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Crew]:
    space, options = request.param
    crew = Crew(tmp_path, space, **options)
    yield crew
    for lease in crew.leases:
        lease.close()


def of(space: dict[str, Any], **options: Any) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("crew", [(space, options)], indirect=True)


def ask(worker: Dispatcher) -> tuple[optuna.Trial, dict[str, Any]]:
    turn = worker.next()
    assert not isinstance(turn, str), turn
    return turn


def end(worker: Dispatcher, trial: optuna.Trial, value: float = 1.0) -> None:
    trial.set_user_attr("seconds", 1.0)
    worker.study.tell(trial, value)


@of(RATE, trials=3)
def test_no_more_trials_begin_than_are_asked_for(crew: Crew) -> None:
    one, two = crew.join(), crew.join()
    first, second, third = ask(one)[0], ask(two)[0], ask(one)[0]
    assert two.next() == "wait"  # one of them may still die
    for worker, trial in ((one, first), (two, second), (one, third)):
        end(worker, trial)
    assert one.next() == two.next() == "end"
    assert crew.counts() == {"COMPLETE": 3}


@of(RATE, trials=20)
def test_points_are_a_matter_of_seed_and_number(crew: Crew, tmp_path: Path) -> None:
    one, two = crew.join(), crew.join()
    rates = []
    for worker in (one, two, two, one, two, one):
        trial, point = ask(worker)
        rates.append(point["model.optim.lr"])
        end(worker, trial)
    assert len(set(rates)) == 6
    alone = Crew(tmp_path / "alone", RATE, trials=20)
    worker = alone.join()
    again = []
    for _ in range(6):
        trial, point = ask(worker)
        again.append(point["model.optim.lr"])
        end(worker, trial)
    alone.leases[0].close()
    assert again == rates


@of(GRID, sampler="grid", trials=6)
def test_two_workers_cover_a_grid_once(crew: Crew) -> None:
    workers = [crew.join(), crew.join()]
    points = []
    for i in range(6):
        trial, point = ask(workers[i % 2])
        points.append(tuple(point.values()))
        end(workers[i % 2], trial)
    assert sorted(points) == [(a, b) for a in (1, 2, 3) for b in ("x", "y")]
    assert [worker.next() for worker in workers] == ["end", "end"]


@pytest.mark.parametrize(
    "crew", [(RATE, {"trials": 2}), (GRID, {"sampler": "grid", "trials": 2})], indirect=True
)
def test_the_point_of_a_dead_worker_is_taken_up_again_and_that_of_a_live_one_is_not(
    crew: Crew,
) -> None:
    dying, living, third = crew.join(), crew.join(), crew.join()
    lost, kept = ask(dying), ask(living)
    assert third.next() == "wait"
    crew.kill(crew.leases[0])
    trial, point = ask(third)
    assert point == lost[1]
    assert trial.number not in (lost[0].number, kept[0].number)
    assert third.next() == "wait"
    end(third, trial)
    end(living, kept[0])
    assert third.next() == "end"
    assert crew.counts() == {"COMPLETE": 2, "FAIL": 1}


@of(RATE, trials=1)
def test_a_point_that_kills_its_workers_is_given_up(crew: Crew) -> None:
    points = []
    for _ in range(ATTEMPTS + 1):
        points.append(ask(crew.join())[1]["model.optim.lr"])
        crew.kill(crew.leases[-1])
    assert len(set(points[:ATTEMPTS])) == 1
    assert points[-1] != points[0]


@of(RATE, trials=1)
def test_a_point_is_not_given_up_however_often_people_stop_the_search(crew: Crew) -> None:
    points = set()
    for _ in range(2 * ATTEMPTS):
        points.add(ask(crew.join())[1]["model.optim.lr"])
        crew.leases[-1].close()
    assert len(points) == 1


@of(RATE, trials=1)
def test_a_trial_whose_worker_died_while_asking_is_no_live_one(crew: Crew) -> None:
    crew.study.ask()
    trial, _ = ask(crew.join())
    assert trial.number == 1


@of(GRID, sampler="grid", trials=6)
def test_a_point_of_a_grid_that_fails_on_its_own_is_not_tried_again(crew: Crew) -> None:
    worker = crew.join()
    trial, _ = ask(worker)
    trial.set_user_attr("reason", "bad combination")
    worker.study.tell(trial, state=TrialState.FAIL)
    for _ in range(5):
        end(worker, ask(worker)[0])
    assert worker.next() == "end"
    assert crew.counts() == {"COMPLETE": 5, "FAIL": 1}


@of(RATE, trials=50)
def test_failures_in_a_row_end_the_search_but_not_the_next_one(crew: Crew) -> None:
    worker = crew.join()
    for _ in range(FAILURES_IN_A_ROW):
        trial, _ = ask(worker)
        trial.set_user_attr("reason", "nan")
        worker.study.tell(trial, state=TrialState.FAIL)
    assert worker.next() == "end"
    trials = trials_of(crew.study)
    assert len(failures_in_a_row(trials, 0)) == FAILURES_IN_A_ROW
    assert failures_in_a_row(trials, 1) == []  # of a later call none has failed yet


@of(RATE, trials=5)
def test_no_trial_begins_after_the_deadline(crew: Crew) -> None:
    assert crew.join(deadline=1.0).next() == "end"


@pytest.mark.parametrize(
    "crew",
    [
        ({"a": {"low": 0.0, "high": 1.0}, "b": {"choices": [1, 2]}}, {"sampler": sampler})
        for sampler in ("tpe", "qmc")
    ],
    indirect=True,
)
def test_other_samplers_work_with_several_workers(crew: Crew) -> None:
    workers = [crew.join(), crew.join()]
    points = set()
    for i in range(12):
        trial, point = ask(workers[i % 2])
        points.add(point["a"])
        end(workers[i % 2], trial, point["a"])
    assert len(points) == 12


@of({"a": {"low": 0.0, "high": 1.0}}, sampler="qmc")
def test_sobol_points_of_several_workers_fill_the_range_evenly(crew: Crew) -> None:
    workers, points = [crew.join(), crew.join()], []
    for i in range(17):
        trial, point = ask(workers[i % 2])
        points.append(point["a"])
        end(workers[i % 2], trial)
    assert sorted(int(16 * point) for point in points[:16]) == list(range(16))


@pytest.mark.parametrize(
    ("crew", "points"),
    [
        ((RATE, {"start": True, "trials": 3}), None),
        ((GRID, {"start": True, "trials": 6, "sampler": "grid"}), 6),
        (({"a": {"choices": [7, 8]}}, {"start": True, "trials": 3, "sampler": "grid"}), 3),
        (({"a": {"low": 3.0, "high": 4.0}}, {"start": True, "trials": 3}), None),
    ],
    ids=["inside", "on_the_grid", "beside_the_grid", "outside"],
    indirect=["crew"],
)
def test_the_start_is_the_first_trial_and_counts(crew: Crew, points: int | None) -> None:
    dying, worker = crew.join(), crew.join()
    lost, point = ask(dying)
    assert lost.user_attrs["start"]
    crew.kill(crew.leases[0])
    trial, again = ask(worker)  # taken up again as what it is
    assert (trial.user_attrs["start"], again) == (True, point)
    assert {key: CONFIG[key] for key in point} == point
    found = [again]
    end(worker, trial)
    while (turn := worker.next()) != "end":
        assert not isinstance(turn, str)
        assert "start" not in turn[0].user_attrs
        end(worker, turn[0])
        found.append(turn[1])
    assert len(found) == (points or crew.search.trials)
    assert len({str(one) for one in found}) == len(found)  # the grid doesn't repeat it
    assert crew.counts() == {"COMPLETE": len(found), "FAIL": 1}


@pytest.mark.parametrize(
    "crew",
    [({"a": {"low": 3.0, "high": 4.0}}, {"start": True, "sampler": s}) for s in ("tpe", "qmc")],
    indirect=True,
)
def test_a_start_outside_of_the_space_leaves_the_samplers_whole(crew: Crew) -> None:
    worker, points = crew.join(), []
    for _ in range(17):
        trial, point = ask(worker)
        points += point.values()
        end(worker, trial, abs(point.get("a", 3) - 3.5))
    assert len(points) == len(set(points)) == 16
    if crew.search.sampler == "qmc":
        assert sorted(int(16 * (point - 3)) for point in points) == list(range(16))
