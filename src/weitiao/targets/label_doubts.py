"""Labels and groups that look like slips of whoever wrote the file."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from weitiao.io.tables.spelling import is_placeholder
from weitiao.targets.labels import gist

_MARKS = ("、", "，", ",", "；", ";", "/", "#", "+", "&", "｜", "|", " ")  # of white space, any
_SHOWN = 5  # findings in a warning
_STEPS = 3  # of a scale, at least
_FEW = 3  # labels that hold a mark: fewer may do so by chance
_MOST = 0.9  # of the labels with a mark


def slips(what: str, counts: Mapping[str, int], fate: str) -> Iterator[str]:
    """Warnings of names that look alike or stand for a missing value, each with its way out.

    Args:
        what: ``label`` or ``group``.
        counts: rows of each name, all splits together.
        fate: what becomes of each name.
    """
    if alike := _alike(counts):
        yield (
            f"{what}s that look alike: {_listed(alike)}: each spelling is {fate}"
            f"\n  → write each {what} in one way"
        )
    missing = {name: count for name, count in counts.items() if is_placeholder(name)}
    if missing:
        yield (
            f"{what}s that may stand for a missing value: {_counted(missing)}: each is {fate}"
            "\n  → {--placeholders} bad, with {--on_bad_row} quarantine to set their rows"
            " aside"
        )


def _alike(counts: Mapping[str, int]) -> list[str]:
    """Names that only width, case, spaces, invisible characters or a number's form tell apart."""
    spellings: dict[str, dict[str, int]] = defaultdict(dict)
    for name, count in counts.items():
        spellings[gist(name)][name] = count
    return [_counted(names, " = ") for names in spellings.values() if len(names) > 1]


def several_in_a_cell(counts: Mapping[str, int], *way_out: str) -> Iterator[str]:
    """A mark whose parts, in the labels that hold it, come again in others: labels in one cell.

    Args:
        counts: rows of each label.
        way_out: options that let a cell hold several labels.
    """
    for mark in _MARKS:
        split = {name: _parts(name, mark) for name in counts}
        parts_of = {name: parts for name, parts in split.items() if len(parts) > 1}
        uses = Counter(part for parts in parts_of.values() for part in set(parts))
        again = {part for part, count in uses.items() if count > 1 or part in counts}
        known = [name for name, parts in parts_of.items() if again.issuperset(parts)]
        if len(known) < max(_FEW, _MOST * len(parts_of)) or len(uses) >= len(parts_of):
            continue
        separator = [] if mark in "|｜" else [f"{{--target.separator}} '{mark}'"]
        yield (
            f"{len(parts_of):,} of {len(counts):,} labels hold {mark!r} between parts that are in"
            f" other labels, too ({', '.join(sorted(uses)[:_SHOWN])}): several labels in a cell?"
            f"\n  → {' '.join([*way_out, *separator])}"
        )
        return


def other_task(counts: Mapping[str, int]) -> Iterator[str]:
    """Classes that are paths of a tree, or steps of a scale: there are other tasks for them.

    It is reported only if all labels are such: paths of which several begin alike and no two end
    alike; whole numbers without a gap, from 1 on or around 0.

    Args:
        counts: rows of each label.
    """
    paths = [label.split("/") for label in counts]
    firsts, lasts = ({path[end] for path in paths} for end in (0, -1))
    nested = all(len(path) > 1 and all(path) for path in paths) and len(lasts) == len(paths)
    if nested and 1 < len(firsts) < len(paths) and not all(map(str.isdecimal, firsts | lasts)):
        yield (
            f"all labels are paths, such as {min(counts)}: is it a tree?"
            "\n  → {--task} hierarchical scores each level, and knows how near a mistake is"
        )
    steps = sorted(int(label) for label in counts if re.fullmatch("-?[0-9]{1,2}", label))
    scale = len(steps) == len(counts) >= _STEPS and steps == [*range(steps[0], steps[-1] + 1)]
    if scale and (steps[0] == 1 or steps[0] == -steps[-1]):
        yield (
            f"all labels are whole numbers, {steps[0]} to {steps[-1]}: is it a scale?"
            "\n  → {--task} ordinal, or regression: both know how far off a mistake is"
        )


def _parts(name: str, mark: str) -> list[str]:
    return [part.strip() for part in name.split(None if mark.isspace() else mark)]


def _counted(names: Mapping[str, int], between: str = ", ") -> str:
    shown = sorted(names.items(), key=lambda item: (-item[1], item[0]))[:_SHOWN]
    more = f" and {len(names) - len(shown)} more" if len(names) > len(shown) else ""
    return between.join(f"{name!r} ({count:,})" for name, count in shown) + more


def _listed(findings: list[str]) -> str:
    more = f"; and {len(findings) - _SHOWN} more" if len(findings) > _SHOWN else ""
    return "; ".join(findings[:_SHOWN]) + more
