"""What is said of the same rows from evaluation to evaluation."""

from __future__ import annotations

from weitiao.training.evaluation_rows import EvaluationRows
from weitiao.training.said_before import KEPT, ROWS, SHOWN, SaidBefore


def rows(count: int) -> list[dict[str, str]]:
    return [{"id": f"r{i}", "original": f"问 {i}", "label": f"right {i}"} for i in range(count)]


def test_what_was_said_stands_beside_what_is_said() -> None:
    before = SaidBefore()
    before.table(10, rows(2), ["a\nb", "c|d"])
    lines = before.table(1200, rows(2), ["e", "f"]).splitlines()
    assert lines[0] == "| id | prompt | right | said at step 1,200 | said at step 10 |"
    assert lines[2:] == [
        "| r0 | 问 0 | right 0 | e | a ⏎ b |",
        "| r1 | 问 1 | right 1 | f | c\\|d |",
    ]


def test_a_run_that_goes_on_shows_what_it_had_said() -> None:
    stopped, gone_on, another = (EvaluationRows() for _ in range(3))
    stopped._before["val"].table(10, rows(1), ["a"])
    gone_on.load_state_dict(stopped.state_dict())
    table = gone_on._before["val"].table(20, rows(1), ["b"])
    assert "| r0 | 问 0 | right 0 | b | a |" in table
    assert another.state_dict() == {}


def test_the_table_stays_small() -> None:
    before = SaidBefore()
    for step in range(2 * KEPT):
        table = before.table(step, rows(3 * ROWS), ["长" * 3 * SHOWN] * 3 * ROWS)
    head, _, *lines = table.splitlines()
    assert head.count("said at step") == KEPT
    assert f"step {2 * KEPT - 1} |" in head
    assert len(lines) == ROWS
    assert max(map(len, lines)) < (KEPT + 1) * (SHOWN + 20)
