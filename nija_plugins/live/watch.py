"""What only a bot needs to watch, and a backtest cannot have: a wallet that may not answer, money
that comes and goes, holdings nobody ordered, orders that get lost, candles that stay away."""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from freqtrade.data.dataprovider import DataProvider
from freqtrade.persistence import LocalTrade, Trade
from freqtrade.wallets import Wallets

from nija_plugins import locks
from nija_plugins.account import Account
from nija_plugins.candles.book import Book
from nija_plugins.entry import Mode
from nija_plugins.live import reconciling
from nija_plugins.live.awaited import AwaitedOrders, late_candles
from nija_plugins.live.cash_flows import FEE_DOUBT, CashFlow, CashView, CashWatch, effect_of
from nija_plugins.live.holdings import Unexplained
from nija_plugins.live.missed import MissedCoins
from nija_plugins.live.missing import SMALL, MissingPositions
from nija_plugins.live.own_coins import OwnCoins
from nija_plugins.live.tallies import recent_turnover, trades_known
from nija_plugins.live.unheard import awaited, bringing, costs, paying
from nija_plugins.memory import AccountStore, Memory, MemoryUnusable, Snapshot
from nija_plugins.records.decisions import decided
from nija_plugins.wallet import cash, gone

logger = logging.getLogger(__name__)

REFRESH = timedelta(minutes=5)
"""How old the wallets may get. freqtrade refreshes them around trades only."""

QUIET = timedelta(minutes=1)
"""Between two writes that only bring the snapshot up to date."""

WALLETS, CANDLES = "wallets", "candles"


