"""`nija train`: fit the AI filter's models, and show what they were worth on what came after."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from nija_plugins import manager
from nija_plugins.candles.archive import Archive
from nija_plugins.candles.history import History
from nija_plugins.candles.past import MODELS, Past, quote_of, traded
from nija_plugins.cli.configuration import DEFAULT_CONFIG, clear_errors, exchange_of, load
from nija_plugins.cli.explain import market_rules, percentage
from nija_plugins.cli.facts import known, mean
from nija_plugins.cli.tables import show, table
from nija_plugins.guard import Hooks
from nija_plugins.report.words import NOTHING
from nija_plugins.research.calibration import draw
from nija_plugins.research.filter_report import judged_candidates, periods, report
from nija_plugins.research.filter_study import Quarter, auc, walk
from nija_plugins.settings import Settings

TIME_STOP = timedelta(days=30)
"""NijaMicro's."""


def train(
    datadir: Annotated[
        Path | None, typer.Option(help="Instead of user_data/data/EXCHANGE.", file_okay=False)
    ] = None,
    fee: Annotated[
        float | None,
        typer.Option(parser=percentage, metavar="PERCENT", help="A side; else the bot's."),
    ] = None,
    written: Annotated[
        bool, typer.Option("--report", help="Measure at length, as in docs/ai-filter.md.")
    ] = False,
    picture: Annotated[
        Path | None,
        typer.Option(dir_okay=False, help="With --report: the calibration, as a PNG."),
    ] = None,
    config: Annotated[list[Path], typer.Option("--config", "-c")] = [DEFAULT_CONFIG],  # noqa: B006
    as_json: Annotated[bool, typer.Option("--json", help="The quarters, for scripts.")] = False,
) -> None:
    """Fit the AI filter on stored candles, quarter by quarter, and show what each model was worth.

    A bot and a backtest fit what they need by themselves; this shows it, and fits it beforehand.
    """
    console = Console()
    with clear_errors():
        if written and as_json:
            raise ValueError("--report is a text, --json the quarters: name one of them.")
        if picture and not written:
            raise ValueError("--picture shows what --report measures: name --report too.")
        loaded = load(config)
        settings = Settings.load(loaded)
        folder = Path(loaded["user_data_dir"])
        exchange = exchange_of(loaded)
        stored = datadir or folder / "data" / exchange
        archive = Archive(loaded | {"datadir": stored})
        pairs = traded(settings, quote_of(loaded))
        past = Past(
            archive=archive,
            exchange=exchange,
            quote=quote_of(loaded),
            fee=market_rules(exchange, pairs[0], loaded).fee if fee is None else fee,
            time_stop=TIME_STOP,
            cache=folder / MODELS,
        )
        hooks = Hooks(manager.build(settings, folder / "plugins"))
        last = archive.last(pairs)
        if last is None:
            raise ValueError(
                f"No candles in {stored}. "
                "Run: freqtrade download-data --timeframes 1h 1d --days 900"
            )
        history = past.stored(hooks, settings, last)
        if written:
            judged = judged_candidates(history, hooks, settings)
            text = report(history, hooks, settings, judged)
            console.print(text, markup=False, soft_wrap=True)
            if picture:
                _draw(judged, picture)
            return
        quarters = _walk(history)
    facts = [_facts(quarter, settings) for quarter in quarters]
    if as_json:
        told = {
            "pairs": history.pairs,
            "fee": history.fee,
            "ends": f"{history.ends:%Y-%m-%dT%H:%MZ}",
        }
        console.print_json(data=told | {"quarters": facts})
        return
    _show(facts, history, console)


def _draw(judged: pd.DataFrame, picture: Path) -> None:
    try:
        draw(periods(judged), picture)
    except ImportError as error:
        raise ValueError(
            f"--picture needs matplotlib: pip install -e '.[research]' ({error})"
        ) from None


def _walk(history: History) -> list[Quarter]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    progress = Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True)
    with progress:
        task = progress.add_task("candidates and outcomes", total=None)
        found = []
        for quarter, total in walk(history):
            progress.update(task, description=quarter.window.name, total=total)
            found.append(quarter)
            progress.update(task, completed=len(found))
    return found


def _facts(quarter: Quarter, settings: Settings) -> dict[str, Any]:
    """One quarter as plain values: counts, fractions, and results in R; what cannot be told is
    None, such as an AUC where all won or all lost."""
    judged = quarter.judged
    facts: dict[str, Any] = {
        "quarter": quarter.window.name,
        "learned": quarter.learned,
        "winners": quarter.winners / quarter.learned if quarter.learned else None,
        "problem": quarter.problem,
        "judged": len(judged),
    }
    if judged.empty:
        return facts | dict.fromkeys(("auc", "passed", "r_passed", "r_refused"))
    passes = judged["rank"] >= settings.min_ai_confidence
    return facts | {
        "auc": known(auc(judged)),
        "passed": float(passes.mean()),
        "r_passed": mean(judged.loc[passes, "r"]),
        "r_refused": mean(judged.loc[~passes, "r"]),
    }


def _show(quarters: list[dict[str, Any]], history: History, console: Console) -> None:
    made = table(
        *("quarter", "learned from", "winners", "judged", "AUC", "passed", "R passed", "R refused"),
        box=SIMPLE,
        padding=(0, 1, 0, 0),
        title=f"The AI filter on {', '.join(history.pairs)}, {history.fee:.2%} fee a side",
        caption="AUC 0.5 is no skill. R: results in units of the planned loss, after fees. "
        "Judged candidates came after everything the model learned from.",
    )
    for quarter in quarters:
        made.add_row(quarter["quarter"], *_cells(quarter))
    show(console, made, spare=("learned from", "judged"))
    if quarters and quarters[-1]["problem"]:
        console.print(quarters[-1]["problem"], markup=False, highlight=False, soft_wrap=True)


def _cells(quarter: dict[str, Any]) -> list[str]:
    if quarter["problem"] is not None:
        return [f"{quarter['learned']}", "no model"]
    cells = [f"{quarter['learned']}", _told(quarter["winners"], ".0%"), f"{quarter['judged']}"]
    if not quarter["judged"]:
        return cells
    shown = (("auc", ".2f"), ("passed", ".0%"), ("r_passed", "+.2f"), ("r_refused", "+.2f"))
    return [*cells, *(_told(quarter[name], how) for name, how in shown)]


def _told(value: float | None, how: str) -> str:
    return NOTHING if value is None else format(value, how)
