"""freqtrade's API without freqtrade behind it, for what real bots do not do on demand."""

import asyncio
import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from fastapi import FastAPI, Request, WebSocket
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from nija_plugins.copying.bot import Bot
from nija_plugins.copying.setup import FollowerEndpoint, LeaderEndpoint
from nija_plugins.copying.standing import Standing
from nija_plugins.copying.tag import Copy, TradeKey, key_of
from nija_plugins.venue.server import serve

NOW = datetime(2025, 3, 4, 8, 0, 5, tzinfo=UTC)
MS = int(NOW.timestamp() * 1000)
SECRET, TOKEN = "a-password-of-tests", "a-token-of-tests"
LEADS = str(Standing("0.1.0", "ADVANCED", True, "MASTER_ONLY"))
FOLLOWS = str(Standing("0.1.0", "STARTER", False, "MASTER_FOLLOW"))
NOTES = {
    "nija_plan": {"stop": 0.04, "trail": 0.06, "target": 0.15},
    "nija_copying": {"copied": True, "tier": "ADVANCED"},
}


def a_trade(number: int, tag: str | None = None, **changes: Any) -> dict[str, Any]:
    trade = {
        "trade_id": number,
        "pair": "BTC/USD",
        "enter_tag": tag,
        "open_timestamp": MS,
        "open_fill_timestamp": MS,
        "open_rate": 50_000.0,
        "stake_amount": 18.0,
        "is_open": True,
        "is_short": False,
        "orders": [],
    }
    return trade | changes


def a_copy(number: int = 1, opened: int = MS) -> Copy:
    return Copy(TradeKey("main", number, opened), opened, 50_000.0, 0.04, 0.15, 0.06)


@dataclass
class FakeBot:
    """`refuses` is said to every entry; `silent` holds answers to entries back; `loses` is how many
    entries are made without an answer."""

    facts: dict[str, Any] = field(default_factory=dict)
    trades: dict[int, dict[str, Any]] = field(default_factory=dict)
    notes: dict[str, Any] = field(default_factory=lambda: dict(NOTES))
    refuses: str | None = None
    logs: list[str] = field(default_factory=list)
    silent: bool = False
    loses: int = 0
    exits: list[int] = field(default_factory=list)
    entries: int = 0
    cannot_exit: str | None = None
    url: str = ""
    has_websocket: bool = True
    hangs_up: bool = False
    sayings: list[dict[str, Any]] = field(default_factory=list)
    subscriptions: list[dict[str, Any]] = field(default_factory=list)

    def app(self) -> FastAPI:
        app = FastAPI()
        app.add_api_websocket_route("/api/v1/message/ws", self.talk)
        app.add_api_route("/api/v1/{path:path}", self.answer, methods=["GET", "POST"])
        return app

    async def talk(self, socket: WebSocket) -> None:
        """The websocket: what `say` was told goes to whoever has the token and subscribes."""
        if not self.has_websocket:  # as behind a proxy that takes it for a plain question
            await socket.send_denial_response(JSONResponse({}, 404))
            return
        if socket.query_params.get("token") != TOKEN:
            await socket.close(1008)
            return
        await socket.accept()
        self.subscriptions.append(await socket.receive_json())
        while not self.hangs_up:
            while self.sayings:
                await socket.send_json(self.sayings.pop(0))
            await asyncio.sleep(0.01)
        self.hangs_up = False
        await socket.close()

    async def answer(self, path: str, request: Request) -> Response:  # noqa: PLR0911
        expected = base64.b64encode(f"nija:{SECRET}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {expected}":
            return JSONResponse({"detail": "Unauthorized"}, 401)
        match path.split("/"):
            case ["show_config"]:
                return JSONResponse(self.facts)
            case ["status"]:
                return JSONResponse([one for one in self.trades.values() if one["is_open"]])
            case ["trade", number]:
                found = self.trades.get(int(number))
                missing = JSONResponse({"detail": "Trade not found."}, 404)
                return JSONResponse(found) if found else missing
            case ["trades", number, "custom-data"]:
                data = [{"key": key, "value": value} for key, value in self.notes.items()]
                return JSONResponse([{"trade_id": int(number), "custom_data": data}])
            case ["logs"]:
                return JSONResponse({"logs": [["", 0, "", "INFO", line] for line in self.logs]})
            case ["forceenter"]:
                return await self._enter(await request.json())
            case ["forceexit"]:
                return self._leave(int((await request.json())["tradeid"]))
        return JSONResponse({"detail": "Not Found"}, 404)

    async def _enter(self, body: dict[str, Any]) -> Response:
        self.entries += 1
        while self.silent:
            await asyncio.sleep(0.01)
        if self.refuses is not None:
            self.logs.append(f"Copy {key_of(body['entry_tag'])} refused: {self.refuses}")
            return _error("Failed to enter position for BTC/USD.")
        number = len(self.trades) + 1
        trade = a_trade(number, body["entry_tag"], pair=body["pair"], open_timestamp=MS + 400)
        self.trades[number] = trade
        if self.loses:
            self.loses -= 1
            return PlainTextResponse("Bad Gateway", 502)
        return JSONResponse(trade)

    def _leave(self, number: int) -> Response:
        self.exits.append(number)
        if self.cannot_exit is not None:
            return _error(self.cannot_exit)
        self.trades[number]["is_open"] = False
        return JSONResponse({"result": f"Created exit order for trade {number}."})

    def endpoint(self, name: str, **changes: Any) -> FollowerEndpoint:
        facts = {"name": name, "url": self.url, "username": "nija", "password_env": "X"}
        return FollowerEndpoint.model_validate(facts | {"password": SECRET} | changes)

    def leads(self) -> Bot:
        facts = {"name": "main", "url": self.url, "username": "nija", "password_env": "X"}
        secrets = {"password": SECRET, "ws_token": TOKEN, "ws_token_env": "X"}
        return Bot(LeaderEndpoint.model_validate(facts | secrets), lambda: NOW)


def _error(words: str) -> Response:
    return JSONResponse({"error": f"Error querying /api/v1/x: {words}"}, 502)


def facts_of(standing: str | None, **changes: Any) -> dict[str, Any]:
    facts = {
        "dry_run": True,
        "stake_currency": "USD",
        "force_entry_enable": True,
        "state": "running",
        "strategy_version": standing,
    }
    return facts | changes


@contextmanager
def serving(bot: FakeBot) -> Iterator[FakeBot]:
    with serve(bot.app(), port=0) as url:
        bot.url = url
        yield bot
