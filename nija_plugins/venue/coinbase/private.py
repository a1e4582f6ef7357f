"""Coinbase's private REST, as far as ccxt and freqtrade call it: orders, fills, signed market data.

Every request is signed (see `coinbase_keys`). Whoever is not recognized gets a plain 401.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, HTTPException, Query, Request

from nija_plugins.venue.broken import FLAW
from nija_plugins.venue.coinbase import accounts
from nija_plugins.venue.coinbase import orders as words
from nija_plugins.venue.coinbase.public import market_routes
from nija_plugins.venue.coinbase.signed import not_found, signer, user_id
from nija_plugins.venue.exchange import Flaw, SimulatedExchange
from nija_plugins.venue.faults import Fault, Rule
from nija_plugins.venue.orders import Order, Reason, Refused
from nija_plugins.venue.venue import Venue

T = TypeVar("T")


def router(venue: Venue) -> APIRouter:
    """All private routes of `venue`'s Coinbase."""
    routes = APIRouter()
    base = "/api/v3/brokerage"
    signed = signer(venue)
    Key = Annotated[str, Depends(signed)]
    with venue.exchange("coinbase") as one:
        market = market_routes(one.quotes, base)
    routes.include_router(market, dependencies=[Depends(signed)])
    routes.include_router(accounts.router(venue, signed))

    @routes.post(f"{base}/orders")
    async def create_order(key: Key, request: Request) -> dict[str, Any]:
        asked = _json(await request.body())
        with venue.exchange("coinbase") as exchange:
            return _create(exchange, key, asked, request.scope.get(FLAW))

    @routes.post(f"{base}/orders/batch_cancel")
    async def batch_cancel(key: Key, request: Request) -> dict[str, Any]:
        asked = _json(await request.body()).get("order_ids")
        with venue.exchange("coinbase") as exchange:
            return {"results": [_cancel(exchange, key, str(one)) for one in asked or []]}

    @routes.get(f"{base}/orders/historical/batch")
    def list_orders(
        key: Key,
        order_status: Annotated[list[str] | None, Query()] = None,
        product_id: Annotated[list[str] | None, Query()] = None,
        product_ids: Annotated[list[str] | None, Query()] = None,
        start_date: datetime | None = None,
        end_date: datetime | None = None,
        limit: int = 1000,
        cursor: int = 0,
    ) -> dict[str, Any]:
        wanted = [*(product_id or []), *(product_ids or [])]
        with venue.exchange("coinbase") as exchange:
            found = [
                _shown(exchange, order, key)
                for order in reversed(exchange.orders(key))
                if (not order_status or words.status(order) in order_status)
                and (start_date is None or order.opened >= start_date)
                and (end_date is None or order.opened < end_date)
                and (not wanted or exchange.rules.listing(order.ticket.pair).id in wanted)
            ]
        page, after = _page(found, limit, cursor)
        return {"orders": page, "has_next": bool(after), "cursor": after, "sequence": "0"}

    @routes.get(f"{base}/orders/historical/fills")
    def list_fills(
        key: Key,
        order_id: Annotated[list[str] | None, Query()] = None,
        order_ids: Annotated[list[str] | None, Query()] = None,
        product_id: Annotated[list[str] | None, Query()] = None,
        product_ids: Annotated[list[str] | None, Query()] = None,
        start_sequence_timestamp: datetime | None = None,
        end_sequence_timestamp: datetime | None = None,
        limit: int = 1000,
        cursor: int = 0,
    ) -> dict[str, Any]:
        orders = [*(order_id or []), *(order_ids or [])]
        products = [*(product_id or []), *(product_ids or [])]
        begin, end = start_sequence_timestamp, end_sequence_timestamp
        with venue.exchange("coinbase") as exchange:
            fills = [
                (fill, exchange.rules.listing(fill.pair))
                for order in exchange.orders(key)
                for fill in order.fills
                if (not orders or order.id in orders)
                and (begin is None or fill.time >= begin)
                and (end is None or fill.time < end)
            ]
        fills.sort(key=lambda one: (one[0].time, one[0].number), reverse=True)
        found = [
            words.fill_shown(fill, listing, user_id(key))
            for fill, listing in fills
            if not products or listing.id in products
        ]
        page, after = _page(found, limit, cursor)
        return {"fills": page, "cursor": after}

    @routes.get(f"{base}/orders/historical/{{order_id}}")
    def one_order(key: Key, order_id: str) -> dict[str, Any]:
        with venue.exchange("coinbase") as exchange:
            order = exchange.order(key, order_id)
            if order is None:
                raise not_found("order with this orderID was not found")
            return {"order": _shown(exchange, order, key)}

    return routes


