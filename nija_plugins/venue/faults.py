"""What can go wrong between a bot and its exchange, on demand and reproducibly.

A `Rule` names a call and says which of its occurrences go wrong, and how. Rules are counted from
the moment they are added; a rule with a `chance` draws from a generator with a fixed seed.
"""

import re
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from random import Random

from nija_plugins.venue.quotes import Clock, wall_clock


class Fault(StrEnum):
    """How a call goes wrong. What the exchange has done by then is in brackets."""

    LOST_ANSWER = "lost answer"
    """[done] No answer ever comes: the client's time-out ends the wait."""
    LOST_REQUEST = "lost request"
    """[nothing] No answer ever comes."""
    SERVER_ERROR = "server error"
    """[nothing] HTTP 502 with a page of HTML."""
    ERROR_AFTER = "server error after acceptance"
    """[done] HTTP 502 with a page of HTML."""
    UNAVAILABLE = "unavailable"
    """[nothing] The exchange's own words for being out of service, HTTP 503 on Coinbase."""
    RATE_LIMIT = "rate limit"
    """[nothing] The exchange's own words for too many requests."""
    INVALID_NONCE = "invalid nonce"
    """[nothing] The exchange's own words for a request out of order or out of time."""
    DROPPED = "dropped"
    """[done] The connection ends in the middle of the answer."""
    HALF_JSON = "half json"
    """[done] Half an answer, properly delivered."""
    SLOW = "slow"
    """[done] The answer comes after `seconds` of real time."""
    PARTIAL = "partial fill"
    """[done] Only `share` of the order is filled at once, the rest stays in the book."""
    PARTIAL_CANCELED = "partial fill, then canceled"
    """[done] Only `share` of the order is filled, the exchange cancels the rest."""
    STALE_BALANCE = "stale balance"
    """[done] Balances from before the last order, cancellation or transfer."""
    MAINTENANCE = "maintenance"
    """[nothing] Kraken takes no orders (cancel_only) and answers the rest with 503, Coinbase
    answers everything with 503. For `minutes`."""
    MISSING_CANDLES = "candles missing"
    """[done] The two candles before the newest closed one are not there."""
    LATE_CANDLE = "candle late"
    """[done] The newest closed candle and the forming one are not there yet."""
    DUPLICATE_CANDLE = "candle twice"
    """[done] The newest closed candle comes twice."""
    EMPTY_CANDLE = "candle without prices"
    """[done] The newest closed candle's prices are null on Kraken, empty texts on Coinbase."""
    NAN_CANDLE = "candle of NaN"
    """[done] The newest closed candle's prices are NaN."""
    ZERO_CANDLE = "candle of zeros"
    """[done] The newest closed candle's prices are 0."""


OF_CANDLES = (
    *(Fault.MISSING_CANDLES, Fault.LATE_CANDLE, Fault.DUPLICATE_CANDLE),
    *(Fault.EMPTY_CANDLE, Fault.NAN_CANDLE, Fault.ZERO_CANDLE),
)
OF_ORDERS = (Fault.PARTIAL, Fault.PARTIAL_CANCELED)
OF_BALANCES = (Fault.STALE_BALANCE,)


@dataclass(frozen=True, slots=True)
class Rule:
    """`fault` befalls `call` (a name of `CALLS`, or `*`), from its `nth` occurrence on for `times`
    occurrences (0: for ever), each with probability `chance`; on `exchange`, or on both.

    With `minutes` it ends so long after its first victim, by the venue's clock. `seconds` belongs
    to SLOW, `share` (a fraction of the order's amount) to the partial fills.
    """

    call: str
    fault: Fault
    nth: int = 1
    times: int = 1
    chance: float = 1.0
    exchange: str | None = None
    seconds: float = 1.0
    share: str = "0.5"
    minutes: float = 0.0

    def __post_init__(self) -> None:
        """Raises ValueError for a call that does not exist, or that cannot go wrong like this."""
        if self.call != "*" and self.call not in CALLS:
            raise ValueError(f"no call {self.call}: expected one of {', '.join(CALLS)} or *")
        own = {OF_ORDERS: "add_order", OF_BALANCES: "balance", OF_CANDLES: "candles"}
        for faults, call in own.items():
            if self.fault in faults and self.call != call:
                raise ValueError(f"{self.fault} befalls {call}, not {self.call}")


