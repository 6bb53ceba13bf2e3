"""The whole story as one HTML file that needs no network."""

from joulewise.report.page import write_report

__all__ = ["write_report"]
