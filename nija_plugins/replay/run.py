"""A replay from end to end: exchange, house, bot, backtest, comparison."""

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

from freqtrade.configuration import Configuration
from freqtrade.enums import RunMode
from freqtrade.optimize.backtesting import Backtesting

from nija_plugins.replay.bot import Replayed, replay
from nija_plugins.replay.clock import simulated_time
from nija_plugins.replay.compare import Pairing, compare
from nija_plugins.replay.deals import Deal, of_backtest
from nija_plugins.replay.house import House, build
from nija_plugins.settings import environment_name
from nija_plugins.venue.app import build_app
from nija_plugins.venue.market.candles import CandleSource
from nija_plugins.venue.server import serve
from nija_plugins.venue.venue import Books, Venue

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Plan:
    """What is to be replayed: `first` to `last` (UTC), `iterations` an hour; `live` against the
    exchange's private side, with `dry_run_wallet` in the account; without `spread` the bid and the
    ask are the last price."""

    source: CandleSource
    first: datetime
    last: datetime
    iterations: int = 12
    live: bool = False
    spread: bool = True


@dataclass(frozen=True)
class Rehearsal:
    """What came of it: the bot's trades beside the backtest's, the exchange's books where it traded
    live, and how many candles a second the bot lived through."""

    pairings: list[Pairing]
    replayed: Replayed
    books: Books | None
    speed: float
    house: House


def rehearse(
    plan: Plan,
    config: Mapping[str, Any],
    folder: Path,
    passed: Callable[[datetime], None] = lambda _: None,
) -> Rehearsal:
    """Replays `config` (freqtrade's, loaded) in `folder` and compares it with freqtrade's backtest
    of the same candles."""
    with _own_environment(), simulated_time(plan.first) as clock:
        venue = Venue(plan.source, spread=plan.spread)
        name = config["exchange"]["name"]
        account = None
        if plan.live:
            account = venue.open_account(name, USD=str(config["dry_run_wallet"]))
        with serve(build_app(venue), port=0) as url:
            house = build(folder, config, plan.source, plan.first, plan.last, url, account)
            began = perf_counter()
            replayed = replay(house, clock, plan.last, plan.iterations, passed)
            hours = (replayed.reached - plan.first).total_seconds() / 3600
            speed = hours / (perf_counter() - began)
            promised = _backtest(house, plan.first, replayed.reached)
        books = venue.books(account.key) if account else None
    return Rehearsal(
        compare(promised, replayed.deals, replayed.rested), replayed, books, speed, house
    )


@contextmanager
def _own_environment() -> Iterator[None]:
    """freqtrade's variables are in `config` already, and would lead its bot out of the house: to
    the user's database, keys and exchange; and NIJA's own to the ledger of the real bots."""
    before = dict(os.environ)
    ledger = environment_name("portfolio_url")
    for name in [one for one in before if one.startswith("FREQTRADE__") or one == ledger]:
        del os.environ[name]
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _backtest(house: House, first: datetime, last: datetime) -> list[Deal]:
    """What freqtrade's backtesting makes of the same candles and configuration."""
    if last <= first:
        return []
    # freqtrade enters nothing in its first candle; the bot may, when one closes at `first`.
    span = f"{int((first - HOUR).timestamp())}-{int(last.timestamp())}"
    arguments = house.arguments("backtesting", "--timerange", span, "--export", "none")
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        run = Backtesting(Configuration(arguments, RunMode.BACKTEST).get_config())
        data, timerange = run.load_bt_data()
        run.backtest_one_strategy(run.strategylist[0], data, timerange)
    finally:
        Backtesting.cleanup()
        logging.disable(before)
    return of_backtest(run.all_bt_content["NijaMicro"]["results"])
