"""Coinbase's public REST, as far as ccxt and freqtrade call it.

Shapes follow the exchange's Advanced Trade API: numbers are strings, candles come newest first and
at most 300 at a time, and there are no 4-hour candles.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import APIRouter, HTTPException, Request

from nija_plugins.venue.broken import FLAW
from nija_plugins.venue.listings import Listing
from nija_plugins.venue.quotes import LEVELS, Quotes
from nija_plugins.venue.spoilt import spoilt

GRANULARITIES = {"ONE_HOUR": 60, "TWO_HOUR": 120, "SIX_HOUR": 360, "ONE_DAY": 1440}
"""Minutes of each candle length. The real exchange also has four below an hour."""
MAX_CANDLES = 300
NAMES = {"USD": "US Dollar", "BTC": "Bitcoin", "ETH": "Ethereum", "SOL": "Solana"}
FLAGS = (
    *("watched", "is_disabled", "new", "cancel_only", "limit_only", "post_only"),
    *("trading_disabled", "auction_mode", "view_only"),
)
"""Fields of a product that are false for an ordinary market."""


def router(quotes: Quotes) -> APIRouter:
    """The public routes below `/v2` and `/api/v3/brokerage`."""
    routes = market_routes(quotes, "/api/v3/brokerage/market")

    @routes.get("/v2/time")
    def time_v2() -> dict[str, Any]:
        now = quotes.clock()
        return {"data": {"epoch": int(now.timestamp()), "iso": iso(now)}}

    @routes.get("/api/v3/brokerage/time")
    def time_v3() -> dict[str, Any]:
        now = quotes.clock()
        epoch = now.timestamp()
        return {
            "iso": iso(now),
            "epochSeconds": str(int(epoch)),
            "epochMillis": str(int(epoch * 1000)),
        }

    @routes.get("/v2/currencies")
    def fiat() -> dict[str, Any]:
        return {"data": [{"id": "USD", "name": NAMES["USD"], "min_size": "0.01"}]}

    @routes.get("/v2/currencies/crypto")
    def crypto() -> dict[str, Any]:
        return {
            "data": [
                {"asset_id": f"synthetic-{one.base}", "code": one.base, "name": NAMES[one.base]}
                | {"type": "crypto", "exponent": 8, "sort_index": 100 + i}
                for i, one in enumerate(quotes.listings())
            ]
        }

    @routes.get("/v2/exchange-rates")
    def exchange_rates(currency: str = "USD") -> dict[str, Any]:
        rates = {one.base: f"{1 / quotes.quote(one).last:.16f}" for one in quotes.listings()}
        return {"data": {"currency": currency, "rates": {"USD": "1.0", **rates}}}

    return routes


def market_routes(quotes: Quotes, market: str) -> APIRouter:
    """The market data below `market`: public under one address, signed under another."""
    routes = APIRouter()

    @routes.get(f"{market}/products")
    def products(product_type: str = "SPOT") -> dict[str, Any]:
        listed = quotes.listings() if product_type == "SPOT" else []
        return {"products": [_product(quotes, one) for one in listed], "num_products": len(listed)}

    @routes.get(f"{market}/products/{{product_id}}")
    def product(product_id: str) -> dict[str, Any]:
        return _product(quotes, _listing(quotes, product_id))

    @routes.get(f"{market}/products/{{product_id}}/candles")
    def candles(
        request: Request, product_id: str, start: int, end: int, granularity: str
    ) -> dict[str, Any]:
        listing = _listing(quotes, product_id)
        if granularity not in GRANULARITIES:
            known = ", ".join(GRANULARITIES)
            raise _refusal(f"granularity {granularity} is not one of {known}")
        minutes = GRANULARITIES[granularity]
        first, last = datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC)
        if last - first > (MAX_CANDLES + 50) * timedelta(minutes=minutes):
            raise _refusal("number of candles requested should be less than 350")
        # A candle that opens at `end` counts in, the one just begun among them.
        upto = last + timedelta(seconds=1)
        rows = quotes.source.candles(listing.pair, minutes, first, upto, quotes.clock())
        stamps = rows["date"].dt.as_unit("s").astype("int64").to_list()
        result = [
            {
                "start": str(stamp),
                "low": str(listing.price(low)),
                "high": str(listing.price(high)),
                "open": str(listing.price(open_)),
                "close": str(listing.price(close)),
                "volume": f"{volume:.8f}",
            }
            for stamp, open_, high, low, close, volume in zip(
                stamps,
                *(rows[name] for name in ("open", "high", "low", "close", "volume")),
                strict=True,
            )
        ]
        opened = [datetime.fromtimestamp(stamp, UTC) for stamp in stamps]
        step, rule = timedelta(minutes=minutes), request.scope.get(FLAW)
        return {"candles": spoilt(result, opened, step, quotes.clock(), rule, _priced)[::-1]}

    @routes.get(f"{market}/products/{{product_id}}/ticker")
    def ticker(product_id: str, limit: int = 1) -> dict[str, Any]:
        quote = quotes.quote(_listing(quotes, product_id))
        trade = {
            "trade_id": str(int(quote.time.timestamp() * 1000)),
            "product_id": product_id,
            "price": str(quote.last),
            "size": "0.01",
            "time": iso(quote.time),
            "side": "BUY",
            "bid": "",
            "ask": "",
        }
        trades = [trade] if limit > 0 else []
        return {"trades": trades, "best_bid": str(quote.bid), "best_ask": str(quote.ask)}

    @routes.get(f"{market}/product_book")
    def product_book(product_id: str, limit: int = LEVELS) -> dict[str, Any]:
        bids, asks = quotes.book(_listing(quotes, product_id), limit)
        return {
            "pricebook": {
                "product_id": product_id,
                "bids": [{"price": str(b.price), "size": str(b.size)} for b in bids],
                "asks": [{"price": str(a.price), "size": str(a.size)} for a in asks],
                "time": iso(quotes.clock()),
            }
        }

    return routes


def _listing(quotes: Quotes, product_id: str) -> Listing:
    listing = quotes.find(product_id)
    if listing is None:
        raise HTTPException(
            404, {"error": "NOT_FOUND", "error_description": f"Invalid product_id {product_id}"}
        )
    return listing


def _refusal(why: str) -> HTTPException:
    return HTTPException(400, {"error": "INVALID_ARGUMENT", "error_description": why})


def _priced(row: dict[str, str], price: str | None) -> dict[str, str]:
    return row | dict.fromkeys(("low", "high", "open", "close"), price or "")


def _product(quotes: Quotes, listing: Listing) -> dict[str, Any]:
    quote = quotes.quote(listing)
    return {
        "product_id": listing.id,
        "price": str(quote.last),
        "price_percentage_change_24h": f"{quote.day_change:.8f}",
        "volume_24h": f"{quote.day_volume:.8f}",
        "volume_percentage_change_24h": "0",
        "approximate_quote_24h_volume": f"{quote.day_volume * float(quote.vwap):.2f}",
        "base_increment": f"{listing.amount_step:f}",
        "quote_increment": f"{listing.price_tick:f}",
        "price_increment": f"{listing.price_tick:f}",
        "base_min_size": f"{listing.amount_min:f}",
        "base_max_size": "100000000",
        "quote_min_size": f"{listing.cost_min:f}",
        "quote_max_size": "150000000",
        "base_name": NAMES[listing.base],
        "quote_name": NAMES[listing.quote],
        "base_currency_id": listing.base,
        "quote_currency_id": listing.quote,
        "base_display_symbol": listing.base,
        "quote_display_symbol": listing.quote,
        "display_name": listing.id,
        "product_type": "SPOT",
        "product_venue": "CBE",
        "status": "online",
        "alias": "",
        "alias_to": [],
        "fcm_trading_session_details": None,
        "mid_market_price": "",
    } | dict.fromkeys(FLAGS, False)


def iso(moment: datetime) -> str:
    """`2025-03-04T00:00:00.000000Z`"""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
