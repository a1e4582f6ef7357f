"""`nija signals`: what the last candle says, vote by vote, and what is missing for an entry."""

from datetime import UTC, datetime, timedelta
from math import isfinite
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer
from freqtrade.data.history.datahandlers.idatahandler import get_datahandler
from rich.console import Console

from nija_plugins import answers, manager
from nija_plugins.bars import BAR
from nija_plugins.candles.archive import Archive, candle_type
from nija_plugins.candles.book import Book, Reading
from nija_plugins.candles.days import beside
from nija_plugins.candles.past import Past, quote_of
from nija_plugins.cli.configuration import DEFAULT_CONFIG, clear_errors, exchange_of, load
from nija_plugins.cli.explain import DISASTER_STOP, fresh_account, market_rules
from nija_plugins.cli.facts import known
from nija_plugins.cli.tables import show, table
from nija_plugins.entry import EntryRequest
from nija_plugins.guard import Hooks, PluginFailure
from nija_plugins.market import add_view
from nija_plugins.requests import entry_request
from nija_plugins.settings import Settings
from nija_plugins.view import Vote

HOUR = timedelta(hours=1)
ANY_BALANCE = 1_000.0
"""Stands for an account when market rules are asked: what it owns does not matter to them."""
MARKET_RULES = ("risk.trade_only", "trade_filter.")
"""Of the built-in vetoes those that judge the market; `nija explain` shows what money allows."""


