"""Labels and groups of people's files: what looks like a slip is mended and counted, or told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from conftest import reviews, write_csv
from jsonargparse import ArgumentParser, capture_parser
from rich.console import Console

from weitiao.config.field_paths import field_paths, with_options
from weitiao.data.summary import render
from weitiao.errors import DataError
from weitiao.training.data_report import handling
from weitiao.training.fit import fit

TEXTS = [text for text, _ in reviews(60)]


class File(NamedTuple):
    """A row of the table: labels that the texts get in turn, options, what must be said.

    Args:
        name: of the case.
        labels: in turn.
        said: on the screen, white space aside.
        argv: more options.
        found: rows of each label in all splits; null = as the labels are given.
        unsaid: what must not be on the screen.
    """

    name: str
    labels: Sequence[str]
    said: Sequence[str] = ()
    argv: Sequence[str] = ()
    found: dict[str, int] | None = None
    unsaid: Sequence[str] = ()


NONE = ("nan", "NULL", "\\N", "#N/A", "None", "N/A", "N.A.", "-", "缺失", "ＮＡ")
SETS = ("--data.target=Labels", "--model.objective=MultiLabel")
PAIRS = ["a{0}b", "b", "b{0}c", "c{0}a", "a{0}b{0}c", "c"]
OF_PAIRS = {"a": 30, "b": 40, "c": 40}
SEPARATOR = "--data.target.separator"

TABLE = [
    File("plain", ["好", "差"], unsaid=["look alike", "missing", "several", "freed"]),
    File(
        "invisible",
        ["好评", "\ufeff好评", "好评\u200b", "差评", "差\u2060评", "\u202a差评\u202c"],
        ["labels freed of invisible characters, or composed (NFC): 40"],
        found={"好评": 30, "差评": 30},
        unsaid=["look alike"],
    ),
    File(
        "composed",
        ["café", "cafe\u0301", "naïf", "nai\u0308f"],
        ["or composed (NFC): 30"],
        found={"café": 30, "naïf": 30},
    ),
    File(
        "emoji_keep_their_joiners", ["👨\u200d👩\u200d👧", "👩"], unsaid=["freed", "look alike"]
    ),
    File(
        "case_width_space",
        ["Good", "GOOD", "ｇｏｏｄ", "go od", "bad"],
        ["'GOOD' (12) = 'Good' (12) = 'go od' (12) = 'ｇｏｏｄ' (12): each spelling is a class"],
    ),
    File(
        "numbers",
        ["1", "1.0", "01", "１", "2"],
        ["'01' (12) = '1' (12) = '1.0' (12) = '１' (12)", "write each label in one way"],
    ),
    File("versions_are_no_numbers", ["1.0.1", "1.0.10", "v1"], unsaid=["look alike"]),
    *(
        File(
            f"written_for_none_{i}",
            [name, "好", "差"],
            [f"labels that may stand for a missing value: {name!r} (20)", "--data.placeholders"],
        )
        for i, name in enumerate(NONE)
    ),
    File(
        "words_that_mean_something",
        ["无", "中性", "neutral", "other", "0", "nano", "未知"],
        unsaid=["missing value"],
    ),
    File(
        "placeholders_set_aside",
        ["nan", "好", "差", "NULL"],
        ["30 rows could not be read and were set aside"],
        ["--data.placeholders=bad", "--data.on_bad_row=quarantine"],
        {"好": 15, "差": 15},
        ["missing value"],
    ),
    *(
        File(
            f"several_by_{number}",
            [each.format(mark) for each in PAIRS],
            ["several labels in a cell?", f"--task multilabel {SEPARATOR} {mark!r}"],
        )
        for number, mark in enumerate("、，,；;/# +&")
    ),
    File(
        "several_by_lines",
        [each.format("\n") for each in PAIRS],
        ["several labels in a cell?", f"--task multilabel {SEPARATOR} ' '"],
    ),
    File(
        "several_by_a_wide_bar",
        [each.format("｜") for each in PAIRS],
        ["several labels in a cell?", "→ --task multilabel"],
        unsaid=["--data.target.separator"],
    ),
    File("wide_bar", [each.format("｜") for each in PAIRS], (), SETS, OF_PAIRS, ["several"]),
    File("bar", [each.format("|") for each in PAIRS], (), SETS, OF_PAIRS, ["several"]),
    *(
        File(
            f"separated_by_{number}",
            [each.format(mark) for each in PAIRS],
            (),
            [*SETS, f"--data.target.separator={mark}"],
            OF_PAIRS,
            ["several"],
        )
        for number, mark in enumerate(["、", ", ", "#", " ", "-"])
    ),
    File(
        "sets_by_another_mark",
        [each.format("、") for each in PAIRS],
        ["several labels in a cell?", "→ --data.target.separator '、'"],
        SETS,
    ),
    File("bars_within_labels", ["a|b、c", "c"], (), [*SETS, "--data.target.separator=、"],
         {"a|b": 30, "c": 60}),
    File(
        "marks_within_names",
        ["sport/football", "sport/tennis", "news/china", "news/world", "art"],
        unsaid=["several"],
    ),
    File("english_names", ["very good", "very bad", "so so", "good"], unsaid=["several"]),
]  # fmt: skip


@pytest.fixture(scope="module")
def parser() -> ArgumentParser:
    return capture_parser(fit, [], "fit")


@field_paths()
def prepared(parser: ArgumentParser, folder: Path, *argv: str) -> tuple[str, dict[str, Any]]:
    """What a run says of its data, white space aside, and what ``audit.json`` holds of them."""
    argv = (f"--data.train={folder / 'my.csv'}", f"--data.cache={folder / 'cache'}", *argv)
    values = parser.parse_args(["--data.text=review", "--data.target.label=stars", *argv])
    data = parser.instantiate(values).data
    audit = data.prepared.audit
    console = Console(file=StringIO(), width=100)
    render(with_options(audit["audit"]), console)
    said = [console.file.getvalue(), *handling(audit, data.card.rows, data.fitted)]
    return " ".join(" ".join(said).split()), audit["audit"]


@pytest.mark.parametrize("file", TABLE, ids=lambda file: file.name)
def test_what_looks_like_a_slip_is_mended_or_told(
    file: File, parser: ArgumentParser, tmp_path: Path
) -> None:
    labels = [file.labels[i % len(file.labels)] for i in range(len(TEXTS))]
    write_csv(tmp_path / "my.csv", list(zip(TEXTS, labels, strict=True)))
    told, report = prepared(parser, tmp_path, *file.argv)
    for words in file.said:
        assert words in told
    for words in file.unsaid:
        assert words not in told
    found: Counter[str] = Counter()
    for split in report["splits"].values():
        found.update(split["classes"])
    assert found == Counter(labels if file.found is None else file.found)


GROUPS = [f"author {i % 20}" for i in range(len(TEXTS))]


@pytest.mark.parametrize("drop", [False, True])
@pytest.mark.parametrize("given", [("val",), ("val", "test")])
def test_groups_of_given_splits_are_looked_for_in_train(
    given: tuple[str, ...], drop: bool, parser: ArgumentParser, tmp_path: Path
) -> None:
    rows = [(text, "好差"[i // 20 % 2], GROUPS[i]) for i, text in enumerate(TEXTS)]
    header = ("review", "stars", "author")
    for name, part in (("my", rows[:40]), ("val", rows[40:50]), ("test", rows[45:60])):
        write_csv(tmp_path / f"{name}.csv", part, header)
    argv = [f"--data.{name}={tmp_path / name}.csv" for name in given]
    argv += ["--data.group=author", f"--data.audit.drop_shared_groups={str(drop).lower()}"]
    if drop and len(given) == 2:  # they have all groups of train
        with pytest.raises(DataError, match="no row of train is left after the audit: groups 40"):
            prepared(parser, tmp_path, *argv)
        return
    told, report = prepared(parser, tmp_path, *argv)
    assert report["removed"].get("groups") == (20 if drop else 0)
    assert report["splits"]["val"]["groups"] == 10
    shared = report["splits"]["val"]["shared_groups"]
    in_train = shared["train"]["groups"]
    assert in_train == 0 if drop else in_train > 5
    assert ("of 10 groups of val stand in train as well" in told) == (not drop)
    assert ("--data.audit.drop_shared_groups true" in told) == (not drop)
    if len(given) == 2:
        assert "15 of 15 groups of test stand in train as well, with 15 of its 15 rows" in told
        assert "5 of 10 groups of val stand in test as well, with 5 of its 10 rows" in told


def test_groups_that_look_like_a_slip_are_told(parser: ArgumentParser, tmp_path: Path) -> None:
    authors = ["Li Wei", "liwei", "nan", "王\u200b芳", "王芳"] + [f"a{i}" for i in range(15)]
    rows = [(text, "好差"[i % 3 % 2], authors[i % 20]) for i, text in enumerate(TEXTS)]
    write_csv(tmp_path / "my.csv", rows, ("review", "stars", "author"))
    told, _ = prepared(parser, tmp_path, "--data.group=author")
    assert "groups that look alike: 'Li Wei' (3) = 'liwei' (3): each spelling is a group" in told
    assert "groups that may stand for a missing value: 'nan' (3)" in told
    assert "groups freed of invisible characters, or composed (NFC): 3" in told


@pytest.mark.parametrize("value", ["#", " ", "null", "- ", "[", "、"])
def test_a_separator_is_taken_as_it_is_typed(value: str, parser: ArgumentParser) -> None:
    parsed = parser.parse_args([*SETS, f"--data.target.separator={value}"])
    assert parsed.data.target.init_args.separator == value


@pytest.mark.parametrize("ids", [["a1", "a\u200b1"], ["é", "e\u0301"]])
def test_ids_that_look_the_same_are_the_same(
    ids: list[str], parser: ArgumentParser, tmp_path: Path
) -> None:
    rows = [(text, "好差"[i % 2], ids[i] if i < 2 else f"{i}") for i, text in enumerate(TEXTS)]
    write_csv(tmp_path / "my.csv", rows, ("review", "stars", "no"))
    with pytest.raises(DataError, match="row 3, column 'no': this id came before"):
        prepared(parser, tmp_path, "--data.id=no")


def test_a_text_that_says_null_is_never_lost(parser: ArgumentParser, tmp_path: Path) -> None:
    words = ["null", "nan", "N/A", "#NAME?", "None", "-"]
    rows = [(text, "好差"[i % 2]) for i, text in enumerate([*words, *TEXTS])]
    write_csv(tmp_path / "my.csv", rows)
    _, report = prepared(parser, tmp_path, "--data.placeholders=bad")
    assert sum(split["rows"] for split in report["splits"].values()) == len(rows)


def test_many_texts_under_several_labels_are_told(parser: ArgumentParser, tmp_path: Path) -> None:
    both = [(text, label) for text in TEXTS[:20] for label in "好差"]
    one = [(text, "好差"[i % 2]) for i, text in enumerate(TEXTS[20:])]
    said = "40 of 70 rows of train hold a text with another label, too: are text and label swapped"
    for rows, expected in ((one, False), (one[:30], True)):
        write_csv(tmp_path / "my.csv", [*both, *rows])
        told, _ = prepared(parser, tmp_path)
        assert (said in told) == expected
        assert ("swapped" in told) == expected
