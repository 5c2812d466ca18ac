"""Where answers stand: offsets that are wrong, in other units, or not there; other spellings."""

from __future__ import annotations

import json
from pathlib import Path
from time import perf_counter
from typing import Any
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weitiao.errors import DataError
from weitiao.io.answers.forms import Given
from weitiao.io.answers.places import from_bytes, places_of, similar_places_of, stands_at
from weitiao.io.answers.placing import Placing, Tally
from weitiao.io.tables import Reader

DATA = Path(__file__).parents[3].parent / "shared" / "data"


def placed(text: str, *found: Given, tally: Tally | None = None) -> list[Any]:
    return Placing(tally or Tally(), refuse=False).placed(text, found, 1)


Case = tuple[str, Given, list[tuple[int, int]], str]
CASES: dict[str, Case] = {
    "where it says": ("甲乙甲", Given("甲", (2,)), [(2, 3)], ""),
    "the nearest": ("甲乙丙丁甲", Given("甲", (3,)), [(4, 5)], "nearest"),
    "the nearest, before": ("甲乙丙丁甲", Given("甲", (1,)), [(0, 1)], "nearest"),
    "past the end": ("甲乙丙丁甲", Given("甲", (99,)), [(4, 5)], "nearest"),
    "a word, not part of one": ("in 2011, 1 of", Given("1", (7,)), [(9, 10)], "nearest"),
    "part of a word, where it says": ("Broncos won", Given("Bronco", (0,)), [(0, 6)], ""),
    "part of a word, if nothing else": ("Broncos won", Given("Bronco", (3,)), [(0, 6)], "nearest"),
    "no offset": ("甲乙", Given("乙"), [(1, 2)], ""),
    "no offset, several": ("art is art", Given("art"), [(0, 3), (7, 10)], "all of them taken"),
    "no offset, over itself": ("哈哈哈哈哈", Given("哈哈"), [(0, 2), (2, 4)], "all of them taken"),
    "no offset, over part of a word": ("21 1 1", Given("1 1"), [(3, 6)], ""),
    "no offset, no part of a word": ("party art", Given("art"), [(6, 9)], ""),
    "nowhere": ("甲乙", Given("丁", (0,)), [(-1, -1)], "nowhere"),
    "nowhere, no offset": ("甲乙", Given("丁"), [(-1, -1)], "nowhere"),
    "white space around": ("甲 乙 丙", Given(" 乙 ", (1,)), [(1, 4)], ""),
    "case, where it says": ("New York", Given("new york", (0,)), [(0, 8)], "another width, case"),
    "case, elsewhere": ("in New York", Given("new york", (0,)), [(-1, -1)], "nowhere"),
    "full width, where it says": ("共２０人", Given("20", (1,)), [(1, 3)], "another width"),
    "full width, elsewhere": ("共２０人", Given("20", (0,)), [(1, 3)], "another width"),
    "full width, no offset": ("共20人", Given("２０"), [(1, 3)], "another width"),
    "NFD text, NFC answer": ("un cafe\u0301 noir", Given("café", (3,)), [(3, 8)], "another width"),
    "NFC text, NFD answer": ("un café noir", Given("cafe\u0301"), [(3, 7)], "another width"),
    "line break": ("the New\n  York", Given("New York", (4,)), [(4, 14)], "spelling"),
    "spaces beside digits": ("在2010年", Given("2010 年"), [(1, 6)], "spelling"),
    "part of a ligature": ("a ½ b", Given("1"), [(-1, -1)], "nowhere"),
    "a letter without its accent": ("cafe\u0301", Given("cafe", (0,)), [(-1, -1)], "nowhere"),
    "an accent alone": ("cafe\u0301", Given("\u0301", (4,)), [(-1, -1)], "nowhere"),
    "half of an emoji": ("👩\u200d💻!", Given("👩", (0,)), [(-1, -1)], "nowhere"),
    "a whole emoji": ("a👩\u200d💻!", Given("👩\u200d💻", (1,)), [(1, 4)], ""),
    "half of a surrogate pair": ("a👍", Given("\ud83d", (1,)), [(-1, -1)], "nowhere"),
    "UTF-16 behind an emoji": ("👍甲乙甲", Given("甲", (4,)), [(3, 4)], "UTF-16"),
    "bytes behind hanzi": ("甲乙丙甲", Given("丙", (6,)), [(2, 3)], "bytes of UTF-8"),
    "inside a surrogate pair": ("a👍甲", Given("甲", (1,)), [(2, 3)], "nearest"),
}


@pytest.mark.parametrize("case", CASES)
def test_an_answer_is_taken_where_it_stands(case: str) -> None:
    text, given_answer, places, told = CASES[case]
    tally = Tally()
    found = placed(text, given_answer, tally=tally)
    assert [(begin, end) for begin, end, _ in found] == places
    for begin, end, answer in found:
        assert answer == (text[begin:end] if begin >= 0 else given_answer.text)
    facts = [*tally.facts()]
    assert len(facts) == bool(told)
    assert told in "".join(facts)


def test_a_place_counts_once() -> None:
    same, lost = Given("甲", (0,)), Given("丁")
    found = placed("甲乙甲", same, same, Given("甲"), lost, lost)
    assert found == [(0, 1, "甲"), (2, 3, "甲"), (-1, -1, "丁")]