class LiveWatch:
    """Watches one bot's exchange between its loops.

    `failing` maps each cause that fails at present to a sentence; `unexplained` are holdings and
    orders without a trade; `own` the user's own holdings by asset; `cash` is the external cash;
    `awaited` is a sentence while sold coins have not brought their money, `problem` one while the
    memory is unusable.
    """

    def __init__(
        self,
        store: AccountStore,
        mode: Mode,
        stake_currency: str,
        candle: timedelta,
        alert: Callable[[str], None],
    ) -> None:
        self.store = store
        self.alert = alert
        self.failing: dict[str, str] = {}
        self.unexplained: tuple[Unexplained, ...] = ()
        self.cash = CashWatch()
        self.own: dict[str, float] = {}
        self._own_coins = OwnCoins()
        self.awaited: str | None = None
        self.problem: str | None = None
        self._mode = mode
        self._stake_currency = stake_currency
        self._candle = candle
        self._loaded = False
        self._own_read: datetime | None = None
        self._orders_read: datetime | None = None
        self._unexplained_since: dict[tuple[str, str | None], datetime] = {}
        self._reported: set[tuple[str, str | None]] = set()
        self.orders = AwaitedOrders()
        self._saved: tuple[Memory, datetime] | None = None
        self._uncounted = 0.0
        self._flows: list[CashFlow] = []
        self._missing = MissingPositions()
        self._missed_coins = MissedCoins()

    # -- memory -----------------------------------------------------------------------------

    def recall(self, memory: Memory) -> Memory:
        """What the account remembered before this start; `memory` while that cannot be read."""
        if self._loaded:
            return memory
        try:
            memory = self.store.load()
        except MemoryUnusable as error:
            self._memory_fails(error)
            return memory
        self._loaded = True
        known = trades_known()
        if memory.trades > known == 0 and self._mode == "dry_run":
            logger.info("A new database of trades: the dry-run's loss limits start anew.")
            memory = Memory()
        elif memory.trades > known:
            logger.warning("The database knows fewer trades than before: cash is counted anew.")
            memory = replace(memory, external_cash=None)
        self.cash = CashWatch(memory.external_cash)
        return memory

    def keep(self, memory: Memory, snapshot: Snapshot) -> Memory:
        """Writes the memory when something that decides has changed, and the snapshot at most once
        a minute. Entries wait while that fails."""
        if not self._loaded:
            return memory
        memory = replace(memory, trades=trades_known())
        if self._saved is not None:
            saved, when = self._saved
            unchanged = replace(saved, seen=None) == replace(memory, seen=None)
            if unchanged and not self.problem and abs(snapshot.time - when) < QUIET:
                return memory
        try:
            self.store.save(memory, snapshot, () if self._uncounted else self._flows)
        except MemoryUnusable as error:
            self._memory_fails(error)
            return memory
        if self.problem:
            logger.info("The account's memory can be used again.")
        self.problem = None
        if not self._uncounted:
            self._flows.clear()
        self._saved = (memory, snapshot.time)
        return memory

    def _memory_fails(self, error: MemoryUnusable) -> None:
        if self.problem is None:
            logger.error(decided("memory_unusable", f"No entries: {error}"))
            self.alert(f"No entries: {error}")
        self.problem = str(error)

    # -- the loop's look ----------------------------------------------------------------------

    def look(
        self, now: datetime, wallets: Wallets, dp: DataProvider, trades: Sequence[Trade], book: Book
    ) -> None:
        """What a loop's start finds: wallets, candles, cash, holdings, lost orders."""
        self._watch_awaited(now, dp)
        # Read in the future: the clock was put back.
        due = abs(now - _read_at(wallets, now)) >= REFRESH
        doubtful = self.cash.pending or self._unexplained_since.keys() - self._reported
        doubtful = doubtful or self._missed_coins.doubtful
        doubtful = doubtful or any(self.missing(one, wallets) for one in trades)
        if due or doubtful or WALLETS in self.failing or self.blank(wallets):
            self.refresh(wallets)
        # Also with an old wallet: an exit that it does not show yet is no loss.
        self.look_at_cash(now, wallets, trades)
        if self._loaded and WALLETS not in self.failing:
            self._watch_holdings(now, wallets, dp, trades, book)

    def missing(self, trade: Trade, wallets: Wallets) -> float:
        """What the last reading of the wallets lacks of the trade, in base currency; 0 for less
        than SMALL. freqtrade reads them right after it sends an exit, maybe between the coins'
        leaving and the money's coming: that is no loss for a limit to be judged on."""
        missing = gone(trade, wallets, self._own(trade)) if self._mode == "live" else 0.0
        return missing if missing > SMALL * trade.amount > 0 else 0.0

    def _watch_awaited(self, now: datetime, dp: DataProvider) -> None:
        wallets = {cause: said for cause, said in self.failing.items() if cause == WALLETS}
        self.failing = {**wallets, **self.orders.failing(now)}
        if late := late_candles(now, dp, self._candle):
            self.failing[CANDLES] = late

    def _read_own(self, wallets: Wallets, trades: Sequence[Trade]) -> None:
        try:
            marked = self.store.own()
            self.own, anew = self._own_coins.look(marked, wallets.get_total, trades)
            for asset, left in anew.items():
                self.store.keep_own(asset, left)
                gone_of = f"{marked[asset] - left:.8g} of your own {marked[asset]:.8g} {asset}"
                text = f"{gone_of} are gone: {left:.8g} count as yours from now on."
                self._tell(text, "own_coins", asset=asset)
        except MemoryUnusable as error:
            self._memory_fails(error)

    def refresh(self, wallets: Wallets) -> None:
        """Reads the wallets; a failure is a cause."""
        try:
            wallets.update()
        except Exception as error:
            name = type(error).__name__
            self.failing[WALLETS] = f"The wallets could not be refreshed ({name})."
            return
        blank = self.blank(wallets)
        if blank is None:
            self.failing.pop(WALLETS, None)
        else:
            self.failing[WALLETS] = blank

    def blank(self, wallets: Wallets) -> str | None:
        """A sentence when the wallets hold no stake currency, not even none of it, or not how much:
        ccxt makes an empty account of half an answer, and None of half a balance. Live only."""
        if self._mode != "live":
            return None
        held = wallets.get_all_balances().get(self._stake_currency)
        if held is not None and held.total is not None:
            return None
        return f"The exchange named no {self._stake_currency}: the balances are not known."

    def look_closely(
        self,
        pair: str,
        now: datetime,
        wallets: Wallets,
        dp: DataProvider,
        trades: Sequence[Trade],
        book: Book,
    ) -> str | None:
        """Compares all holdings and the pair's open orders with the database, with fresh answers of
        the exchange, before an entry; a sentence when that was not possible. Live only."""
        if self._mode != "live":
            return None
        self.refresh(wallets)
        if WALLETS in self.failing:
            return self.failing[WALLETS]
        try:
            own = self.store.own_orders()
            orders = reconciling.open_orders(pair, wallets._exchange, own, now)
            pairs = _priced(dp, book, now)
            held = self._holdings(pairs, now, wallets, dp, trades, book)
        except Exception as error:
            name = type(error).__name__
            return f"What the exchange holds of {pair} could not be compared ({name})."
        others = tuple(one for one in self.unexplained if one.order_id and one.pair != pair)
        self._note_unexplained(now, _read_at(wallets, now), pairs, (*others, *held, *orders))
        return None

    # -- cash -------------------------------------------------------------------------------

    @property
    def flow(self) -> float:
        """Deposits less withdrawals that the memory's benchmarks do not count yet."""
        return self._uncounted + self.cash.pending

    def _own(self, trade: Trade) -> float:
        return self.own.get(trade.safe_base_currency, 0.0)

    def look_at_cash(self, now: datetime, wallets: Wallets, trades: Sequence[Trade]) -> None:
        """Compares the cash with what trades explain. Also before an entry: freqtrade reads the
        wallets right before it asks for a stake."""
        read = _read_at(wallets, now)
        if not self._loaded or self.blank(wallets):
            return
        if read != self._own_read:
            self._read_own(wallets, trades)
            self._own_read = read
        total, _ = cash(wallets, self._stake_currency, trades, self._mode)
        missing = {one.id: self.missing(one, wallets) for one in trades}
        lacking = [one for one in trades if missing[one.id]]
        view = CashView(
            total=total,
            effect=effect_of(trades, Trade.get_total_closed_profit()),
            doubt=FEE_DOUBT * recent_turnover(now),
            paying=sum(paying(one, wallets, self._own(one)) for one in trades),
            bringing=sum(bringing(one, wallets, self._own(one)) for one in trades),
            costs=sum(costs(one, wallets, self._own(one)) for one in trades),
            proceeds=self._missed_coins.proceeds(trades, missing, wallets, read),
            refreshed=read,
        )
        self.cash, settled = self.cash.after(view)
        self.awaited = awaited(self.cash, lacking, self._own, view.doubt)
        if settled:
            self._uncounted += settled
            self._flows.append(CashFlow(now, settled))

    def count(self, account: Account) -> None:
        """The benchmarks of `account` count every settled flow: from now on it is history."""
        if self._uncounted:
            text = _told(self._uncounted, account, bool(self.unexplained))
            facts = {"amount": self._uncounted, "equity": account.equity}
            logger.info(decided("cash_flow", text, **facts))
            self.alert(text)
            self._uncounted = 0.0

    # -- holdings ---------------------------------------------------------------------------

    def _watch_holdings(
        self,
        now: datetime,
        wallets: Wallets,
        dp: DataProvider,
        trades: Sequence[Trade],
        book: Book,
    ) -> None:
        if self._mode != "live":
            return
        pairs = _priced(dp, book, now)
        try:
            held = self._holdings(pairs, now, wallets, dp, trades, book)
            own = self.store.own_orders()
        except MemoryUnusable as error:
            self._memory_fails(error)
            return
        orders = [one for one in self.unexplained if one.order_id]
        read = _read_at(wallets, now)
        self._missing.look(
            trades,
            lambda one: gone(one, wallets, self._own(one)),
            self._own,
            read,
            self._tell_missing,
        )
        if orders and read != self._orders_read:
            self._orders_read = read
            asked = sorted({one.pair for one in orders})
            try:
                orders = [
                    one
                    for pair in asked
                    for one in reconciling.open_orders(pair, wallets._exchange, own, now)
                ]
            except Exception as error:
                logger.warning("Open orders could not be compared: %s", type(error).__name__)
        self._note_unexplained(now, read, pairs, (*held, *orders))

    def _holdings(
        self,
        pairs: Sequence[str],
        now: datetime,
        wallets: Wallets,
        dp: DataProvider,
        trades: Sequence[Trade],
        book: Book,
    ) -> tuple[Unexplained, ...]:
        return reconciling.holdings(
            pairs, wallets, trades, self.own, lambda pair: book.close(pair, now), dp.market
        )

    def _note_unexplained(
        self, now: datetime, read: datetime, judged: Sequence[str], found: Iterable[Unexplained]
    ) -> None:
        """Keeps what was found in the pairs that were `judged`; locks a pair and tells a person
        once a second reading agrees (a balance may lag behind a fill); releases the lock of what
        has found its explanation."""
        self.unexplained = tuple(found)
        keys = {one.key for one in self.unexplained}
        for key in self._unexplained_since.keys() - keys:
            del self._unexplained_since[key]
            self._reported.discard(key)
        # An earlier process may have locked them, and told.
        locked = {pair for pair, why, _ in locks.every(now) if why == locks.UNRECONCILED}
        for pair in locked.intersection(judged) - {pair for pair, _ in keys}:
            locks.release(pair, locks.UNRECONCILED, now)
            sentence = f"{pair} is no longer locked: everything there has an explanation."
            logger.info(decided("lock_lifted", sentence, reason=locks.UNRECONCILED, pair=pair))
        for one in self.unexplained:
            since = self._unexplained_since.setdefault(one.key, read)
            if one.pair in locked:
                self._reported.add(one.key)
            elif read != since and one.key not in self._reported:
                self._reported.add(one.key)
                locks.lock_pair(one.pair, locks.UNRECONCILED, now)
                self._tell(
                    f"The exchange has {one} that no trade explains. {one.pair} is locked: "
                    f"see `nija reconcile {one.pair}`.",
                    "lock_begun",
                    reason=locks.UNRECONCILED,
                    pair=one.pair,
                    amount=one.amount,
                )

    def _tell(self, text: str, event: str, **fields: object) -> None:
        logger.warning(decided(event, text, **fields))
        self.alert(text)

    def _tell_missing(self, text: str, trade: LocalTrade) -> None:
        self._tell(text, "position_missing", pair=trade.pair, trade=trade.id)


def _priced(dp: DataProvider, book: Book, now: datetime) -> list[str]:
    """The pairs of the whitelist whose price is known."""
    return [pair for pair in dp.current_whitelist() if book.close(pair, now) is not None]


def _told(flow: float, account: Account, unexplained: bool) -> str:
    kind = "Deposit" if flow > 0 else "Withdrawal"
    if unexplained and flow < 0:
        kind = "Paid for what no trade explains, or withdrawn:"
    marks = account.benchmarks
    return (
        f"{kind} of ${abs(flow):.2f}: equity is ${account.equity:.2f}, the day's opening counts "
        f"as ${marks.day_open:.2f} now, the peak as ${marks.peak:.2f}."
    )


def _read_at(wallets: Wallets, now: datetime) -> datetime:
    """When freqtrade last read the wallets (UTC)."""
    read: datetime | None = wallets._last_wallet_refresh
    return read or now
