"""Spans as people and tools write them in cells: doccano, Label Studio, CLUENER."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from weitiao.io.spans.characters import from_utf16
from weitiao.io.spans.span import Span, SpanFault, as_span, short

FORMS = 'write [[start, end, "TYPE"], …], or a tag for each token; docs/data.md lists the forms'
"""The way out where a cell is none of them."""
_KEYS = {"start": ("start", "start_offset"), "end": ("end", "end_offset")}
_TYPES = ("label", "type", "labels")
_UNSURE = "spans behind an emoji or a rare hanzi, without their text: code points, not UTF-16?"
_GAPS = re.compile(r"(?:\s|\\[nr])+")  # Label Studio writes a line break as \\n, brat as a space


def annotated(text: str, value: Any, counts: Counter[str]) -> Iterator[Span]:
    """The spans of a label cell; whether they are parts of the text is for the caller to see.

    Args:
        value: a list of spans, of ``[start, end, "TYPE"]``, of objects with such keys, or of
            Label Studio's annotations; or CLUENER's ``{"TYPE": {"surface": [[first, last]]}}``.
        counts: takes what was done to spans, and how often.

    Raises:
        SpanFault: it is none of these, or the characters that it gives stand elsewhere.
    """
    if isinstance(value, dict):
        yield from _of_surfaces(text, value, counts)
    elif value and isinstance(value[0], dict) and "result" in value[0]:
        yield from _of_annotations(text, value, counts)
    else:
        yield from _of_list(text, value, counts)


def _of_list(text: str, value: list[Any], counts: Counter[str]) -> Iterator[Span]:
    for each in value:
        if isinstance(each, Span):
            yield each
        elif isinstance(each, list) and len(each) == 3:
            yield _trusted(text, as_span(*each), counts)
        elif isinstance(each, dict):
            yield from _of_object(text, each, counts)
        else:
            raise SpanFault(f"{short(each)} is no span", hint=FORMS)


def _of_object(text: str, given: dict[str, Any], counts: Counter[str]) -> Iterator[Span]:
    """The spans of ``{"start": 0, "end": 2, "label": "TYPE"}``, or of such keys; one a label."""
    found = {n: next((given[k] for k in keys if k in given), None) for n, keys in _KEYS.items()}
    types = next((given[key] for key in _TYPES if given.get(key) is not None), None)
    if None in found.values() or types is None:
        problem = f"a span has start, end and label; here are {', '.join(map(repr, given))}"
        raise SpanFault(problem, hint=FORMS)
    for type in types if isinstance(types, list) else [types]:
        span = as_span(found["start"], found["end"], type)
        surface = given.get("text")
        if isinstance(surface, str):
            yield checked(text, span, surface, counts)
        else:
            yield _trusted(text, span, counts)


def _trusted(text: str, span: Span, counts: Counter[str]) -> Span:
    """A span of which the file gives offsets only; doccano's are in UTF-16 (doccano#2290)."""
    if max(text[: max(0, span.end)], default="") > "\uffff":
        counts[_UNSURE] += 1
    return span


def checked(text: str, span: Span, surface: str, counts: Counter[str]) -> Span:
    """A span whose characters the file gives as well; its offsets may be those of JavaScript.

    Raises:
        SpanFault: other characters stand there.
    """
    if 0 <= span.start <= span.end <= len(text) and _alike(text[span.start : span.end], surface):
        return span
    start, end = from_utf16(text, span.start), from_utf16(text, span.end)
    if start is None or end is None or not _alike(text[start:end], surface):
        raise _elsewhere(text, span, surface)
    counts["spans whose offsets are in UTF-16, turned into code points"] += 1
    return Span(start, end, span.type)


def _alike(there: str, surface: str) -> bool:
    return there == surface or _GAPS.sub(" ", there) == _GAPS.sub(" ", surface)


def _of_surfaces(text: str, types: dict[str, Any], counts: Counter[str]) -> Iterator[Span]:
    """The spans of ``{"TYPE": {"surface": [[first, last]]}}``, as CLUENER has them.

    Ends are inclusive there; the surface tells if they aren't.
    """
    for type, surfaces in types.items():
        lists = isinstance(surfaces, dict) and all(isinstance(v, list) for v in surfaces.values())
        if not lists:
            problem = f"the type {short(type)} has no object of surfaces, each with its places"
            raise SpanFault(problem, hint='write {"TYPE": {"surface": [[first, last]]}}')
        for surface, places in surfaces.items():
            for place in places:
                if not isinstance(place, list) or len(place) != 2:
                    problem = f"{short(place)} is no place of {short(surface)}"
                    raise SpanFault(problem, hint="write [first, last]")
                yield _as_surface_says(text, as_span(place[0], place[1], type), surface, counts)


def _as_surface_says(text: str, span: Span, surface: str, counts: Counter[str]) -> Span:
    inclusive = span._replace(end=span.end + 1)
    inside = 0 <= span.start <= span.end <= len(text)
    if inside and span.end < len(text) and text[span.start : span.end + 1] == surface:
        return inclusive
    if inside and text[span.start : span.end] == surface:
        counts["spans with an exclusive end, as their surface shows"] += 1
        return span
    raise _elsewhere(text, inclusive, surface)


def _elsewhere(text: str, span: Span, surface: str) -> SpanFault:
    there = text[max(0, span.start) : max(0, span.end)]
    places = f"{span.start} to {span.end} of the text"
    return SpanFault(f"{short(surface)} doesn't stand at {places}, but {short(there)} does")


def _of_annotations(text: str, given: list[Any], counts: Counter[str]) -> Iterator[Span]:
    """The spans of Label Studio's annotations of a text: those of the one that counts.

    Raises:
        SpanFault: there are several annotations, they differ, and none is marked as the truth.
    """
    annotations = [each for each in given if isinstance(each, dict)]
    done = [each for each in annotations if not each.get("was_cancelled")]
    if cancelled := len(given) - len(done):
        counts["annotations that were cancelled, left out"] += cancelled
    chosen = [each for each in done if each.get("ground_truth")] or done
    if not chosen:
        raise SpanFault("all annotations were cancelled")
    found = [{*_of_list(text, _regions(each, counts), counts)} for each in chosen]
    if any(other != found[0] for other in found[1:]):
        hint = "keep one, or mark it as ground truth in Label Studio"
        raise SpanFault(f"{len(found)} annotations differ", hint=hint)
    yield from found[0]


def _regions(annotation: dict[str, Any], counts: Counter[str]) -> list[Any]:
    """The spans among an annotation's results."""
    results = annotation.get("result")
    if not isinstance(results, list) or not all(isinstance(each, dict) for each in results):
        raise SpanFault(f"an annotation's result is {short(results)}, not a list of objects")
    regions = [each.get("value") for each in results if each.get("type", "labels") == "labels"]
    if others := len(results) - len(regions):
        counts["results that are no spans, left out"] += others
    return regions
