"""The candles that everything is measured on: recorded ones where there are any, and copies of them
where more pairs are wanted."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from nija_plugins.replay.clock import replaced
from nija_plugins.venue import venue
from nija_plugins.venue.kraken import public as kraken
from nija_plugins.venue.listings import LISTED, ExchangeRules
from nija_plugins.venue.market.candles import CandleSource, FileCandles, NoCandles, SyntheticCandles

RECORDED = Path("user_data/data/binance")


@dataclass(frozen=True)
class Market:
    """Candles from `first` to `last` (UTC), and what a reader should call them."""

    source: CandleSource
    name: str
    first: datetime
    last: datetime


def market(folder: Path) -> Market:
    """The recorded candles in `folder`, or four synthetic years where there are none."""
    try:
        source: CandleSource = FileCandles(folder)
    except NoCandles:
        first, last = datetime(2022, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
        return Market(SyntheticCandles(), "synthetic candles", first, last)
    first, last = datetime(2020, 8, 11, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC)
    return Market(source, "recorded candles of Binance", first, last)


class Copies(CandleSource):
    """`source` with as many assets as wanted: copies of its own under other names."""

    def __init__(self, source: CandleSource, wanted: int) -> None:
        own = source.assets
        more = [f"C{number:03d}" for number in range(wanted - len(own))]
        self.assets = (*own, *more)[:wanted]
        self._of = {name: own[i % len(own)] for i, name in enumerate(self.assets)}
        self._source = source

    def hours(self, asset: str, start: datetime, end: datetime) -> pd.DataFrame:
        """See `CandleSource`."""
        return self._source.hours(self._of[asset], start, end)


@contextmanager
def listed(assets: tuple[str, ...]) -> Iterator[None]:
    """The simulated Kraken lists all `assets` while this lasts."""
    known = {one.base: one for one in LISTED["kraken"].listings}
    like = known["SOL"]
    listings = tuple(
        known.get(name) or replace(like, base=name, id=f"{name}USD") for name in assets
    )
    rules: dict[str, ExchangeRules] = {
        **LISTED,
        "kraken": replace(LISTED["kraken"], listings=listings),
    }
    names = {name: name for name in assets}
    with (
        replaced(venue, "LISTED", rules),
        replaced(kraken, "ASSET_IDS", {**names, **kraken.ASSET_IDS}),
        replaced(kraken, "ALTNAMES", {**names, **kraken.ALTNAMES}),
    ):
        yield