def _create(
    exchange: SimulatedExchange, key: str, asked: Mapping[str, Any], rule: Rule | None
) -> dict[str, Any]:
    """Places an order, or finds the one that the client has already placed under this id."""
    configuration = asked.get("order_configuration")
    client = asked.get("client_order_id")
    if not client:
        raise HTTPException(
            400, {"error": "INVALID_ARGUMENT", "error_description": "client_order_id is required"}
        )
    order = next((one for one in exchange.orders(key) if one.ticket.client_id == client), None)
    try:
        if order is None:
            listing = exchange.quotes.find(str(asked.get("product_id")))
            if listing is None:
                raise Refused(Reason.UNKNOWN_PAIR)
            flaw = None
            if rule is not None and rule.fault in (Fault.PARTIAL, Fault.PARTIAL_CANCELED):
                flaw = Flaw(Decimal(rule.share), rule.fault is Fault.PARTIAL_CANCELED)
            order = exchange.submit(key, words.ticket(listing.pair, asked), flaw)
    except Refused as refused:
        error, preview = words.REFUSALS[refused.reason]
        funds = refused.reason is Reason.INSUFFICIENT_FUNDS
        return {
            "success": False,
            "failure_reason": "UNKNOWN_FAILURE_REASON",
            "order_id": "",
            "error_response": {
                "error": error,
                "message": "Insufficient balance in source account" if funds else str(refused),
                "error_details": "",
                "preview_failure_reason": preview,
            },
            "order_configuration": configuration,
        }
    return {
        "success": True,
        "failure_reason": "UNKNOWN_FAILURE_REASON",
        "order_id": order.id,
        "success_response": {
            "order_id": order.id,
            "product_id": exchange.rules.listing(order.ticket.pair).id,
            "side": order.ticket.side.value.upper(),
            "client_order_id": client,
        },
        "order_configuration": configuration,
    }


def _cancel(exchange: SimulatedExchange, key: str, order_id: str) -> dict[str, Any]:
    try:
        exchange.cancel(key, order_id)
    except Refused:
        return {"success": False, "failure_reason": "UNKNOWN_CANCEL_ORDER", "order_id": order_id}
    reason = "UNKNOWN_CANCEL_FAILURE_REASON"
    return {"success": True, "failure_reason": reason, "order_id": order_id}


def _shown(exchange: SimulatedExchange, order: Order, key: str) -> dict[str, Any]:
    listing = exchange.rules.listing(order.ticket.pair)
    return words.shown(order, listing, user_id(key))


def _page(found: Sequence[T], limit: int, cursor: int) -> tuple[Sequence[T], str]:
    """One page, and the cursor of the next one, empty at the end."""
    end = cursor + max(1, limit)
    return found[cursor:end], str(end) if end < len(found) else ""


def _json(body: bytes) -> dict[str, Any]:
    try:
        asked = json.loads(body or b"{}")
    except ValueError:
        asked = None
    if not isinstance(asked, dict):
        raise HTTPException(
            400, {"error": "INVALID_ARGUMENT", "error_description": "the body is no JSON object"}
        )
    return asked
