import pytest

from weitiao.targets.labels import natural_order


@pytest.mark.parametrize(
    ("labels", "ordered"),
    [
        (["10", "2", "1", "2"], ["1", "2", "10"]),
        (["a10", "a2", "b1"], ["a2", "a10", "b1"]),
        (["0.5", "-1", "10", "-1.5", "2"], ["-1.5", "-1", "0.5", "2", "10"]),
        (["other", "1", "10", "2"], ["1", "2", "10", "other"]),
        (["第10类", "第2类"], ["第2类", "第10类"]),
        (["2a", "b", "10a", ""], ["", "2a", "10a", "b"]),
        (["nan", "1"], ["1", "nan"]),
        ([], []),
    ],
)
def test_labels_stand_in_natural_order(labels: list[str], ordered: list[str]) -> None:
    assert natural_order(labels) == ordered
    assert natural_order(reversed(labels)) == ordered
