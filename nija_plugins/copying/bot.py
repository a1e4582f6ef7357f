"""One bot's REST API, as far as copying needs it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import httpx

from nija_plugins.copying.following import REFUSED
from nija_plugins.copying.setup import Endpoint
from nija_plugins.copying.standing import Standing, parse
from nija_plugins.copying.tag import Copy, TradeKey

T = TypeVar("T")
Clock = Callable[[], datetime]
"""The present moment, in UTC."""


class BotError(Exception):
    """A bot that cannot be worked with now; the message is one line, without secrets."""


class Unreachable(BotError):
    """Nothing answers, or too late: what was asked may have been done."""


class WrongCredentials(BotError):
    """The bot is there, and does not know this user or this password."""


class Rejected(BotError):
    """The bot answered no; the message is its own."""


@dataclass(frozen=True, slots=True)
class Deal:
    """A trade as freqtrade tells it: times in ms, `rate` and `stake` in stake currency; `exiting`
    while an exit order rests."""

    id: int
    pair: str
    tag: str | None
    opened: int
    filled: int | None
    rate: float
    stake: float
    is_open: bool
    short: bool
    exiting: bool

    @classmethod
    def of(cls, told: dict[str, Any]) -> "Deal":
        """The trade that freqtrade's JSON tells of."""
        exit_side = "buy" if told["is_short"] else "sell"
        resting = [one["ft_order_side"] for one in told["orders"] if one["is_open"]]
        return cls(
            id=told["trade_id"],
            pair=told["pair"],
            tag=told["enter_tag"],
            opened=told["open_timestamp"],
            filled=told["open_fill_timestamp"],
            rate=told["open_rate"],
            stake=told["stake_amount"],
            is_open=told["is_open"],
            short=told["is_short"],
            exiting=exit_side in resting,
        )


@dataclass(frozen=True, slots=True)
class Facts:
    """What a bot says of itself in /show_config."""

    dry_run: bool
    stake_currency: str
    force_entry: bool
    state: str
    standing: Standing | None

    @classmethod
    def of(cls, told: dict[str, Any]) -> "Facts":
        """The facts that freqtrade's JSON tells of."""
        return cls(
            dry_run=told["dry_run"],
            stake_currency=told["stake_currency"],
            force_entry=told["force_entry_enable"],
            state=told["state"],
            standing=parse(told.get("strategy_version")),
        )


class Bot:
    """The client of one bot. Every method raises BotError.

    `ahead` is how many seconds the bot's clock is ahead of ours, as of its last answer.
    """

    def __init__(self, endpoint: Endpoint, clock: Clock, timeout: float = 10.0) -> None:
        self.name = endpoint.name
        self.address = endpoint.address
        self.ahead = 0.0
        self._clock = clock
        self._http = httpx.AsyncClient(
            base_url=f"{endpoint.address}/api/v1/",
            auth=(endpoint.username, endpoint.password.get_secret_value()),
            timeout=timeout,
        )

    async def close(self) -> None:
        """Ends its connections."""
        await self._http.aclose()

    async def facts(self) -> Facts:
        """What it is and how it is set up."""
        return self._read(Facts.of, await self._ask("GET", "show_config"))

    async def open_deals(self) -> list[Deal]:
        """Its open trades."""
        told = await self._ask("GET", "status")
        return self._read(lambda deals: [Deal.of(one) for one in deals], told)

    async def deal(self, number: int) -> Deal | None:
        """The trade of this id, open or closed; None where there is none."""
        told = await self._ask("GET", f"trade/{number}", missing_is_none=True)
        return self._read(Deal.of, told) if told is not None else None

    async def notes(self, number: int) -> dict[str, Any]:
        """What NIJA stored with a trade, by key."""
        told = await self._ask("GET", f"trades/{number}/custom-data", missing_is_none=True)

        def by_key(trades: list[dict[str, Any]]) -> dict[str, Any]:
            return {one["key"]: one["value"] for trade in trades for one in trade["custom_data"]}

        return self._read(by_key, told or [])

    async def enter(self, copy: Copy, pair: str) -> Deal:
        """Enters a copy; its own sizer decides the stake. Raises Rejected with the reason."""
        body = {"pair": pair, "side": "long", "entry_tag": copy.tag}
        try:
            told = await self._ask("POST", "forceenter", json=body)
        except Rejected as error:
            raise Rejected(await self._reason(copy.key) or str(error)) from None
        if isinstance(told, dict) and "status" in told:
            raise Rejected(str(told["status"]))
        return self._read(Deal.of, told)

    async def leave(self, number: int) -> None:
        """Exits a trade, as its strategy's force_exit order type says."""
        await self._ask("POST", "forceexit", json={"tradeid": str(number)})

    async def _reason(self, key: TradeKey) -> str | None:
        """Why the bot refused the copy, in its own log's words."""
        beginning = REFUSED.format(key=key)
        told = await self._ask("GET", "logs", params={"limit": 200})
        for *_, line in reversed(told["logs"]):
            if line.startswith(beginning):
                return str(line.removeprefix(beginning).splitlines()[0])
        return None

    def _read(self, how: Callable[[Any], T], told: Any) -> T:
        try:
            return how(told)
        except (KeyError, TypeError, AttributeError, IndexError):
            raise BotError(
                f"{self.name}: what answers at {self.address} is no freqtrade that NIJA knows."
            ) from None

    async def _ask(
        self, method: str, path: str, *, missing_is_none: bool = False, **options: Any
    ) -> Any:
        try:
            answer = await self._http.request(method, path, **options)
        except httpx.TransportError as error:
            raise Unreachable(self._silent(error)) from None
        except httpx.HTTPError as error:
            raise BotError(f"{self.name}: {type(error).__name__} at {self.address}.") from None
        self._compare_clocks(answer)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            raise WrongCredentials(
                f"{self.name} at {self.address} refuses the username or the password."
            )
        try:
            told = answer.json()
        except ValueError:
            raise BotError(
                f"{self.name}: what answers at {self.address} is no freqtrade "
                f"(HTTP {answer.status_code})."
            ) from None
        if answer.status_code == httpx.codes.NOT_FOUND and missing_is_none:
            return None
        if answer.is_error:
            raise Rejected(_its_words(told, answer.status_code))
        return told

    def _silent(self, error: httpx.TransportError) -> str:
        if isinstance(error, httpx.TimeoutException):
            return f"{self.name} at {self.address} does not answer in time."
        return (
            f"{self.name}: nothing answers at {self.address}. "
            "Is the bot running, with api_server enabled?"
        )

    def _compare_clocks(self, answer: httpx.Response) -> None:
        try:
            there = parsedate_to_datetime(answer.headers["date"])
        except (KeyError, ValueError):
            return
        if there.tzinfo is None:
            there = there.replace(tzinfo=UTC)
        # The header has whole seconds; it was written between the question and now.
        asked = self._clock() - answer.elapsed / 2
        self.ahead = (there - asked).total_seconds() + 0.5


def _its_words(told: Any, status: int) -> str:
    words = told.get("error") or told.get("detail") if isinstance(told, dict) else None
    text = str(words or f"HTTP {status}")
    # "Error querying /api/v1/forceenter: Maximum number of trades is reached."
    return text.split(": ", 1)[1] if text.startswith("Error querying ") else text
