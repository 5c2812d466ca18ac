"""One result per input file: its name, and which of them a job of an array writes."""

import re
from collections.abc import Sequence
from pathlib import Path

from weitiao.errors import ConfigError
from weitiao.io.tables import SourceFiles
from weitiao.io.tables.unpack import bare_name


def names_of_results(
    pattern: Path, inputs: Sequence[SourceFiles], share: str | None
) -> list[tuple[Path, SourceFiles]]:
    """The results to make, in the order of the files.

    Args:
        pattern: its ``*`` stands for the name of the file, without suffixes.
        share: ``I/N``: the I-th file, and every N-th after it; null = all.

    Raises:
        ConfigError: an input is no file, two results would have one name, a result would overwrite
            an input, or the share is none.
    """
    named: dict[Path, SourceFiles] = {}
    for each in inputs:
        if str(each.files[0]) != each.name:
            problem = f": a * stands for the name of a file, and {each.name} is none"
            raise ConfigError(problem, field="out")
        path = pattern.with_name(pattern.name.replace("*", Path(bare_name(each.files[0])).stem))
        if path in named:
            problem = f": {named[path].name} and {each.name} would both become {path}"
            raise ConfigError(problem, field="out", hint="label them by calls of their own")
        named[path] = each
    sources = {each.files[0].resolve() for each in inputs}
    if own := next((path for path in named if path.resolve() in sources), None):
        problem = f": the result would overwrite the input {own}"
        raise ConfigError(problem, field="out", hint="another folder")
    first, every = parsed_share(share)
    return [*named.items()][first - 1 :: every]


def parsed_share(share: str | None) -> tuple[int, int]:
    """The number of the first file of a share, from 1, and after how many the next one comes.

    Raises:
        ConfigError: it is no share.
    """
    if share is None:
        return 1, 1
    found = re.fullmatch(r"(\d+)/(\d+)", share)
    first, every = map(int, found.groups()) if found else (0, 0)
    if not 1 <= first <= every:
        raise ConfigError(f": {share!r} is no share", field="share", hint="I/N with 1 ≤ I ≤ N")
    return first, every
