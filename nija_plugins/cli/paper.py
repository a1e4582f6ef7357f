"""A page of Markdown in a terminal of any width."""

from typing import ClassVar

from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import Markdown, MarkdownElement, TableElement
from rich.table import Table
from rich.text import Text


class _Table(TableElement):
    """As rich draws it where whole words have room; else a row is a block of `column: value`
    lines, because rich would end names in "…"."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        (drawn,) = super().__rich_console__(console, options)
        assert isinstance(drawn, Table)
        if drawn.__rich_measure__(console, options).minimum <= options.max_width:
            yield drawn
            return
        names = [cell.content.plain for cell in self.header.row.cells]  # type: ignore[union-attr]
        for row in self.body.rows:  # type: ignore[union-attr]
            yield Text()
            for name, cell in zip(names, row.cells, strict=True):
                yield Text(f"{name}: ", style="markdown.table.header").append(cell.content)


class Paper(Markdown):
    """Markdown whose tables are readable in a narrow terminal too."""

    elements: ClassVar[dict[str, type[MarkdownElement]]] = {
        **Markdown.elements,
        "table_open": _Table,
    }
