"""Figures and pages from finished results; nothing is computed here."""

from importlib import import_module
from typing import Any

__all__ = [
    "Figure",
    "Page",
    "bounds_words",
    "cell_words",
    "check_options",
    "compose",
    "render_html",
    "render_markdown",
    "write_report",
]

_HOME = {
    "bounds_words": "_words",
    "cell_words": "_words",
    "Figure": "_charts",
    "Page": "_page",
    "check_options": "_write",
    "compose": "_compose",
    "render_html": "_page",
    "render_markdown": "_page",
    "write_report": "_write",
}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"leadtime.reports.{_HOME[name]}"), name)
    raise AttributeError(f"module 'leadtime.reports' has no attribute {name!r}")
