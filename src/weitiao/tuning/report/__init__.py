"""What came of a study: the best config, a table of all trials, warnings, a page with plots."""

from weitiao.tuning.report.edges import edge_warnings
from weitiao.tuning.report.tables import top_table
from weitiao.tuning.report.verdict import verdict
from weitiao.tuning.report.write import write_report

__all__ = ["edge_warnings", "top_table", "verdict", "write_report"]
