"""The adapter: freqtrade's callbacks on one side, NIJA's hooks on the other, nothing else.

hyperopt pickles this module by value into its workers, so nothing here lives at module level but
names; the plugin manager and all memory of a run are rebuilt where they are needed.
"""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from math import inf, isfinite
from pathlib import Path
from typing import Any

import pandas as pd
from freqtrade.constants import Config
from freqtrade.exchange import timeframe_to_seconds
from freqtrade.persistence import LocalTrade, Order, Trade
from freqtrade.strategy import IStrategy, merge_informative_pair, stoploss_from_absolute

from nija_plugins import answers, chart, manager, market
from nija_plugins.account import Account
from nija_plugins.archive import Archive
from nija_plugins.book import Book, Reading
from nija_plugins.entry import EntryRequest, Market, Mode
from nija_plugins.guard import PluginFailure
from nija_plugins.live import LiveWatch
from nija_plugins.locks import DRAWDOWN
from nija_plugins.memory import AccountStore
from nija_plugins.memory.store import MEMORY_FILE, account_name
from nija_plugins.modes import judged_alone, mode_of, one_of_many
from nija_plugins.past import MODELS, Past, traded
from nija_plugins.plans import FrozenPlan
from nija_plugins.refusals import Reason
from nija_plugins.requests import entry_request, market_rules
from nija_plugins.risk.floors import tightened
from nija_plugins.run import Run
from nija_plugins.scaling.tiers import SCALING_TIERS
from nija_plugins.settings import NOT_YET_IN_FORCE, Settings
from nija_plugins.signals.indicators import window_mean
from nija_plugins.sizing.decision import decide
from nija_plugins.unseen import passed_over_because
from nija_plugins.view import Regime
from nija_plugins.wallet import raise_stops

logger = logging.getLogger(__name__)