def test_what_stands_where_it_says_shows_that_offsets_count_code_points() -> None:
    tally = Tally()
    placing = Placing(tally, refuse=False)
    text = "甲乙丙甲乙丁乙"
    assert placing.placed(text, [Given("丁", (5,))], 1) == [(5, 6, "丁")]
    # in bytes this would be the first one
    assert placing.placed(text, [Given("乙", (3,))], 2) == [(4, 5, "乙")]
    assert [fact.partition(":")[0] for fact in tally.facts()] == [
        "answers that don't stand at their offset, taken from the nearest place where they do"
    ]


def test_a_file_in_bytes_is_read_as_such() -> None:
    tally = Tally()
    placing = Placing(tally, refuse=False)
    text = "乙甲丙丁甲戊"
    for at, answer in enumerate(text):
        assert placing.placed(text, [Given(answer, (3 * at,))], at) == [(at, at + 1, answer)]
    assert [*tally.facts()] == [
        "offsets of answers in bytes of UTF-8, turned into code points: 5 (first: row 1, '甲')"
    ]


LETTERS = "ab é\u0301甲２2\n👍"


@given(st.text(LETTERS, max_size=12), st.text(LETTERS, min_size=1, max_size=3))
def test_places_hold_what_is_looked_for(text: str, answer: str) -> None:
    for begin, end in places_of(text, answer):
        assert text[begin:end] == answer
        assert stands_at(text, answer, begin)
    for begin, end in similar_places_of(text, answer) if answer.strip() else ():
        again = placed(answer, Given(text[begin:end]))
        assert again[0][0] >= 0, "alike is alike both ways"


@given(st.text(max_size=20))
def test_bytes_become_code_points(text: str) -> None:
    for at in range(len(text) + 1):
        assert from_bytes(text, len(text[:at].encode("utf-8", "surrogatepass"))) == at
    assert from_bytes(text, len(text.encode("utf-8", "surrogatepass")) + 1) is None


# -- public data sets ------------------------------------------------------------------------------

COLUMNS = {"text": "context", "pair": "question", "label": "answers", "id": "id"}
FILES: dict[str, tuple[int, dict[str, int]]] = {
    # (questions, what is told): offsets of CMRC count UTF-16, as three and five questions show
    "cmrc2018/cmrc2018_dev.json": (3219, {"UTF-16": 7, "nowhere": 193}),
    "cmrc2018/cmrc2018_trial.json": (1002, {"UTF-16": 5, "empty": 2}),
    "xquad/xquad.en.json": (1190, {}),
    "xquad/xquad.zh.json": (1190, {}),
    "policyqa/dev.json": (3809, {}),
    "policyqa/test.json": (4152, {}),
}


@pytest.mark.skipif(not DATA.exists(), reason="../shared/data is not here")
@pytest.mark.parametrize("name", FILES)
def test_real_files_are_read_to_the_last_answer(tmp_path: Path, name: str) -> None:
    count, told = FILES[name]
    notes: list[str] = []
    reader = Reader(COLUMNS, cells="answers")
    rows = reader.read(str(DATA / name), tmp_path / "a.arrow", notes=notes).to_pylist()
    assert len(rows) == count
    assert len(notes) == len(told)
    for what, number in told.items():
        assert any(what in note and f": {number} (first" in note for note in notes)
    articles = json.loads((DATA / name).read_text("utf-8"))["data"]
    texts = (text for article in articles for text in article["paragraphs"])
    asked = [(text["context"], question) for text in texts for question in text["qas"]]
    for row, (text, question) in zip(rows, asked, strict=True):
        assert (row["text"], row["pair"]) == (text, question["question"])
        found = json.loads(row["label"])
        given_texts = dict.fromkeys(answer["text"] for answer in question["answers"])
        assert [*dict.fromkeys(answer for *_, answer in found)] == [*given_texts]
        assert all(begin < 0 or text[begin:end] == answer for begin, end, answer in found)


@pytest.mark.skipif(not DATA.exists(), reason="../shared/data is not here")
@pytest.mark.parametrize(("part", "count"), [("dev", 3), ("trial", 5)])
def test_questions_of_cmrc_whose_answers_stand_elsewhere(
    tmp_path: Path, part: str, count: int
) -> None:
    reader = Reader(
        COLUMNS, cells="answers", misplaced_answers="bad", on_bad_row="quarantine", format="json"
    )
    path = str(DATA / "cmrc2018" / f"cmrc2018_{part}.json")
    reader.read(path, tmp_path / "a.arrow", tmp_path / "bad.jsonl")
    bad = [json.loads(line) for line in (tmp_path / "bad.jsonl").open(encoding="utf-8")]
    assert sum("doesn't stand at" in each["reason"] for each in bad) == count
    with pytest.raises(DataError, match=r"doesn't stand at .*; it stands at |stands nowhere"):
        Reader(COLUMNS, cells="answers", misplaced_answers="bad").read(path, tmp_path / "a.arrow")


@pytest.mark.parametrize("text", ["啊" * 60_000, "x" * 60_000, "ａ" * 60_000])
def test_an_answer_that_stands_everywhere_takes_little_time_and_room(text: str) -> None:
    answer = normalize("NFKC", text[:2000])
    begin = perf_counter()
    found = placed(text, Given(answer))
    assert perf_counter() - begin < 20  # where each looked at the whole word: a minute
    assert len(found) == 30
