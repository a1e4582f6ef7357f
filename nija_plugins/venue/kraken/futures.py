"""Kraken Futures' public REST, as far as ccxt and freqtrade call it: its perpetual futures.

The mark price is the price of the last trade: this market has no premium over an index. Whoever is
long pays funding every hour after a day on which the price rose, as on a real exchange more often
than not, and a little at all times.
"""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import pandas as pd
from fastapi import APIRouter, HTTPException, Query
from fastapi.responses import JSONResponse
from freqtrade.exchange import timeframe_to_seconds

from nija_plugins.venue.kraken.public import ALTNAMES, decimals
from nija_plugins.venue.listings import Listing
from nija_plugins.venue.market.candles import CandleSource, UnknownTimeframe
from nija_plugins.venue.quotes import LEVELS, Quotes

MAX_CANDLES = 2000
DAY = timedelta(days=1)
FIRST_FUNDING = datetime(2019, 1, 1, tzinfo=UTC)

MARGIN_LEVELS = ((0, 0.02, 0.01), (500_000, 0.04, 0.02), (2_000_000, 0.1, 0.05))
"""From which position value (USD) on which initial and maintenance margin, as fractions, are asked
for; the first level is all that a small account sees."""

USUAL_FUNDING = 1e-5
FUNDING_OF_CHANGE = 2e-4
LARGEST_FUNDING = 2.5e-4
"""An hour's funding, as a fraction of the position: at all times, per change over the last day (a
fraction), and at most."""


def funding_rates(
    source: CandleSource, pair: str, start: datetime, end: datetime, now: datetime
) -> pd.DataFrame:
    """What the longs of `pair` pay the shorts at each full hour in [start, end), up to `now`.

    Columns `date` (UTC) and `funding_rate`, a fraction of the position's value. Each rate is known
    from candles that had closed before its hour.
    """
    candles = source.candles(pair, "1h", start - DAY - timedelta(hours=1), end, now)
    change = candles["close"].shift(1) / candles["close"].shift(25) - 1
    rate = (USUAL_FUNDING + FUNDING_OF_CHANGE * change.fillna(0.0)).clip(
        -LARGEST_FUNDING, LARGEST_FUNDING
    )
    rates = pd.DataFrame({"date": candles["date"], "funding_rate": rate.round(12)})
    return rates[rates["date"] >= pd.Timestamp(start)].reset_index(drop=True)


def router(quotes: Quotes) -> APIRouter:
    """The routes; freqtrade is led to them without the paths of the real addresses."""
    routes = APIRouter()

    @routes.get("/v3/instruments")
    def instruments() -> dict[str, Any]:
        return _answer(quotes, instruments=[_instrument(one) for one in quotes.listings()])

    @routes.get("/v3/tickers")
    def tickers() -> dict[str, Any]:
        return _answer(quotes, tickers=[_ticker(quotes, one) for one in quotes.listings()])

    @routes.get("/v3/tickers/{symbol}")
    def ticker(symbol: str) -> dict[str, Any]:
        return _answer(quotes, ticker=_ticker(quotes, _find(quotes, symbol)))

    @routes.get("/v3/orderbook")
    def orderbook(symbol: str) -> dict[str, Any]:
        bids, asks = quotes.book(_find(quotes, symbol), LEVELS)
        sides = {
            name: [[float(level.price), float(level.size)] for level in levels]
            for name, levels in (("bids", bids), ("asks", asks))
        }
        return _answer(quotes, orderBook=sides)

    @routes.get("/v4/historicalfundingrates")
    def rates(symbol: str) -> JSONResponse:
        listing, now = _find(quotes, symbol), quotes.clock()
        found = funding_rates(quotes.source, listing.pair, FIRST_FUNDING, now, now)
        found = found.assign(date=found["date"].dt.strftime("%Y-%m-%dT%H:%M:%S.000Z"))
        rates = [
            {"timestamp": date, "relativeFundingRate": rate}
            for date, rate in zip(found["date"], found["funding_rate"], strict=True)
        ]
        # As it is: FastAPI would look at each of 40,000 values, longer than all the rest takes.
        return JSONResponse({"rates": rates})

    @routes.get("/v1/{price_type}/{symbol}/{interval}")
    def candles(
        price_type: str,
        symbol: str,
        interval: str,
        since: Annotated[int | None, Query(alias="from")] = None,
        to: int | None = None,
    ) -> dict[str, Any]:
        if price_type not in ("trade", "mark", "spot"):
            raise _error("invalidArgument: price_type")
        listing, now = _find(quotes, symbol), quotes.clock()
        end = now if to is None else min(datetime.fromtimestamp(to, UTC), now)
        start = datetime.fromtimestamp(since, UTC) if since is not None else None
        try:
            rows = _rows(quotes, listing, interval, start, end, now)
        except UnknownTimeframe:
            raise _error(f"invalidArgument: interval {interval}") from None
        return {
            "candles": [_candle(listing, *row) for row in rows.head(MAX_CANDLES).to_numpy()],
            "more_candles": len(rows) > MAX_CANDLES,
        }

    return routes


