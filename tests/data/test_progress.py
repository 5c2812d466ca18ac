import re

import pytest

from weitiao.data.progress import StageProgress


def test_each_stage_leaves_a_line_with_its_time_on_stderr(capsys):
    with StageProgress() as stages:
        stages.begin("read")
        stages.begin("clean [a]")
    out, err = capsys.readouterr()
    assert out == ""
    assert [re.sub(r"\d+\.\d", "N", line.strip()) for line in err.splitlines()] == [
        "N s  read",
        "N s  clean [a]",
    ]


def test_a_stage_that_fails_leaves_no_line(capsys):
    def fail():
        with StageProgress() as stages:
            stages.begin("read")
            stages.begin("clean")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    err = capsys.readouterr().err
    assert "read" in err
    assert "clean" not in err


def test_names_of_folders_are_not_taken_for_markup(capsys):
    with StageProgress() as stages:
        stages.begin("encode (models/[bold]x)")
    assert "models/[bold]x" in capsys.readouterr().err
