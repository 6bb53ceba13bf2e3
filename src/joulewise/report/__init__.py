"""The whole story as HTML files that need no network: the paper's, and today's."""

from joulewise.report.page import write_report
from joulewise.report.today import Section, section, write_today

__all__ = ["Section", "section", "write_report", "write_today"]
