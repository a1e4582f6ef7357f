"""A plugin that misbehaves, in freqtrade's own backtesting: nothing is entered on it, open trades
are taken out, the log names plugin and hook.

Every hook in every way is the table of `misbehaviour`. One backtest a hook, which misbehaves in one
way after the other. Market hooks see all candles at once: there, two pairs' candles are spoilt in
two ways, and BTC's are not. A run begins once: one backtest a way.
"""

import logging
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pandas as pd
import pytest

from nija_plugins.research.engine import simulated
from nija_plugins.venue.market.files import store_candles
from tests.conftest import copy_of_the_house
from tests.integration import misbehaviour
from tests.integration.engine import Engine, Outcome
from tests.integration.live import script
from tests.integration.misbehaviour import (
    CULPRIT,
    ETH,
    EVENTS,
    MARKET,
    MATRIX,
    MONEY,
    PLUGIN,
    SOL,
    Cell,
    Seen,
    cells,
    judge,
)
from tests.integration.painted_market import HISTORY, HOUR, START, PaintedMarket

STOP = 0.02
FALL = [1.0, 1.0, 1.0, 1.0, 0.975, 1.0, 1.0, 1.0]
RISE_AND_FALL = [1.0, 1.0, 1.0, 1.075, 1.0, 1.0, 1.0, 1.0]
"""BTC's closes in a cell: a backtest enters at a candle's open and leaves within it, so the fall is
in the candle that opens as the others signal. The second crosses $250 upwards just before."""
LATER = [1.0, 1.0, 1.0, 1.0, 1.0, 0.975, 1.0, 1.0]
"""SOL's, where it was entered."""


class Records(logging.Handler):
    """What NIJA logs, by how the culprit misbehaved last."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.lines: dict[str, list[str]] = {}

    def emit(self, record: logging.LogRecord) -> None:
        line = f"{record.levelname} {record.getMessage()}"
        self.lines.setdefault(CULPRIT.last, []).append(line)


class Backtests:
    """Backtests over the painted market, with plugins of their own."""

    def __init__(self, engine: Engine, market: PaintedMarket) -> None:
        self.engine = engine
        self.market = market

    def run(
        self, hook: str, number: int, plugins: dict[str, str], **nija: Any
    ) -> tuple[Outcome, dict[str, list[str]]]:
        """A backtest of `number` cells of `hook`; the log's lines by what the culprit did."""
        self.market.reset()
        closes = RISE_AND_FALL if hook == "nija_tier_changed" else FALL
        self.market.paint("BTC", 8, closes * number)
        self.market.paint("SOL", 8, LATER * number)
        end = START + (8 * number + 12) * HOUR
        futures = hook in misbehaviour.FUTURES
        first = START - HISTORY * 24 * HOUR
        datadir = self.engine.house / "user_data/data/kraken"
        store_candles(self.market, datadir, first, end, futures=futures)
        folder = self.engine.house / "user_data/plugins"
        files = {folder / f"{name}.py": source for name, source in plugins.items()}
        records, logger = Records(), logging.getLogger("nija_plugins")
        logger.addHandler(records)
        logger.setLevel(logging.INFO)
        try:
            for file, source in files.items():
                file.write_text(source)
            with misbehaviour.sleeping_without_waiting():
                outcome = self.engine.backtest(
                    {**misbehaviour.settings(hook), **nija},
                    wallet=1_500 if futures else 248.5,
                    timerange=f"{START.timestamp():.0f}-{end.timestamp():.0f}",
                    exchange="krakenfutures" if futures else "kraken",
                )
        finally:
            logger.removeHandler(records)
            logger.setLevel(logging.NOTSET)
            for file in files:
                file.unlink()
        return outcome, records.lines


def plugins(hook: str, number: int) -> dict[str, str]:
    return {
        "script": script(misbehaviour.signals(hook, number), stop=STOP),
        "voter": misbehaviour.VOTER,
        PLUGIN: misbehaviour.source(hook),
    }


@pytest.fixture(scope="module")
def backtests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backtests]:
    market, house = PaintedMarket(), copy_of_the_house(tmp_path_factory.mktemp("closed"))
    (house / "user_data/data/kraken").mkdir(parents=True)
    config = house / "config.micro_capital.json"
    shipped = config.read_text()
    ordered = shipped.replace('"BTC/USD", "ETH/USD", "SOL/USD"', '"BTC/USD", "SOL/USD", "ETH/USD"')
    assert ordered != shipped
    config.write_text(ordered)
    futures = house / "config.futures.json"
    names = '"BTC/USD:USD", "ETH/USD:USD", "SOL/USD:USD"'
    assert names in futures.read_text()
    in_order = '"BTC/USD:USD", "SOL/USD:USD", "ETH/USD:USD"'
    futures.write_text(futures.read_text().replace(names, in_order))
    with simulated(market):
        yield Backtests(Engine(house), market)


