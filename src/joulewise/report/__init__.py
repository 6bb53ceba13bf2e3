"""The two reports as HTML files that need no network: the paper's page and today's."""

from joulewise.extras import import_extra

import_extra("jinja2", "report", "the report")

# ruff: noqa: E402  (a missing package is reported before the modules below import it)
from joulewise.report.paper import write_report
from joulewise.report.sections import Section, section
from joulewise.report.today import write_today

__all__ = ["Section", "section", "write_report", "write_today"]