class NijaStrategy(IStrategy):
    """What every NIJA strategy does. A subclass says what it trades on and how it leaves.

    Raises SettingsError or PluginError (freqtrade's OperationalException) at construction.
    """

    time_stop: timedelta
    """How long a trade may last."""

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.nija_settings = Settings.load(config)
        # freqtrade's backtest cache hashes the config and the strategy's file, and would miss a
        # change in a plugin, a tier or an environment override.
        config["nija_fingerprint"] = manager.fingerprint(
            self._build_manager(), self.nija_settings, SCALING_TIERS, self._learned_from()
        )
        self._forget()

    # -- memory -----------------------------------------------------------------------------

    def _forget(self) -> None:
        self._book = Book(timeframe_to_seconds(self.timeframe))
        self._archive = Archive(self.config)
        self._said: set[str] = set()
        self._run: Run | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Everything but the memory of a run, which a worker process builds for itself."""
        memory = {"_book": None, "_archive": None, "_run": None}
        return {**self.__dict__, **memory}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._forget()

    def _build_manager(self) -> Any:
        folder = self.config.get("user_data_dir")
        return manager.build(self.nija_settings, Path(folder) / "plugins" if folder else None)

    @property
    def _mode(self) -> Mode:
        return mode_of(self.config)

    @property
    def run(self) -> Run:
        """The memory of the present run, begun when first asked for."""
        if self._run is None:
            self._run = Run.begin(
                self._build_manager(),
                self.nija_settings,
                self.config,
                self._mode,
                self._live_watch(),
            )
            if one_of_many(self.config):
                # Hundreds of repetitions of one announcement bury what these commands say.
                logging.getLogger("nija_plugins.scaling").setLevel(logging.WARNING)
        return self._run

    def _live_watch(self) -> LiveWatch | None:
        if self._mode == "backtest":
            return None
        path = Path(self.config["user_data_dir"]) / MEMORY_FILE
        return LiveWatch(
            AccountStore(path, account_name(self.config)),
            self._mode,
            self.config["stake_currency"],
            self._candle,
            self._tell_person,
        )

    def _tell_person(self, message: str) -> None:
        """Telegram, Discord, webhooks: whatever freqtrade is set up to send."""
        self.dp.send_msg(f"NIJA: {message}", always_send=True)

    @property
    def _candle(self) -> timedelta:
        return timedelta(seconds=timeframe_to_seconds(self.timeframe))

    # -- the market -------------------------------------------------------------------------

    def informative_pairs(self) -> list[tuple[str, str]]:
        """Daily candles of every pair."""
        return [(pair, "1d") for pair in self.dp.current_whitelist()]

    def look(self, dataframe: pd.DataFrame, pair: str) -> pd.DataFrame:
        """`dataframe` with daily bars and NIJA's columns (see `nija_plugins.market`)."""
        daily = self.dp.get_pair_dataframe(pair, "1d")
        if len(daily):
            daily = daily[["date", "close"]].assign(
                sma50=window_mean(daily["close"].to_numpy(dtype=float), 50)
            )
            dataframe = merge_informative_pair(dataframe, daily, self.timeframe, "1d")
        view = market.add_view(
            dataframe, pair, self.run.hooks, self.nija_settings, self._past(pair)
        )
        doubt = view["nija_doubt"].iloc[-1] if len(view) else None
        if isinstance(doubt, str) and self._mode != "backtest" and doubt not in self._said:
            self._said.add(doubt)
            logger.warning("No entries into %s: %s", pair, doubt)
        return chart.add_prices(view)

    def _past(self, pair: str) -> Past | None:
        """What the AI filter may learn from, and what a trade in `pair` costs."""
        if not self.nija_settings.ai_trade_filter:
            return None
        return Past(
            archive=self._archive,
            exchange=self.config["exchange"]["name"],
            stake=self.config["stake_currency"],
            fee=self._market_rules(pair).fee,
            time_stop=self.time_stop,
            cache=Path(self.config["user_data_dir"]) / MODELS,
        )

    def _learned_from(self) -> str:
        """A hash of the candles that a backtest's filter learns from; they decide it, too."""
        if not self.nija_settings.ai_trade_filter or self._mode != "backtest":
            return ""
        return Archive(self.config).contents(
            traded(self.nija_settings, self.config["stake_currency"])
        )

    def _market_rules(self, pair: str) -> Market:
        # freqtrade charges a configured fee everywhere but live.
        fee = self.config.get("fee") if self._mode != "live" else None
        return market_rules(pair, self.dp.market(pair), fee)

    def candidates(self, dataframe: pd.DataFrame, pair: str) -> pd.DataFrame:
        """`dataframe` with an entry signal on every candidate; the vetoes judge each of them."""
        self._book.observe(pair, dataframe[["date", "close", *market.COLUMNS]])
        chosen = dataframe["nija_candidate"]
        dataframe.loc[chosen, "enter_long"] = 1
        dataframe.loc[chosen, "enter_tag"] = dataframe.loc[chosen, "nija_regime"]
        return dataframe

    def score_scale(self, regime: Regime) -> float:
        """What a subclass multiplies scores by while the market is in `regime`; hyperopt turns it.

        Scores are linear in the regime's row of weights, so this is the same as turning the row,
        without computing anything again.
        """
        return 1.0

    def stop_scale(self) -> float:
        """What a subclass multiplies stop distances by."""
        return 1.0

    def trail_scale(self) -> float:
        """What a subclass multiplies trail distances by."""
        return 1.0

    def target_scale(self) -> float:
        """What a subclass multiplies targets by: the reward/risk rule gets easier or harder."""
        return 1.0

    # -- the loop ---------------------------------------------------------------------------

    def bot_start(self, **kwargs: Any) -> None:
        """Says what is not in force, once."""
        if judged_alone(self.config):
            logger.info("lookahead-analysis: every entry is judged as the account's first.")
        parameters = Path(self.__file__).with_suffix(".json")
        if parameters.is_file():
            logger.warning(
                "%s changes this run: hyperopt left it there. Delete it to trade NIJA as shipped.",
                parameters.name,
            )
        if one_of_many(self.config):
            return
        idle = ", ".join(NOT_YET_IN_FORCE)
        logger.info("NIJA settings without a rule yet: %s. See `nija status`.", idle)
        if not self.nija_settings.ai_trade_filter:
            logger.info("ai_trade_filter is off: the AI filter's two rules are inactive.")
        elif not self.run.hooks.served("nija_confidence"):
            logger.info("No plugin serves nija_confidence: the AI filter's rules are inactive.")

    def bot_loop_start(self, current_time: datetime, **kwargs: Any) -> None:
        """Values the account, tells the plugins, applies the tier's limits."""
        if self._mode == "backtest" and self._run and self._run.after(current_time):
            self._run = None  # time stepped back: the next hyperopt epoch
        run = self.run
        run.begin_loop()
        if run.live is not None:
            self._look(run.live, current_time)
        run.note_incidents(current_time)
        account = self._account(current_time)
        if not judged_alone(self.config) and run.keep_limits(account):
            account = self._account(current_time)
        if account.problem is None:
            run.see(account)
            run.note_raised(current_time, raise_stops(tightened(account, self.nija_settings)))
            if run.hooks.tell("nija_equity", account=account):
                run.loop = current_time
        run.keep_memory(account)
        self._apply_limits()
        if not one_of_many(self.config):
            self._note_passed_over(current_time)

    def _look(self, live: LiveWatch, now: datetime) -> None:
        """What a bot must know before it values its account."""
        trades = Trade.get_trades_proxy(is_open=True)
        for pair in {*self.dp.current_whitelist(), *(trade.pair for trade in trades)}:
            self._book.observe_prices(pair, self.dp.ohlcv(pair, copy=False))
        for trade in trades:
            self._frozen_plan(trade)  # an entry that rests keeps its plan over a restart
        live.look(now, self.wallets, self.dp, trades, self._book)

    def _note_passed_over(self, now: datetime) -> None:
        """Records candidates that freqtrade never asks about, and, at a backtest's last candle,
        says what was refused."""
        run = self.run
        for pair, ended, obstacle in run.unseen.passed_over():
            reading = self._reading(pair, ended)
            if reading is not None:
                request = self._request(pair, ended, reading.close, reading, (0.0, inf))
                run.refuse(request, ended, (obstacle,))
        for pair in self._book.pairs:
            signal = self._book.candidate(pair, now)
            hindrance = passed_over_because(pair, now, self.max_open_trades) if signal else None
            if signal and hindrance:
                run.unseen.expect(pair, signal, hindrance)
        if self._mode == "backtest" and self._book.ends_with(now):
            logger.info("%s.", run.refusals.summary())

    def _apply_limits(self) -> None:
        """Rewrites max_open_trades: live reads the config's, backtesting the strategy's. Never
        below 1, which backtesting would take for "unlimited": no tier is a veto instead."""
        if not judged_alone(self.config):
            slots = max(1, self.run.scaling.limits.max_positions)
            self.max_open_trades = slots
            self.config["max_open_trades"] = slots

    def _account(self, now: datetime) -> Account:
        assert self.wallets is not None
        return self.run.account(
            now,
            self.wallets,
            self._book,
            self.config["stake_currency"],
            alone=judged_alone(self.config),
        )

    # -- entries ----------------------------------------------------------------------------

    def custom_stake_amount(
        self,
        pair: str,
        current_time: datetime,
        current_rate: float,
        proposed_stake: float,
        min_stake: float | None,
        max_stake: float,
        leverage: float,
        entry_tag: str | None,
        side: str,
        **kwargs: Any,
    ) -> float:
        """The stake, or 0 for no entry. freqtrade takes the full proposed stake when this raises,
        so it does not."""
        try:
            self.run.approvals.pop(pair, None)
            return self._stake(pair, current_time, current_rate, (min_stake or 0.0, max_stake))
        except Exception as error:
            self._say_once(f"No entry into {pair}: {type(error).__name__}: {error}", error)
            return 0.0

    def _say_once(self, message: str, error: Exception) -> None:
        """A log line with its traceback, once per cause: freqtrade asks again every loop."""
        if message not in self._said:
            self._said.add(message)
            logger.error(message, exc_info=error)

    def _stake(self, pair: str, now: datetime, price: float, bounds: tuple[float, float]) -> float:
        run = self.run
        reading = self._reading(pair, now)
        if reading is None:
            logger.info("No entry into %s: it has not been analysed yet.", pair)
            return 0.0
        run.unseen.judged(pair, reading.ended)
        if run.live is not None:
            run.live.look_at_cash(now, self.wallets, Trade.get_trades_proxy(is_open=True))
        request = self._request(pair, now, price, reading, bounds)
        account = run.check_loop(self._account(now))
        reasons = (
            run.objections(request, account)
            or self._compared(request)
            or self._sized(request, account, reading)
        )
        if not reasons:
            return run.approvals[pair]
        run.reach_limits(reasons, account, self._requests_at_close(now))
        run.refuse(request, reading.ended, reasons)
        return 0.0

    def _compared(self, request: EntryRequest) -> tuple[Reason, ...]:
        """What speaks against an entry once the exchange was asked what it holds (live only)."""
        live = self.run.live
        if live is None:
            return ()
        trades = Trade.get_trades_proxy(is_open=True)
        problem = live.look_closely(
            request.pair, request.time, self.wallets, self.dp, trades, self._book
        )
        if problem is not None:
            return (Reason("risk.unreconciled", problem),)
        return self.run.unreconciled(request, self._account(request.time))

    def _requests_at_close(self, now: datetime) -> Iterator[EntryRequest]:
        """What an entry into each pair would be at its last close."""
        for pair in self._book.pairs:
            reading = self._reading(pair, now)
            if reading is not None and isfinite(reading.stop):
                yield self._request(pair, now, reading.close, reading, (0.0, inf))

    def _sized(
        self, request: EntryRequest, account: Account, reading: Reading
    ) -> tuple[Reason, ...]:
        """Approves a stake for the request and promises its plan; else why there is none."""
        run, settings = self.run, self.nija_settings
        given = {"request": request, "account": account, "settings": settings}
        try:
            wish = run.hooks.first("nija_stake", answers.stake, tier=account.tier, **given)
        except PluginFailure as failure:
            run.hooks.report(failure)
            return (Reason(failure.plugin, str(failure)),)
        if wish is None:
            return (Reason("sizing", "No loaded plugin sizes entries."),)
        decision = decide(wish, request, account, settings)
        if decision.refusal is not None:
            return (Reason(f"sizing.{decision.decided_by}", decision.refusal),)
        run.approvals[request.pair] = decision.stake
        run.plans.promise(request.pair, FrozenPlan.of(reading))
        return ()

    def _request(
        self, pair: str, now: datetime, price: float, reading: Reading, bounds: tuple[float, float]
    ) -> EntryRequest:
        assets = [known.partition("/")[0] for known in self._book.pairs]
        return entry_request(
            pair,
            now,
            price,
            reading,
            self._market_rules(pair),
            self.config,
            mode=self._mode,
            stoploss=self.stoploss,
            candle=self._candle,
            tradable_pairs=sum(asset in self.nija_settings.trade_only for asset in assets),
            engine_bounds=bounds,
        )

    def _reading(self, pair: str, now: datetime) -> Reading | None:
        """The last closed candle's view, bent as hyperopt tries it; stops stay inside the
        disaster stop."""
        reading = self._book.reading(pair, now)
        if reading is None:
            return None
        widest = abs(self.stoploss) * 0.9
        return reading.bent(
            score=self.score_scale(reading.regime),
            stop=self.stop_scale(),
            trail=self.trail_scale(),
            target=self.target_scale(),
            widest=widest,
        )

    def confirm_trade_entry(
        self,
        pair: str,
        order_type: str,
        amount: float,
        rate: float,
        time_in_force: str,
        current_time: datetime,
        entry_tag: str | None,
        side: str,
        **kwargs: Any,
    ) -> bool:
        """Only what NIJA sized a moment ago, and no more than that. freqtrade would confirm if
        this raised, so the memory it needs is looked up without building anything."""
        approved = self._run.approvals.pop(pair, 0.0) if self._run else 0.0
        if amount * rate <= approved * (1 + 1e-6):
            if self._run and self._run.live:
                self._run.live.expect_order(pair, current_time)
            return True
        logger.error(
            "No entry into %s: an order of %.2f is not the stake of %.2f NIJA decided.",
            pair,
            amount * rate,
            approved,
        )
        return False

    # -- open trades ------------------------------------------------------------------------

    def order_filled(
        self, pair: str, trade: Trade, order: Order, current_time: datetime, **kwargs: Any
    ) -> None:
        """Freezes the plan of a new trade; tells the plugins."""
        self.run.trades_changed = True
        told = {"pair": pair, "price": order.safe_price, "amount": order.safe_filled}
        if order.ft_order_side == trade.entry_side:
            self._frozen_plan(trade)
            stake = order.safe_price * order.safe_filled
            self.run.hooks.tell("nija_entry_filled", stake=stake, **told)
        else:
            self.run.hooks.tell("nija_exit_filled", profit=self._profit(trade, order), **told)

    def _profit(self, trade: Trade, order: Order) -> float:
        """The trade's profit so far, after fees, in stake currency. Backtesting tells of a fill
        before it books it, live afterwards."""
        if self._mode == "backtest":
            return float(trade.realized_profit + trade.calc_profit(rate=order.safe_price))
        return float(trade.realized_profit if trade.is_open else trade.close_profit_abs or 0.0)

    def _frozen_plan(self, trade: LocalTrade) -> FrozenPlan | None:
        """The plan the trade's stake was sized for."""

        def from_candles() -> FrozenPlan | None:
            # At its entry; for one that was adopted later, perhaps only now.
            for moment in (trade.open_date_utc, self.run.memory.seen):
                reading = self._reading(trade.pair, moment) if moment else None
                if reading and isfinite(reading.stop) and isfinite(reading.trail):
                    return FrozenPlan.of(reading)
            return None

        return self.run.plans.of(trade, from_candles)

    def _stop_price(self, trade: Trade, now: datetime) -> float | None:
        plan = self._frozen_plan(trade)
        if plan is None:
            return None
        best = self._book.highest_close(trade.pair, trade.open_date_utc, now)
        return plan.stop_price(trade.open_rate, best)

    def custom_stoploss(
        self,
        pair: str,
        trade: Trade,
        current_time: datetime,
        current_rate: float,
        current_profit: float,
        after_fill: bool,
        **kwargs: Any,
    ) -> float | None:
        """The distance from the present price to the planned or trailed stop."""
        stop = self._stop_price(trade, current_time)
        if stop is None:
            return None
        if after_fill:
            # Here freqtrade would even lower a stop: one that was tightened stays where it is.
            stop = max(stop, trade.stop_loss or 0.0)
        if stop >= current_rate and self._mode != "backtest":
            # The trail rose above the price while nobody looked. freqtrade takes 0 for no answer;
            # the least distance there is makes it sell now.
            return 1e-9
        distance: float = stoploss_from_absolute(
            stop, current_rate, is_short=trade.is_short, leverage=trade.leverage
        )
        return distance

    def custom_exit(
        self,
        pair: str,
        trade: Trade,
        current_time: datetime,
        current_rate: float,
        current_profit: float,
        **kwargs: Any,
    ) -> str | None:
        """Leaves when the trade has lasted long enough; in a backtest also when a candle opens
        beyond the stop, at its open: freqtrade would fill at the stop's price, which was not to be
        had. Live the price is what it is, and the stop's market order gets out. At the drawdown
        limit everything leaves."""
        if self._mode == "backtest":
            stop = max(self._stop_price(trade, current_time) or 0.0, trade.stop_loss or 0.0)
            if current_rate <= stop:
                return "nija_gap_through_stop"
        if DRAWDOWN in self.run.memory.locked:
            return DRAWDOWN
        if current_time - trade.open_date_utc >= self.time_stop:
            return "nija_time_stop"
        return None
