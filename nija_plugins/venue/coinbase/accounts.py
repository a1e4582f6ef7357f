"""Coinbase's private REST about the account itself: balances, fees, what its key may do."""

from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request

from nija_plugins.venue.broken import FLAW
from nija_plugins.venue.coinbase import orders as words
from nija_plugins.venue.coinbase.public import NAMES
from nija_plugins.venue.coinbase.signed import Signer, not_found, user_id
from nija_plugins.venue.exchange import SimulatedExchange
from nija_plugins.venue.faults import Fault, Rule
from nija_plugins.venue.names import coinbase_name
from nija_plugins.venue.venue import Venue


def router(venue: Venue, signed: Signer) -> APIRouter:
    """`/v2/accounts`, where ccxt reads balances by default, and what is below
    `/api/v3/brokerage`."""
    routes = APIRouter()
    base = "/api/v3/brokerage"
    Key = Annotated[str, Depends(signed)]

    @routes.get("/v2/accounts")
    def wallets(key: Key, request: Request) -> dict[str, Any]:
        with venue.exchange("coinbase") as exchange:
            balances = _balances(exchange, key, request)
        return {
            "pagination": {"next_starting_after": None, "next_uri": None, "limit": 250},
            "data": [
                {
                    "id": _wallet_id(key, name),
                    "name": f"{name} Wallet",
                    "primary": False,
                    "type": "fiat" if name == "USD" else "wallet",
                    "currency": {"code": name, "name": NAMES.get(name, name)},
                    # This version of the API knows of no holds.
                    "balance": {"amount": words.text(one.total, 16), "currency": name},
                    "resource": "account",
                }
                for name, one in balances.items()
            ],
        }

    @routes.get(f"{base}/accounts")
    def accounts(key: Key, request: Request) -> dict[str, Any]:
        with venue.exchange("coinbase") as exchange:
            balances = _balances(exchange, key, request)
        listed = [_account(key, name, one.free, one.used) for name, one in balances.items()]
        return {"accounts": listed, "has_next": False, "cursor": "", "size": len(listed)}

    @routes.get(f"{base}/accounts/{{account_id}}")
    def one_account(key: Key, account_id: str, request: Request) -> dict[str, Any]:
        with venue.exchange("coinbase") as exchange:
            balances = _balances(exchange, key, request)
        for name, one in balances.items():
            if _wallet_id(key, name) == account_id:
                return {"account": _account(key, name, one.free, one.used)}
        raise not_found("account not found")

    @routes.get(f"{base}/key_permissions")
    def key_permissions(key: Key) -> dict[str, Any]:
        with venue.exchange("coinbase") as exchange:
            account = exchange.account(key)
        return {
            "can_view": True,
            "can_trade": True,
            "can_transfer": account is not None and account.may_withdraw,
            "portfolio_uuid": user_id(key),
            "portfolio_type": "DEFAULT",
        }

    @routes.get(f"{base}/transaction_summary")
    def transaction_summary(key: Key) -> dict[str, Any]:
        with venue.exchange("coinbase") as exchange:
            fills = [fill for order in exchange.orders(key) for fill in order.fills]
            rules = exchange.rules
        return {
            "total_volume": float(sum(fill.cost for fill in fills)),
            "total_fees": float(sum(fill.fee for fill in fills)),
            "fee_tier": {
                "pricing_tier": "Intro 1",
                "usd_from": "0",
                "usd_to": "",
                "taker_fee_rate": str(rules.taker),
                "maker_fee_rate": str(rules.maker),
            },
            "has_promo_fee": False,
        }

    return routes


def _balances(exchange: SimulatedExchange, key: str, request: Request) -> Any:
    rule: Rule | None = request.scope.get(FLAW)
    stale = rule is not None and rule.fault is Fault.STALE_BALANCE
    return exchange.earlier_statement(key) if stale else exchange.statement(key)


def _account(key: str, name: str, free: Decimal, used: Decimal) -> dict[str, Any]:
    return {
        "uuid": _wallet_id(key, name),
        "name": f"{name} Wallet",
        "currency": name,
        "available_balance": {"value": words.text(free, 16), "currency": name},
        "default": True,
        "active": True,
        "created_at": "2023-01-01T00:00:00.000Z",
        "updated_at": "2023-01-01T00:00:00.000Z",
        "deleted_at": None,
        "type": "ACCOUNT_TYPE_FIAT" if name == "USD" else "ACCOUNT_TYPE_CRYPTO",
        "ready": True,
        "hold": {"value": words.text(used, 16), "currency": name},
        "retail_portfolio_id": user_id(key),
    }


def _wallet_id(key: str, currency: str) -> str:
    return coinbase_name(f"wallet {key} {currency}", 0)