def _rows(
    quotes: Quotes,
    listing: Listing,
    interval: str,
    start: datetime | None,
    end: datetime,
    now: datetime,
) -> pd.DataFrame:
    """Candles that open in [start, end]; without a start the last `MAX_CANDLES`."""
    if start is None:
        start = end - MAX_CANDLES * timedelta(seconds=timeframe_to_seconds(interval))
    later = end + timedelta(seconds=1)
    found = quotes.source.candles(listing.pair, interval, start, later, now)
    milliseconds = found["date"].dt.as_unit("ms").astype("int64")
    return found.assign(date=milliseconds)[["date", "open", "high", "low", "close", "volume"]]


def _candle(
    listing: Listing, time: float, open_: float, high: float, low: float, close: float, size: float
) -> dict[str, Any]:
    prices = {
        name: str(listing.price(value))
        for name, value in (("open", open_), ("high", high), ("low", low), ("close", close))
    }
    return {"time": int(time), **prices, "volume": f"{size:.8f}"}


def _answer(quotes: Quotes, **result: Any) -> dict[str, Any]:
    time = quotes.clock().astimezone(UTC)
    return {"result": "success", **result, "serverTime": f"{time:%Y-%m-%dT%H:%M:%S}.000Z"}


def _error(name: str) -> HTTPException:
    return HTTPException(400, {"result": "error", "error": name})


def _find(quotes: Quotes, symbol: str) -> Listing:
    found = quotes.find(symbol.upper())
    if found is None:
        raise _error("contractNotFound")
    return found


def _instrument(listing: Listing) -> dict[str, Any]:
    return {
        "symbol": listing.id,
        "type": "flexible_futures",
        "tickSize": float(listing.price_tick),
        "contractSize": 1,
        "contractValueTradePrecision": decimals(listing.amount_step),
        "tradeable": True,
        "marginLevels": [
            {"numNonContractUnits": value, "initialMargin": first, "maintenanceMargin": least}
            for value, first, least in MARGIN_LEVELS
        ],
    }


def _ticker(quotes: Quotes, listing: Listing) -> dict[str, Any]:
    quote, now = quotes.quote(listing), quotes.clock().astimezone(UTC)
    hour = now.replace(minute=0, second=0, microsecond=0)
    rates = funding_rates(quotes.source, listing.pair, hour, hour + timedelta(seconds=1), now)
    rate = float(rates["funding_rate"].iloc[-1]) if len(rates) else 0.0
    last = float(quote.last)
    return {
        "tag": "perpetual",
        "pair": f"{ALTNAMES[listing.base]}:{listing.quote}",
        "symbol": listing.id,
        "markPrice": last,
        "indexPrice": last,
        "bid": float(quote.bid),
        "bidSize": 10,
        "ask": float(quote.ask),
        "askSize": 10,
        "vol24h": quote.day_volume,
        "open24h": float(quote.day_open),
        "last": last,
        "lastTime": f"{quote.time.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.000Z",
        "fundingRate": rate * last,
        "suspended": False,
    }