CALLS: dict[str, tuple[str, ...]] = {
    "add_order": ("POST /0/private/AddOrder", "POST /api/v3/brokerage/orders"),
    "cancel_order": (
        "POST /0/private/CancelOrder",
        "POST /api/v3/brokerage/orders/batch_cancel",
    ),
    "query_order": (
        "POST /0/private/QueryOrders",
        r"GET /api/v3/brokerage/orders/historical/(?!batch$|fills$)[^/]+",
    ),
    "list_orders": (
        "POST /0/private/(OpenOrders|ClosedOrders)",
        "GET /api/v3/brokerage/orders/historical/batch",
    ),
    "trades": (
        "POST /0/private/(TradesHistory|QueryTrades)",
        "GET /api/v3/brokerage/orders/historical/fills",
    ),
    "balance": (
        "POST /0/private/(Balance|BalanceEx)",
        r"GET /(api/v3/brokerage|v2)/accounts(/[^/]+)?",
    ),
    "fees": ("POST /0/private/TradeVolume", "GET /api/v3/brokerage/transaction_summary"),
    "candles": (
        "GET /0/public/OHLC",
        r"GET /api/v3/brokerage(/market)?/products/[^/]+/candles",
    ),
    "ticker": ("GET /0/public/Ticker", r"GET /api/v3/brokerage(/market)?/products/[^/]+/ticker"),
    "book": ("GET /0/public/Depth", r"GET /api/v3/brokerage(/market)?/product_book"),
    "markets": (
        "GET /0/public/(Assets|AssetPairs)",
        r"GET /api/v3/brokerage(/market)?/products(/[^/]+)?",
    ),
    "time": ("GET /0/public/Time", "GET (/v2|/api/v3/brokerage)/time"),
}
"""Each call of the two protocols: method and path (regular expressions), Kraken's, Coinbase's."""


def call_of(method: str, path: str) -> tuple[str | None, str]:
    """The call's name (None for anything else) and the exchange it goes to."""
    exchange = "kraken" if path.startswith("/0/") else "coinbase"
    line = f"{method} {path}"
    for name, patterns in CALLS.items():
        if any(re.fullmatch(pattern, line) for pattern in patterns):
            return name, exchange
    return None, exchange


@dataclass(slots=True)
class _Counted:
    rule: Rule
    seen: int = 0
    hit: int = 0
    until: datetime | None = None

    def due(self, now: datetime) -> bool:
        """Whether the rule befalls the occurrence that was just seen."""
        often = not self.rule.times or self.hit < self.rule.times
        return self.seen >= self.rule.nth and often and (self.until is None or now < self.until)

    def strike(self, now: datetime) -> Rule:
        """The rule, which befalls an occurrence now."""
        if self.rule.minutes and self.until is None:
            self.until = now + timedelta(minutes=self.rule.minutes)
        self.hit += 1
        return self.rule


@dataclass
class Faults:
    """The rules in force, and what has happened so far."""

    seed: int = 0
    clock: Clock = wall_clock
    happened: list[tuple[str, str, Fault]] = field(default_factory=list)
    """(exchange, call, fault) of every fault that befell a call, in order."""
    calls: list[tuple[str, str]] = field(default_factory=list)
    """(exchange, call) of every known call since the last `clear`, in order."""

    def __post_init__(self) -> None:
        self._random = Random(self.seed)
        self._rules: list[_Counted] = []
        self._lock = threading.Lock()

    def add(
        self,
        call: str,
        fault: Fault,
        *,
        nth: int = 1,
        times: int = 1,
        chance: float = 1.0,
        exchange: str | None = None,
        seconds: float = 1.0,
        share: str = "0.5",
        minutes: float = 0.0,
    ) -> Rule:
        """Adds a rule; see `Rule`."""
        return self.add_rule(
            Rule(call, fault, nth, times, chance, exchange, seconds, share, minutes)
        )

    def add_rule(self, rule: Rule) -> Rule:
        """Adds a rule."""
        with self._lock:
            self._rules.append(_Counted(rule))
        return rule

    def clear(self) -> None:
        """Nothing goes wrong any more; the record of what happened is empty again."""
        with self._lock:
            self._rules.clear()
            self.happened.clear()
            self.calls.clear()

    def strike(self, method: str, path: str) -> Rule | None:
        """The rule that befalls this call, if one does. Every call is counted by every rule that
        names it; the first rule wins."""
        call, exchange = call_of(method, path)
        if call is None:
            return None
        now = self.clock()
        with self._lock:
            self.calls.append((exchange, call))
            struck: Rule | None = None
            for one in self._rules:
                rule = one.rule
                if rule.call not in (call, "*") or rule.exchange not in (None, exchange):
                    continue
                one.seen += 1
                if one.due(now) and struck is None and self._random.random() < rule.chance:
                    struck = one.strike(now)
            if struck:
                self.happened.append((exchange, call, struck.fault))
            return struck