def seen(outcome: Outcome, log: list[str], number: int, what: str, candidate: str = ETH) -> Seen:
    """What came of the cell `number`, where `candidate` is what must not be entered."""
    decisive = pd.Timestamp(START + (8 * (number + 1) + 4) * HOUR)
    # A bot would have logged them.
    log = [
        *log,
        *(
            f"INFO Entry into {refusal['pair']} refused: {' '.join(refusal['reasons'].values())}"
            for refusal in outcome.refusals
            if pd.Timestamp(refusal["time"]) == decisive
        ),
    ]
    trades = outcome.trades
    if trades.empty:
        return Seen(set(), {}, log, what in CULPRIT.acted)
    trades = trades.assign(pair=trades["pair"].map(misbehaviour.plain))
    entered = set(trades.loc[trades["open_date"] == decisive, "pair"])
    gone = trades[trades["close_date"] == decisive]
    return Seen(
        {ETH} if candidate in entered else set(),
        dict(zip(gone["pair"], gone["exit_reason"], strict=True)),
        log,
        what in CULPRIT.acted,
    )


def by_time(backtests: Backtests, hook: str) -> dict[str, Seen]:
    """Money and events: one backtest, one cell after the other."""
    ways = [cell.what for cell in MATRIX[hook]]

    def at(time: datetime) -> str | None:
        number, hour = divmod((time - START) // HOUR - 8, 8)
        return ways[number] if 0 <= number < len(ways) and 1 <= hour <= 4 else None

    CULPRIT.at = at
    outcome, lines = backtests.run(hook, len(ways), plugins(hook, len(ways)))
    return {
        what: seen(outcome, lines.get(what, []), number, what) for number, what in enumerate(ways)
    }


def by_pair(backtests: Backtests, hook: str) -> dict[str, Seen]:
    """Market: two ways a backtest, and BTC's candles well."""
    ways = [cell.what for cell in MATRIX[hook]]
    found = {}
    for first in range(0, len(ways), 2):
        spoilt = dict(zip((SOL, ETH), ways[first : first + 2], strict=False))
        CULPRIT.begin(hook)
        CULPRIT.of = spoilt
        allowed = ["BTC", "ETH", "SOL"]
        outcome, lines = backtests.run(hook, 1, plugins(hook, 1), trade_only=allowed)
        for pair, what in spoilt.items():
            found[what] = seen(outcome, lines.get(what, []), 0, what, pair)
    return found


def by_run(backtests: Backtests, hook: str) -> dict[str, Seen]:
    """The beginning of a run: one backtest a way."""
    found = {}
    for cell in MATRIX[hook]:
        CULPRIT.begin(hook)
        CULPRIT.now = cell.what
        outcome, lines = backtests.run(hook, 1, plugins(hook, 1))
        found[cell.what] = seen(outcome, lines.get(cell.what, []), 0, cell.what)
        if found[cell.what].errors:
            assert outcome.trades.empty, "it was to hold for the whole run"
    return found


@pytest.fixture(scope="module")
def played(backtests: Backtests) -> Iterator[Callable[[str], dict[str, Seen]]]:
    """What came of every cell of a hook, played when first asked for."""
    found: dict[str, dict[str, Seen]] = {}

    def of(hook: str) -> dict[str, Seen]:
        if hook not in found:
            CULPRIT.begin(hook)
            timed = hook in MONEY + EVENTS
            play = by_time if timed else by_pair if hook in MARKET else by_run
            found[hook] = play(backtests, hook)
        return found[hook]

    yield of
    CULPRIT.begin("")


@pytest.mark.parametrize("cell", cells(*MARKET, *MONEY, *EVENTS, *misbehaviour.START), ids=str)
def test_every_hook_in_every_way(played: Callable[[str], dict[str, Seen]], cell: Cell) -> None:
    # A run that cannot begin has no positions to take out.
    judge(cell, played(cell.hook)[cell.what], held=cell.hook not in misbehaviour.START)


@pytest.mark.parametrize(
    ("source", "function"),
    [("script", "nija_plan"), ("script", "nija_score"), ("voter", "nija_votes")],
)
def test_where_nobody_has_an_opinion_nothing_is_entered(
    backtests: Backtests, source: str, function: str
) -> None:
    CULPRIT.begin("nija_stake")
    files = plugins("nija_stake", 1)
    files[source] = files[source].replace(
        f"@hookimpl\ndef {function}(", f"@hookimpl\ndef {function}(): return None\n\ndef _idle("
    )
    outcome, lines = backtests.run("nija_stake", 1, files)
    assert outcome.trades.empty
    assert not [line for line in lines.get("", []) if line.startswith("ERROR")]
