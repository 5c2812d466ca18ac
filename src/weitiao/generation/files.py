"""A file of prompts or conversations in, a file with what the model says to each out."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from itertools import islice
from pathlib import Path

import torch
from rich.console import Console

from weitiao import __version__
from weitiao.errors import ConfigError
from weitiao.evaluation.arithmetic import arithmetic
from weitiao.evaluation.partial_file import PartialFile, is_done
from weitiao.generation.choice import Choice
from weitiao.generation.options import BATCH, Generation
from weitiao.generation.rows import Line, Ready, lines_of, ready, talks, written
from weitiao.generation.runs import files_of
from weitiao.generation.speaker import Speaker
from weitiao.io.cache import content_hash, hash_of, versions
from weitiao.io.dialogues.reading import Dialogues
from weitiao.models.decoding import Row, go_on, in_batches
from weitiao.training.console import show_line

BATCHES = 4
"""In a part of the file: within it rows of like length share a batch, and a kill costs no more."""


def answer_file(options: Generation, notes: Console) -> None:
    """Write what the model says to each row, in the order of the rows.

    Where it was killed before its end, the next call with the same options goes on.

    Raises:
        ConfigError: the model isn't fit, or the file to write is there and isn't this one.
        DataError: a row is at fault; nothing is computed then.
    """
    source, target = options.file, options.to
    assert source is not None
    assert target is not None
    if not source.is_file():
        raise ConfigError(f": there is no file {source}", field="file")
    if source.resolve() == target.resolve():
        raise ConfigError(f": {target} is what is read", field="to", hint="another name")
    key = _key(options, source)
    if target.is_dir():
        hint = f"{{--to}} {target / 'answers.jsonl'}"
        raise ConfigError(f": {target} is a folder", field="to", hint=hint)
    if target.exists():
        if not is_done(target, key):
            problem = f": {target} is there already, and not from this very call"
            raise ConfigError(problem, field="to", hint="another name, or remove it")
        show_line(f"{target} is whole already", notes)
        return
    answers = any(talks(line, options) for line in lines_of(source))
    speaker = Speaker.open(options.model, chat=answers)
    _check(source, speaker, options, notes)
    with PartialFile(target, key, "to") as file:
        if file.changed:
            line = f"! begun with another {' and another '.join(file.changed)}: begins anew"
            show_line(line, notes)
        if file.rows:
            show_line(f"goes on behind row {file.rows:,}", notes)
        counts = Counter(file.told)
        for lines in _parts(source, options, file.rows):
            content = _answer(lines, speaker, options, counts)
            file.append(content, len(lines), counts)
        file.finish(lambda part: None, keep_key=True)
    _report(counts, target, notes)


def _parts(source: Path, options: Generation, done: int) -> Iterator[list[Line]]:
    """The rows that aren't done, part by part."""
    rows = islice(lines_of(source), done, None)
    while part := list(islice(rows, BATCHES * (options.batch or BATCH))):
        yield part


def _answer(
    lines: list[Line], speaker: Speaker, options: Generation, counts: Counter[str]
) -> bytes:
    """What is written of some rows."""
    assert options.file is not None
    read = _dialogues(speaker, options)
    prompts = [ready(line, options.file, speaker, options, read) for line in lines]
    wordings = [speaker.wording(options, one.shown, one.ids) for one in prompts]
    rows = [
        Row(
            one.ids,
            one.length,
            line.number * options.count + copy,
            wording.stops if options.stop else None,
        )
        for line, one, wording in zip(lines, prompts, wordings, strict=True)
        for copy in range(options.count)
    ]
    choice = Choice(options)
    with arithmetic("32-true", torch.device("cpu")):
        for some in in_batches(rows, options.batch or BATCH):
            go_on(speaker.model, some, choice, speaker.ends)
    content = b""
    for place, (line, one, wording) in enumerate(zip(lines, prompts, wordings, strict=True)):
        own = rows[place * options.count : (place + 1) * options.count]
        said = [wording.done(row.ids) for row in own]
        content += written(line, [one.shown + s.text for s in said], [row.ended for row in own])
        counts["texts"] += len(own)
        counts["ended"] += sum(row.ended for row in own)
        counts["torn"] += sum(each.torn for each in said)
    return content


def _check(source: Path, speaker: Speaker, options: Generation, notes: Console) -> None:
    """Read the whole file before anything is computed, and say what of it is cut or unknown."""
    counts, first, read = Counter[str](), "", _dialogues(speaker, options)
    for line in lines_of(source):
        one: Ready = ready(line, source, speaker, options, read)
        counts["rows"] += 1
        counts["cut"] += bool(one.left_out)
        counts["unknown"] += bool(one.unknown)
        first = first or one.unknown
    if not counts["rows"]:
        raise ConfigError(f": {source} has no rows", field="file")
    for fact in read.facts():
        show_line(f"! {source}: {fact}", notes)
    of = f"of {counts['rows']:,} rows"
    if counts["cut"]:
        show_line(f"! {counts['cut']:,} {of} are too long: their oldest turns are left out", notes)
    if counts["unknown"]:
        told = f"! {counts['unknown']:,} {of} have what the model doesn't know, the first: {first}"
        show_line(told, notes)


def _dialogues(speaker: Speaker, options: Generation) -> Dialogues:
    """What reads conversations: by the names of the training, and those that are given."""
    return Dialogues({**(speaker.roles or {}), **(options.roles or {})})


def _report(counts: Counter[str], target: Path, notes: Console) -> None:
    cut = counts["texts"] - counts["ended"]
    told = f"{target}: {counts['texts']:,} texts, {counts['ended']:,} ended by themselves"
    told += f", {cut:,} were cut" if cut else ""
    told += f", {counts['torn']:,} of them within a character" if counts["torn"] else ""
    show_line(told, notes)


def _key(options: Generation, source: Path) -> dict[str, str]:
    """What the result depends on, by a hash each."""
    places = ("model", "file", "to")
    values = {name: value for name, value in asdict(options).items() if name not in places}
    return {
        "input": content_hash(source),
        "model": hash_of(options.model, *(_state(file) for file in files_of(options.model))),
        "options": hash_of(json.dumps(values, sort_keys=True), versions(), __version__),
    }


def _state(file: Path) -> str:
    """A file by its size and time; a model on the hub is no file, and known by its name."""
    if not file.is_file():
        return ""
    found = file.stat()
    return f"{file.name} {found.st_size} {found.st_mtime_ns}"
