"""Lines on what became of the rows before training."""

from collections.abc import Iterator, Mapping
from typing import Any

from weitiao.inputs import FittedInput
from weitiao.training.contamination import report_line


def handling(
    report: Mapping[str, Any], rows: Mapping[str, int], fitted: FittedInput
) -> Iterator[str]:
    """Lines that say what was set aside, cleaned, dropped, cut and seen before training."""
    for split, read in report["read"].items():
        if read["quarantined"]:
            yield f"! {split}: {read['quarantined']:,} rows could not be read and were set aside"
        yield from (f"! {split}: {note}" for note in read["notes"])
    yield from fitted.handling(report, rows)
    if read := report.get("pretrained on"):
        yield report_line(read, rows)
