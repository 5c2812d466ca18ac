"""The command: what it writes and says, what it refuses."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest
from conftest import write_csv
from planted import PAIRS, write_corpus

from weitiao.cli.main import main
from weitiao.downloads.corpus import TARGET
from weitiao.inputs.text.word_vector_file import VectorFile

SMALL = (
    "--corpus.deduplicate=false",
    "--segment.method=whitespace",
    "--size=8",
    "--window=2",
    "--min_count=2",
)


@pytest.fixture
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with ``c.txt``."""
    monkeypatch.chdir(tmp_path)
    write_corpus(tmp_path / "c.txt")
    return tmp_path


def vocabulary(path: Path) -> list[str]:
    with VectorFile(path) as file:
        return [record.word.decode() for record in file]


def test_vectors_a_report_and_the_projectors_files_are_written(planted, capsys):
    assert main(["embed", "--files=*.txt", *SMALL, "--out=mine/v.vec.gz", "--projected=7"]) == 0
    words = vocabulary(planted / "mine/v.vec.gz")
    assert {word for pair in PAIRS for word in pair} < set(words)
    report = json.loads((planted / "mine/v.vec.gz.json").read_text("utf-8"))
    assert (report["documents"], report["words"], report["coverage"]) == (1500, 6000, 1.0)
    assert report["vocabulary"] == len(words)
    assert report["seconds"].keys() == {"segment", "train"}
    assert report["options"]["size"] == 8
    said = capsys.readouterr().err
    assert "1,500 documents (left out: 0 short, 0 repeated), 6,000 running words" in said
    assert "vectors: mine/v.vec.gz; report: mine/v.vec.gz.json" in said
    assert "tensorboard --logdir logs/embed-v" in said
    board = planted / "logs/embed-v"
    rows = [line.split("\t") for line in (board / "metadata.tsv").read_text("utf-8").splitlines()]
    assert rows[:2] == [["word", "count"], ["。", "1500"]]
    assert [row[0] for row in rows[1:]] == words[:7]
    assert len((board / "tensors.tsv").read_text().splitlines()) == 7


def test_coverage_is_of_running_words(planted):
    (planted / "d.txt").write_text("a a a b\n", "utf-8")
    assert main(["embed", "--files=d.txt", *SMALL, "--min_count=3", "--projected=0"]) == 0
    report = json.loads((planted / "vectors/words.vec.json").read_text("utf-8"))
    assert (report["vocabulary"], report["coverage"]) == (1, 0.75)
    assert not (planted / "logs").exists()


def test_neighbours_are_shown_with_case_folded_as_the_corpus_is(planted, capsys):
    asked = "--neighbours= GREAT, 酒店,,grea"
    assert main(["embed", "--files=c.txt", *SMALL, "--epochs=50", "--lowercase=true", asked]) == 0
    shown = capsys.readouterr().out
    assert re.search(r"great .* fine \d\.\d\d", shown)
    assert re.search(r"酒店 .* 宾馆 \d\.\d\d", shown)
    assert "did you mean great?" in shown


def test_without_files_the_embedded_corpus_is_taken(planted, capsys):
    assert main(["embed", *SMALL]) == 1
    told = capsys.readouterr().err
    assert re.search(r"the embedded corpus isn't there\n  → .*corpus(\.py)? fetches it", told)
    TARGET.parent.mkdir(parents=True)
    write_csv(TARGET, [("a b", "x"), ("b c", "x")], header=("text", "label"))
    assert main(["embed", *SMALL]) == 0
    assert vocabulary(planted / "vectors/words.vec") == ["b"]


REFUSED = {
    "unknown method": (["--method=glove"], 2, "glove"),
    "unknown option": (["--sise=3"], 2, "did you mean --size?"),
    "files of a part": (["--corpus.files=c.txt"], 2, "--corpus.files\n  → --files"),
    "unknown format": (["--out=v.model"], 1, "the name of v.model tells no format"),
    "no tensorboard": (["--projected=0", "--tensorboard=b"], 1, "tensorboard has no effect"),
    "nothing frequent": (["--min_count=5000"], 1, "--min_count 1"),
    "no language": (
        ["--segment.method=stanza", "--segment.language=1"],
        1,
        "segment.language: '1'",
    ),
    "a data set": (["--files=hf:a/b"], 1, "→ --files FILE"),
    "a missing file": (["--files=no.txt"], 1, "no.txt"),
    "an empty file": (["--files=empty.txt"], 1, "empty.txt"),
    "no text": (["--files=binary.txt"], 1, "binary.txt: this is a binary file"),
    "an archive that was cut off": (["--files=cut.txt.gz"], 1, "cut.txt.gz"),
    "no word": (["--files=blank.txt"], 1, "blank.txt"),
    "a file as folder": (["--out=c.txt/v.vec"], 1, "out: c.txt can't be written to"),
    "a board on a file": (["--tensorboard=c.txt"], 1, "tensorboard: c.txt can't be written to"),
    "a folder as file": (["--out=folder.vec"], 1, "out: folder.vec is a folder"),
    "its own input": (["--out=c.txt"], 1, "the result would overwrite its input c.txt"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_is_told_in_one_message_and_writes_nothing(case, planted, capsys):
    arguments, code, said = REFUSED[case]
    (planted / "empty.txt").write_text("")
    (planted / "blank.txt").write_text(" \n\n")
    (planted / "binary.txt").write_bytes(bytes(range(256)) * 9)
    (planted / "cut.txt.gz").write_bytes(gzip.compress(b"a b c\n" * 9999)[:-9])
    (planted / "folder.vec").mkdir()
    before = (planted / "c.txt").read_bytes()
    try:
        ended = main(["embed", "--files=c.txt", *SMALL, *arguments])
    except SystemExit as end:
        ended = end.code
    told = capsys.readouterr().err
    assert ended == code
    assert said in told
    assert told.count("error: ") == 1
    assert "Traceback" not in told
    assert "data." not in told  # options of another command
    assert not [*planted.rglob("words.vec*"), *planted.rglob("*.part")]
    kept = [path for path in planted.glob(".cache/words/*") if path.suffix != ".lock"]
    assert len(kept) == (case == "nothing frequent")  # only the words were found
    assert (planted / "c.txt").read_bytes() == before
