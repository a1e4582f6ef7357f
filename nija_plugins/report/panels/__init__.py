"""The parts of the page, each a chart or tables with one line that says what is to be seen."""

from nija_plugins.report.panels.panel import Bar, Cell, Panel, Table

__all__ = ["Bar", "Cell", "Panel", "Table"]
