"""Tables that keep every letter in a narrow terminal: rich would end names in "…" there."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.measure import Measurement
from rich.table import Column, Table


def table(*columns: str, **options: Any) -> Table:
    """A table of `columns` whose words are folded where there is no room for them."""
    made = Table(**options)
    for column in columns:
        made.add_column(column, overflow="fold")
    return made


def fits(console: Console, made: Table) -> bool:
    """Whether the terminal has room for `made` without folding a word."""
    return made.__rich_measure__(console, console.options).minimum <= console.width


def show(console: Console, made: Table, spare: Sequence[str] = ()) -> None:
    """Prints `made`. Where there is no room for whole words it leaves out columns of `spare`, the
    first one first, and says so."""
    left_out = []
    for name in spare:
        if fits(console, made):
            break
        made.columns = [column for column in made.columns if column.header != name]
        left_out.append(name)
    if fits(console, made):
        _keep_words_whole(console, made)
    console.print(made)
    if left_out:
        console.print(f"[dim]No room for: {', '.join(left_out)}.[/]", highlight=False)


def _keep_words_whole(console: Console, made: Table) -> None:
    """Sets widths: rich narrows the widest column first, also below its longest word."""
    wanted = [_wanted(console, column) for column in made.columns]
    frame = made.__rich_measure__(console, console.options).minimum - sum(
        one.minimum for one in wanted
    )
    widths = [one.minimum for one in wanted]
    for _ in range(console.width - frame - sum(widths)):
        lacks = [one.maximum - width for one, width in zip(wanted, widths, strict=True)]
        if max(lacks) > 0:
            widths[lacks.index(max(lacks))] += 1
    for column, width in zip(made.columns, widths, strict=True):
        column.width = width


def _wanted(console: Console, column: Column) -> Measurement:
    """The length of its longest word and of its longest line."""
    cells = [
        Measurement.get(console, console.options, cell) for cell in (column.header, *column.cells)
    ]
    return Measurement(max(one.minimum for one in cells), max(one.maximum for one in cells))
