"""Labels that are paths of a tree."""

from __future__ import annotations

import pytest
from test_targets import table

from weitiao.errors import ConfigError, DataError
from weitiao.targets import Hierarchy, target_array
from weitiao.targets.hierarchy import PathTarget


@pytest.mark.parametrize(
    ("separator", "cell", "spelled"),
    [
        ("/", " 体育／ 足球 /英超", "体育/足球/英超"),
        ("／", "体育/足球", "体育／足球"),
        (">", "a＞b>c/d", "a>b>c/d"),
        (" > ", "a>b", "a > b"),
        ("::", "a：:b:c", "a::b:c"),
        (".", "a.b", "a.b"),
        ("-", "a-b", "a-b"),
        (" ", "a b", "a b"),
    ],
)
def test_a_path_has_one_spelling(separator: str, cell: str, spelled: str) -> None:
    target = Hierarchy(separator=separator)
    assert target.canonical(table(cell))["label"].to_pylist() == [spelled]
    assert target.spelled(spelled) == spelled


@pytest.mark.parametrize(("cell", "level"), [("a//c", 2), ("/a", 1), ("a/ ", 2), ("/", 1)])
def test_a_level_that_is_empty_is_named(cell: str, level: int) -> None:
    problem = rf"my\.csv, row 3, column 'label': level {level} of the path is empty"
    with pytest.raises(DataError, match=problem) as error:
        Hierarchy().canonical(table("a/b", cell))
    assert repr(cell) in str(error.value)
    assert "another separator" in str(error.value)


def test_a_path_may_end_where_others_go_on() -> None:
    rows = table("a/b", "a", "c/b/a", "a/b")
    target = Hierarchy().fit({"train": rows})
    assert target == PathTarget(["a", "a/b", "c/b/a"], [1, 2, 1], "/")
    assert target.levels == [["a", "a", "c"], [None, "a/b", "c/b"], [None, None, "c/b/a"]]
    classes = target_array(target.encode(rows))
    assert target.written(classes) == rows["label"].to_pylist()


def test_options_name_paths_in_any_spelling() -> None:
    rows = table("a/b", "c")
    assert Hierarchy(labels=["c", "a ／ b"]).fit({"train": rows}).labels == ["c", "a/b"]
    with pytest.raises(ConfigError, match="names a class twice"):
        Hierarchy(labels=["a/b", "a／b"])
    with pytest.raises(ConfigError, match="labels: level 2 of the path is empty"):
        Hierarchy(labels=["a//b"])
    with pytest.raises(ConfigError, match="separator is empty"):
        Hierarchy(separator="")


def test_labels_without_levels_are_no_hierarchy() -> None:
    with pytest.raises(ConfigError, match=r"none holds '/': a>b, a>c") as error:
        Hierarchy().fit({"train": table("a>b", "a>c")})
    assert "separator MARK" in str(error.value)
