"""A sweep as one HTML file: heatmaps, what a choice was worth afterwards, start dates, sets."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from nija_plugins.report.html import part, render
from nija_plugins.report.words import count, money, percent
from nija_plugins.sweep.figures import Row
from nija_plugins.sweep.store import StoreError
from nija_plugins.sweep.summary import Cell, SetSummary, by_set, by_start, folds, grid, window_of

DEEPEST_TINT = 62
"""Percent of colour in the cell that is furthest from 0; more, and its number is hard to read."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A cell of a heatmap: `share` is percent of the colour that `mood` (up, down) names."""

    text: str
    detail: str
    title: str
    mood: str
    share: int


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a heatmap; None where nothing has been run."""

    name: str
    cells: tuple[Shown | None, ...]


@dataclass(frozen=True, slots=True)
class Panel:
    """A part of the page: a heatmap (`windows`, `rows`) or a table (`header`, `lines`)."""

    key: str
    title: str
    reading: str
    windows: tuple[str, ...] = ()
    rows: tuple[Line, ...] = ()
    header: tuple[str, ...] = ()
    lines: tuple[tuple[str, ...], ...] = ()
    note: str = ""


def write(rows: Sequence[Row], planned: int, file: Path, synthetic: bool) -> Path:
    """The page of `rows` in `file`, whole or not at all. Raises StoreError."""
    unfinished = file.with_suffix(".html.part")
    try:
        unfinished.write_text(page(rows, planned, synthetic), encoding="utf-8")
        unfinished.replace(file)
    except OSError as error:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise StoreError(f"Cannot write {file}: {error.strerror or error}.") from None
    return file


def page(rows: Sequence[Row], planned: int, synthetic: bool) -> str:
    """The whole page; `planned` is how many backtests were wanted, `rows` holds at least one."""
    made = (_returns(rows), _drawdowns(rows), _chosen(rows), _starts(rows), _sets(rows))
    windows = sorted({window_of(row) for row in rows})
    sets = len({row["set"] for row in rows})
    notes = []
    if len(rows) < planned:
        notes.append(f"Unfinished: {len(rows):,} of {planned:,} backtests.")
    if synthetic:
        notes.append("A synthetic market: it never existed, and there is no edge in it to find.")
    return render(
        "sweep.html",
        title=f"Sweep: {count(len(rows), 'backtest')}",
        headline=f"{count(len(rows), 'backtest')} from {money(rows[0]['wallet'])}",
        subtitle=f"{count(len(windows), 'window')} and {count(sets, 'set')} on "
        f"{rows[0]['exchange']}, {windows[0].split()[0]} to {max(r['window_end'] for r in rows)} "
        "(UTC)",
        numbers=_numbers(rows),
        notes=notes,
        panels=[panel for panel in made if panel is not None],
        footer="Made by nija sweep. Returns are of the whole window, fees included; drawdowns are "
        "NIJA's own. What happened says little about what will; this is no advice.",
        style=part("page.css") + part("sweep.css"),
        script=part("sweep.js"),
    )


def _numbers(rows: Sequence[Row]) -> list[dict[str, str]]:
    returns = [row["total_return"] for row in rows]
    best = by_set(rows)[0]
    halted = sum(row["halted"] for row in rows)
    facts = (
        ("Middle return", percent(median(returns), 1, True), "half of all did better"),
        ("With a gain", percent(sum(one > 0 for one in returns) / len(rows), 0), "of all"),
        (
            "Deepest fall",
            percent(max(r["drawdown"] for r in rows)),
            f"it ended {halted or 'no'} backtests",
        ),
        ("Trades", f"{sum(row['trades'] for row in rows):,}", "in all backtests together"),
        ("Best set", percent(best.middle, 1, True), best.name),
    )
    return [{"name": n, "value": v, "detail": d, "mood": ""} for n, v, d in facts]


def _returns(rows: Sequence[Row]) -> Panel:
    cells = grid(rows)
    widest = max(abs(cell.middle) for row in cells.values() for cell in row.values()) or 1.0

    def shown(cell: Cell) -> Shown:
        between = f"{percent(cell.worst, 1, True)} … {percent(cell.best, 1, True)}"
        return Shown(
            text=percent(cell.middle, 1, True),
            detail=between if cell.worst != cell.best else "",
            title=f"{between}, {count(cell.trades, 'trade')}",
            mood="down" if cell.middle < 0 else "up",
            share=round(DEEPEST_TINT * min(1.0, abs(cell.middle) / widest)),
        )

    reading = "A window's return, in the middle of its start dates; small, the worst and the best."
    return _heatmap("returns", "Returns", reading, rows, shown)


def _drawdowns(rows: Sequence[Row]) -> Panel:
    cells = grid(rows)
    deepest = max(cell.drawdown for row in cells.values() for cell in row.values()) or 1.0

    def shown(cell: Cell) -> Shown:
        return Shown(
            text=percent(cell.drawdown),
            detail="used up" if cell.halted else "",
            title=count(cell.trades, "trade"),
            mood="down",
            share=round(DEEPEST_TINT * min(1.0, cell.drawdown / deepest)),
        )

    reading = (
        "The deepest fall below the peak of any start date. Used up: the drawdown limit ended "
        "entries, and in a backtest nobody unlocks."
    )
    return _heatmap("drawdowns", "Drawdowns", reading, rows, shown)


def _heatmap(
    key: str,
    title: str,
    reading: str,
    rows: Sequence[Row],
    shown: Callable[[Cell], Shown],
) -> Panel:
    cells = grid(rows)
    windows = tuple(sorted({window_of(row) for row in rows}))
    by_name = {one.name: one for one in by_set(rows)}
    lines = []
    for name, found in cells.items():
        line = [shown(found[one]) if one in found else None for one in windows]
        if len(windows) > 1:
            line.insert(0, shown(_over_all(by_name[name], list(found.values()))))
        lines.append(Line(name, tuple(line)))
    return Panel(key, title, reading, windows=windows, rows=tuple(lines))


def _over_all(summary: SetSummary, cells: Sequence[Cell]) -> Cell:
    return Cell(
        *(summary.middle, summary.worst, summary.best, summary.drawdown, summary.trades),
        halted=any(cell.halted for cell in cells),
    )


def _chosen(rows: Sequence[Row]) -> Panel | None:
    found = folds(rows)
    if not found:
        return None
    then, after = median(one.then for one in found), median(one.afterwards for one in found)
    others = median(one.all_sets for one in found)
    reading = (
        f"Whoever chose the best set of a window saw {percent(then, 1, True)} there, and "
        f"{percent(after, 1, True)} in the next one, where the middle of all sets had "
        f"{percent(others, 1, True)}."
    )
    lines = tuple(
        (
            *(one.chosen_in.split()[0], one.tried_in.split()[0], one.name),
            percent(one.then, 1, True),
            *(percent(one.afterwards, 1, True), percent(one.all_sets, 1, True)),
        )
        for one in found
    )
    header = ("chosen from", "tried from", "set", "there", "afterwards", "all sets")
    note = (
        "The best of many sets is also the luckiest. Only a choice that goes on earning more than "
        "the other sets, in windows that it was not chosen in, says anything about the sets."
    )
    title = "Chosen in one window, tried in the next"
    return Panel("folds", title, reading, header=header, lines=lines, note=note)


def _starts(rows: Sequence[Row]) -> Panel | None:
    found = by_start(rows)
    if len(found) < 2:
        return None
    reading = "The same windows and sets, begun so many days later: what differs here is luck."
    lines = tuple((str(days), *_words(one)) for days, one in found)
    header = ("days later", *_HEADER)
    return Panel("starts", "By start date", reading, header=header, lines=lines)


def _sets(rows: Sequence[Row]) -> Panel:
    lines = tuple((one.name, *_words(one)) for one in by_set(rows))
    reading = "Over all windows and start dates, the best in the middle first."
    return Panel("sets", "By set", reading, header=("set", *_HEADER), lines=lines)


_HEADER = ("backtests", "middle", "worst", "best", "drawdown", "with a gain", "trades")


def _words(one: SetSummary) -> tuple[str, ...]:
    returns = (percent(value, 1, True) for value in (one.middle, one.worst, one.best))
    shares = (percent(one.drawdown), percent(one.profitable, 0))
    return (f"{one.backtests:,}", *returns, *shares, f"{one.trades:,}")
