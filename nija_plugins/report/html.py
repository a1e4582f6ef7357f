"""The page: the parts put together into one file that needs no network."""

import json
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from plotly.utils import PlotlyJSONEncoder

from nija_plugins.report.panels import Panel
from nija_plugins.report.panels.account import counted_drawdown, daily, drawdown, equity
from nija_plugins.report.panels.calibration import promises
from nija_plugins.report.panels.engine import engine
from nija_plugins.report.panels.groups import groups
from nija_plugins.report.panels.outlook import outlook
from nija_plugins.report.panels.refusals import refusals
from nija_plugins.report.panels.stakes import stakes
from nija_plugins.report.panels.trades import trades
from nija_plugins.report.performance import Performance
from nija_plugins.report.theme import DARK, LIGHT, template
from nija_plugins.report.words import count, day, money, percent

PANELS: tuple[Callable[[Performance], Panel | None], ...] = (
    *(equity, drawdown, daily, trades, groups, refusals, stakes, promises, outlook, engine),
)
"""The parts in their order; one that has nothing to say leaves itself out."""


def page(performance: Performance) -> str:
    """The whole page as HTML. Every text in it is escaped; the page may load nothing."""
    panels = [made for make in PANELS if (made := make(performance)) is not None]
    shown = next((one.trades for one in panels if one.trades), None)
    data = {
        "templates": {"light": template(LIGHT), "dark": template(DARK)},
        "figures": {f"chart-{one.key}": _plain(one.figure) for one in panels if one.figure},
        "trades": shown,
    }
    return render(
        "page.html",
        title=f"{performance.name}: {money(performance.final)}",
        headline=_headline(performance),
        subtitle=_subtitle(performance),
        numbers=numbers(performance),
        notes=performance.notes,
        panels=panels,
        footer=_footer(performance),
        style=part("page.css"),
        script=part("page.js"),
        plotly=part("plotly-finance.min.js"),
        data=_for_script(data),
    )


def write(performance: Performance, file: Path) -> None:
    """The page in `file`, whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(f"{file.name}.part")
    try:
        unfinished.write_text(page(performance), encoding="utf-8")
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)


def render(template: str, **content: Any) -> str:
    """The page of `template`, which extends base.html, with every text in it escaped."""
    environment = Environment(
        loader=FunctionLoader(part), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template(template).render(**content)


def part(name: str) -> str:
    """The text of a file in the folder page."""
    return (files("nija_plugins.report") / "page" / name).read_text(encoding="utf-8")


def numbers(performance: Performance) -> list[dict[str, str]]:
    """The five that a person wants first."""
    settings, trades_ = performance.settings, performance.trades
    fall = counted_drawdown(performance)
    gain = performance.final - performance.starting
    won = float((trades_["profit"] > 0).mean()) if len(trades_) else float("nan")
    changes = max(0, len(performance.tier_changes) - 1)
    return [
        {
            "name": "Ends with",
            "value": money(performance.final),
            "detail": f"{money(gain, True)} ({percent(performance.total_return, sign=True)})",
            "mood": "",
        },
        {
            "name": "Deepest fall",
            "value": percent(fall),
            "detail": f"below its peak; {settings.max_drawdown:g}% is the floor",
            "mood": _mood(fall * 100, settings.max_drawdown),
        },
        {
            "name": "Worst day",
            "value": percent(performance.worst_day),
            "detail": f"{settings.daily_max_loss:g}% is a day's limit",
            "mood": _mood(-performance.worst_day * 100, settings.daily_max_loss),
        },
        {
            "name": "Trades",
            "value": f"{len(trades_):,}",
            "detail": f"{percent(won, 0)} won; {money(float(trades_['fees'].sum()))} in fees",
            "mood": "",
        },
        {
            "name": "Tier",
            "value": performance.last_tier or "none",
            "detail": f"at the end, after {count(changes, 'change')}",
            "mood": "",
        },
    ]


def _mood(lost: float, limit: float) -> str:
    return "down" if round(lost, 1) > limit else ""


def _headline(performance: Performance) -> str:
    return f"{money(performance.starting)} became {money(performance.final)}"


def _subtitle(performance: Performance) -> str:
    return (
        f"{performance.name} on {performance.exchange}, {day(performance.start)} to "
        f"{day(performance.end)} (UTC)"
    )


def _footer(performance: Performance) -> str:
    return (
        f"Made by nija report from {performance.source}. Amounts in {performance.currency}, times "
        "in UTC. What happened says little about what will; this is no advice."
    )


def _plain(figure: Any) -> dict[str, Any]:
    made: dict[str, Any] = figure.to_plotly_json()
    return made


def _for_script(data: dict[str, Any]) -> str:
    """JSON that cannot end the script element it stands in."""
    return json.dumps(data, cls=PlotlyJSONEncoder, separators=(",", ":")).replace("<", "\\u003c")