def signals(
    pair: Annotated[str, typer.Argument(help="For example BTC/USD.")],
    at: Annotated[
        str | None, typer.Option(help="UTC, such as 2024-03-05T12:00; else the newest candle.")
    ] = None,
    datadir: Annotated[
        Path | None,
        typer.Option(file_okay=False, help="Candles; else where freqtrade downloads them to."),
    ] = None,
    config: Annotated[list[Path], typer.Option("--config", "-c")] = [DEFAULT_CONFIG],  # noqa: B006
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """Show the last candle's votes, score, regime and plan, and what an entry lacks.

    Read from downloaded candles; nothing is asked of the exchange.
    """
    with clear_errors():
        loaded = load(config)
        settings = Settings.load(loaded)
        hooks = Hooks(manager.build(settings, Path(loaded["user_data_dir"]) / "plugins"))
        exchange = exchange_of(loaded)
        market = market_rules(exchange, pair, loaded)
        folder = datadir or loaded.get("datadir")
        folder = Path(folder or Path(loaded["user_data_dir"]) / "data" / exchange)
        frame = candles(pair, folder, loaded, _moment(at))
        # The bot's filter learns from every pair, at the fee it counts with; so must the one shown.
        past = Past(Archive(loaded | {"datadir": folder}), exchange, quote_of(loaded), market.fee)
        view = add_view(frame, pair, hooks, settings, past)
        votes = _votes(frame, pair, hooks, settings)
    book = Book(int(HOUR.total_seconds()))
    book.observe(pair, view)
    ended = (frame["date"].iloc[-1] + HOUR).to_pydatetime()
    reading = book.reading(pair, ended)
    assert reading is not None  # a dataframe with candles has a last one
    request = entry_request(
        pair,
        ended,
        reading.close,
        reading,
        market,
        loaded,
        mode="dry_run",
        stoploss=-DISASTER_STOP,
        candle=HOUR,
        tradable_pairs=len(settings.trade_only),
        engine_bounds=(0.0, float("inf")),
    )
    lacks = missing(reading, request, exchange, hooks, settings)
    facts = _facts(pair, reading, request, votes, lacks, settings)
    if as_json:
        Console().print_json(data=facts)
    else:
        _show(Console(), facts)


def candles(
    pair: str, folder: Path, config: dict[str, Any], until: datetime | None
) -> pd.DataFrame:
    """Stored 1h candles that had closed by `until` (UTC), with daily columns where there are daily
    candles. Raises ValueError saying which command fetches missing ones."""
    files = get_datahandler(folder, config.get("dataformat_ohlcv", "feather"))
    kind = candle_type(config)
    hourly: pd.DataFrame = files.ohlcv_load(pair, "1h", kind, warn_no_data=False)  # said below
    if until is not None and len(hourly):
        hourly = hourly[hourly["date"] + HOUR <= until]
    if hourly.empty:
        by, fetched = "", "--days 900"
        if until is not None:
            by = f" by {until:%Y-%m-%d %H:%M} UTC"
            fetched = f"--timerange {until - timedelta(days=60):%Y%m%d}- --prepend"
        raise ValueError(
            f"No 1h candles of {pair} in {folder}{by}. "
            f"Fetch them with: freqtrade download-data --timeframes 1h 1d {fetched}"
        )
    daily: pd.DataFrame = files.ohlcv_load(pair, "1d", kind)
    return beside(hourly, daily) if len(daily) else hourly


def missing(
    reading: Reading, request: EntryRequest, exchange: str, hooks: Hooks, settings: Settings
) -> list[str]:
    """What speaks against an entry after this candle, as sentences; money rules are not asked."""
    lacks = []
    if reading.ended.hour % BAR:
        lacks.append(
            "Entries are decided when a 4h bar closes (00, 04, 08 ... UTC); this is not one."
        )
    if not all(isfinite(one) for one in (reading.stop, reading.target, reading.trail)):
        lacks.append("There is no plan: too few candles, or the market does not move.")
    account = fresh_account(ANY_BALANCE, exchange, settings, request.time)
    given = {"request": request, "account": account, "settings": settings}
    for plugin, answer in hooks.every("nija_veto", answers.reason, **given):
        judges_market = not plugin.startswith(("risk.", "trade_filter."))
        judges_market = judges_market or plugin.startswith(MARKET_RULES)
        if answer is not None and judges_market:
            lacks.append(str(answer))
    return lacks


def _votes(frame: pd.DataFrame, pair: str, hooks: Hooks, settings: Settings) -> list[Vote]:
    """Every voter's last word. Raises ValueError when one fails."""
    found: list[Vote] = []
    given = {"dataframe": frame, "pair": pair, "settings": settings}
    for _, answer in hooks.every("nija_votes", answers.votes(frame.index), **given):
        if isinstance(answer, PluginFailure):
            raise ValueError(str(answer))
        found.extend(answer or [])
    return found


def _facts(
    pair: str,
    reading: Reading,
    request: EntryRequest,
    votes: list[Vote],
    lacks: list[str],
    settings: Settings,
) -> dict[str, Any]:
    """Everything that is shown, as plain values; what is not known is None."""
    return {
        "pair": pair,
        "candle_closed": f"{reading.ended:%Y-%m-%dT%H:%M}Z",
        "close": reading.close,
        "regime": reading.regime.value,
        "votes": [
            {"voter": vote.name, "family": vote.family.value, "score": known(vote.score.iloc[-1])}
            for vote in votes
        ],
        "score": known(reading.score),
        "min_signal_score": settings.min_signal_score,
        "plan": {
            "stop": known(reading.stop),
            "target": known(reading.target),
            "trail": known(reading.trail),
            "stop_price": known(reading.close * (1 - reading.stop)),
            "target_price": known(reading.close * (1 + reading.target)),
            "reward_over_risk": known(request.reward_over_risk),
        },
        "min_risk_reward": settings.min_risk_reward,
        "confidence": known(reading.confidence),
        "doubt": reading.doubt,
        "daily_volatility": known(reading.volatility),
        "missing": lacks,
    }


def _show(console: Console, facts: dict[str, Any]) -> None:
    console.print(
        f"[bold]{facts['pair']}[/] closed at {facts['close']:,.2f} at {facts['candle_closed']}; "
        f"the market is [bold]{facts['regime'].replace('_', ' ')}[/].",
        highlight=False,
    )
    votes = table("voter", "family", "vote")
    for vote in facts["votes"]:
        said = "cannot tell" if vote["score"] is None else f"{vote['score']:.2f}"
        votes.add_row(vote["voter"], vote["family"].replace("_", " "), said)
    votes.add_row("[bold]score", "", f"[bold]{_number(facts['score'])}")
    show(console, votes)
    plan = facts["plan"]
    console.print(
        f"Plan: stop {_share(plan['stop'])} ({_number(plan['stop_price'])}), target "
        f"{_share(plan['target'])} ({_number(plan['target_price'])}), trail "
        f"{_share(plan['trail'])}; reward over risk after fees "
        f"{_number(plan['reward_over_risk'])}.",
        highlight=False,
    )
    confidence = facts["confidence"]
    told = "unknown" if facts["doubt"] else "unknown, no filter serves it"
    told = told if confidence is None else f"{confidence:.2f}"
    console.print(f"Confidence: {told}.", highlight=False)
    if not facts["missing"]:
        console.print("[green]Nothing is missing: the market's rules allow an entry.[/]")
        return
    console.print("[red]Missing for an entry:[/]")
    for sentence in facts["missing"]:
        console.print(f"  {sentence}", markup=False, highlight=False, soft_wrap=True)


def _moment(text: str | None) -> datetime | None:
    """ISO text as UTC. Raises ValueError."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"--at {text} is not a time such as 2024-03-05T12:00.") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _number(value: float | None) -> str:
    return "unknown" if value is None else f"{value:,.2f}"


def _share(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.1%}"
