"""Kraken's public REST, as far as ccxt and freqtrade call it.

Every answer is `{"error": [...], "result": ...}` with status 200, errors included. OHLC serves the
720 most recent rows and nothing older; the last row is the candle that is still forming.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from typing import Any

from fastapi import APIRouter, Request

from nija_plugins.venue.broken import FLAW
from nija_plugins.venue.listings import Listing
from nija_plugins.venue.market.candles import UnknownTimeframe
from nija_plugins.venue.quotes import LEVELS, Quote, Quotes
from nija_plugins.venue.spoilt import spoilt

MAX_CANDLES = 720
ASSET_IDS = {"BTC": "XXBT", "ETH": "XETH", "SOL": "SOL", "USD": "ZUSD"}
ALTNAMES = {"BTC": "XBT", "ETH": "ETH", "SOL": "SOL", "USD": "USD"}
INTERVALS = (60, 240, 1440, 10080, 21600)
"""Minutes. The real exchange also has four below an hour."""
UNKNOWN_PAIR = "EQuery:Unknown asset pair"


def router(quotes: Quotes) -> APIRouter:
    """The routes below `/0/public`."""
    routes = APIRouter(prefix="/0/public")

    @routes.get("/Time")
    def time() -> dict[str, Any]:
        now = quotes.clock()
        return _answer({"unixtime": int(now.timestamp()), "rfc1123": format_datetime(now)})

    @routes.get("/SystemStatus")
    def system_status() -> dict[str, Any]:
        now = quotes.clock().astimezone(UTC)
        return _answer({"status": "online", "timestamp": now.strftime("%Y-%m-%dT%H:%M:%SZ")})

    @routes.get("/Assets")
    def assets() -> dict[str, Any]:
        names = [one.base for one in quotes.listings()]
        return _answer(
            {
                ASSET_IDS[name]: {
                    "aclass": "currency",
                    "altname": ALTNAMES[name],
                    "decimals": 4 if name == "USD" else 10,
                    "display_decimals": 2 if name == "USD" else 5,
                    "status": "enabled",
                }
                for name in [*names, "USD"]
            }
        )

    @routes.get("/AssetPairs")
    def asset_pairs() -> dict[str, Any]:
        return _answer({one.id: _asset_pair(quotes, one) for one in quotes.listings()})

    @routes.get("/OHLC")
    def ohlc(request: Request, pair: str, interval: int = 1, since: int = 0) -> dict[str, Any]:
        listing = _find(quotes, pair)
        if listing is None:
            return _error(UNKNOWN_PAIR)
        if interval not in INTERVALS:
            return _error("EGeneral:Invalid arguments")
        now, step = quotes.clock(), timedelta(minutes=interval)
        try:
            rows = quotes.source.candles(listing.pair, interval, now - MAX_CANDLES * step, now, now)
        except UnknownTimeframe:
            return _error("EGeneral:Invalid arguments")
        stamps = rows["date"].dt.as_unit("s").astype("int64").to_list()
        result = [
            [stamp, *_ohlc(listing, open_, high, low, close), f"{volume:.8f}", 100]
            for stamp, open_, high, low, close, volume in zip(
                stamps,
                *(rows[name] for name in ("open", "high", "low", "close", "volume")),
                strict=True,
            )
        ]
        opened = [datetime.fromtimestamp(stamp, UTC) for stamp in stamps]
        closed = [stamp for stamp, when in zip(stamps, opened, strict=True) if when + step <= now]
        result = spoilt(result, opened, step, now, request.scope.get(FLAW), _priced)
        return _answer(
            {
                listing.id: [row for row in result[-MAX_CANDLES:] if row[0] > since],
                "last": closed[-1] if closed else 0,
            }
        )

    @routes.get("/Ticker")
    def ticker(pair: str | None = None) -> dict[str, Any]:
        wanted = [_find(quotes, one) for one in pair.split(",")] if pair else quotes.listings()
        known = [one for one in wanted if one]
        if len(known) < len(wanted):
            return _error(UNKNOWN_PAIR)
        return _answer({one.id: _ticker(quotes.quote(one)) for one in known})

    @routes.get("/Depth")
    def depth(pair: str, count: int = LEVELS) -> dict[str, Any]:
        listing = _find(quotes, pair)
        if listing is None:
            return _error(UNKNOWN_PAIR)
        bids, asks = quotes.book(listing, count)
        now = int(quotes.clock().timestamp())
        book = {
            "asks": [[str(a.price), str(a.size), now] for a in asks],
            "bids": [[str(b.price), str(b.size), now] for b in bids],
        }
        return _answer({listing.id: book})

    return routes


def _answer(result: Any) -> dict[str, Any]:
    return {"error": [], "result": result}


def _error(message: str) -> dict[str, Any]:
    return {"error": [message]}


def _find(quotes: Quotes, name: str) -> Listing | None:
    """A listing by Kraken's id or altname (`XXBTZUSD`, `XBTUSD`)."""
    return next((one for one in quotes.listings() if name in (one.id, altname(one))), None)


def altname(listing: Listing) -> str:
    """`XBTUSD`"""
    return ALTNAMES[listing.base] + ALTNAMES[listing.quote]


def _asset_pair(quotes: Quotes, listing: Listing) -> dict[str, Any]:
    return {
        "altname": altname(listing),
        "wsname": f"{ALTNAMES[listing.base]}/{ALTNAMES[listing.quote]}",
        "aclass_base": "currency",
        "base": ASSET_IDS[listing.base],
        "aclass_quote": "currency",
        "quote": ASSET_IDS[listing.quote],
        "lot": "unit",
        "cost_decimals": 5,
        "pair_decimals": decimals(listing.price_tick),
        "lot_decimals": decimals(listing.amount_step),
        "lot_multiplier": 1,
        "leverage_buy": [],
        "leverage_sell": [],
        # The first step of the volume ladder; a small account never sees the others.
        "fees": [[0, float(quotes.rules.taker * 100)]],
        "fees_maker": [[0, float(quotes.rules.maker * 100)]],
        "fee_volume_currency": "ZUSD",
        "margin_call": 80,
        "margin_stop": 40,
        "ordermin": f"{listing.amount_min:f}",
        "costmin": f"{listing.cost_min:f}",
        "tick_size": f"{listing.price_tick:f}",
        "status": "online",
    }


def decimals(step: Decimal) -> int:
    """Digits after the point of a grid of `step`."""
    return max(0, -int(step.normalize().as_tuple().exponent))


def _ohlc(listing: Listing, open_: float, high: float, low: float, close: float) -> list[str]:
    """Open, high, low, close, and an average price as Kraken sends it."""
    average = (high + low + close) / 3
    return [str(listing.price(value)) for value in (open_, high, low, close, average)]


def _priced(row: list[Any], price: str | None) -> list[Any]:
    return [row[0], *[price] * 5, *row[6:]]


def _ticker(quote: Quote) -> dict[str, Any]:
    """Today's and the last day's figures are both the last 24 hours'."""
    volume = f"{quote.day_volume:.8f}"
    return {
        "a": [str(quote.ask), "1", "1.000"],
        "b": [str(quote.bid), "1", "1.000"],
        "c": [str(quote.last), "0.01000000"],
        "v": [volume, volume],
        "p": [str(quote.vwap), str(quote.vwap)],
        "t": [1000, 1000],
        "l": [str(quote.day_low), str(quote.day_low)],
        "h": [str(quote.day_high), str(quote.day_high)],
        "o": str(quote.day_open),
    }
