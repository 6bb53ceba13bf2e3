"""The whole story as HTML files that need no network: the paper's, and today's."""

from joulewise.extras import import_extra

import_extra("jinja2", "report", "the report")

# ruff: noqa: E402  (a missing package is reported before the modules below import it)
from joulewise.report.page import write_report
from joulewise.report.today import Section, section, write_today

__all__ = ["Section", "section", "write_report", "write_today"]
