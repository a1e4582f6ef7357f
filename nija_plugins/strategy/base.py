"""What every callback stands on: the memory of a run, and what it knows of market and account."""

import logging
from datetime import datetime, timedelta
from math import isfinite
from pathlib import Path
from threading import RLock
from typing import Any

from freqtrade.constants import Config
from freqtrade.exchange import timeframe_to_seconds
from freqtrade.persistence import LocalTrade

from nija_plugins import manager, redaction
from nija_plugins.account import Account
from nija_plugins.brokers.watch import PortfolioWatch
from nija_plugins.candles.archive import Archive
from nija_plugins.candles.book import Book, Reading
from nija_plugins.candles.past import quote_of, traded
from nija_plugins.entry import EntryRequest, Market, Mode
from nija_plugins.exchange_features import holds_stops, stop_rests
from nija_plugins.live.cancelling import Cancelling
from nija_plugins.live.lost_exits import LostExits
from nija_plugins.live.lost_stops import LostStops
from nija_plugins.live.nameless import NamelessOrders
from nija_plugins.live.watch import LiveWatch
from nija_plugins.memory import AccountStore
from nija_plugins.memory.store import MEMORY_FILE, account_name
from nija_plugins.modes import judged_alone, mode_of, one_of_many
from nija_plugins.plans import FrozenPlan
from nija_plugins.requests import LIQUIDATION_BUFFER, entry_request, market_rules
from nija_plugins.run import Run
from nija_plugins.scaling.tiers import SCALING_TIERS
from nija_plugins.settings import Settings
from nija_plugins.strategy.fixed import Fixed, ignored
from nija_plugins.view import Regime

logger = logging.getLogger(__name__)

WIDEST = 0.9
"""How much of the disaster stop's distance a plan may use."""


class StrategyBase(Fixed):
    """The memory of a run. Raises SettingsError or PluginError (freqtrade's OperationalException)
    at construction."""

    time_stop: timedelta
    """How long a trade may last."""

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        # What does not change in a run, and is asked at every candle.
        self._mode: Mode = mode_of(config)
        self._judged_alone = judged_alone(config)
        self._one_of_many = one_of_many(config)
        self._keep_secrets()
        self.nija_settings = Settings.load(config)
        # freqtrade's backtest cache hashes the config and the strategy's file, and would miss a
        # change in a plugin, a tier or an environment override.
        config["nija_fingerprint"] = manager.fingerprint(
            self._build_manager(), self.nija_settings, SCALING_TIERS, self._learned_from()
        )
        if holds_stops(config["exchange"]["name"]):
            # Not in a dry-run: freqtrade would fill it at the stop's price, for the maker's fee.
            rests = {"stoploss_on_exchange": self._mode == "live" and stop_rests(config)}
            self.order_types: dict[str, Any] = {**self.order_types, **rests}
            if "order_types" in config:  # freqtrade will prefer them
                config["order_types"] = {**config["order_types"], **rests}
        for sentence in ignored(config) if not self._one_of_many else ():
            logger.warning("%s", sentence)
        self._started: datetime | None = None
        self._turn = RLock()
        self._forget()

    def _forget(self) -> None:
        """Begins anew, as a new process would: with what is on disk, and nothing else."""
        self._book = Book(timeframe_to_seconds(self.timeframe))
        self._archive = Archive(self.config)
        self._lost_exits, self._lost_stops = LostExits(), LostStops()
        self._cancelling = Cancelling()
        self._nameless = NamelessOrders()
        self._said: set[str] = set()
        self._run: Run | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Everything but the memory of a run, which a worker process builds for itself."""
        orders = ("_lost_exits", "_lost_stops", "_nameless", "_cancelling")
        return {**self.__dict__, **dict.fromkeys(("_book", "_archive", "_run", "_turn", *orders))}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._keep_secrets()
        self._turn = RLock()
        self._forget()

    def _keep_secrets(self) -> None:
        """freqtrade has taken the exchange's keys out of the configuration by now, but not out of
        the original one, which it also exports with a backtest's result."""
        redaction.remember(self.config)
        if original := self.config.get("original_config"):
            redaction.remember(original)
            self.config["original_config"] = redaction.without_secrets(original)

    def _build_manager(self) -> Any:
        folder = self.config.get("user_data_dir")
        return manager.build(self.nija_settings, Path(folder) / "plugins" if folder else None)

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
                self._portfolio_watch(),
            )
            if self._one_of_many:
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

    def _portfolio_watch(self) -> PortfolioWatch | None:
        if self._mode == "backtest":
            return None
        return PortfolioWatch.of(self.config, self.nija_settings, self._tell_person)

    def _tell_person(self, message: str) -> None:
        """Telegram, Discord, webhooks: whatever freqtrade is set up to send."""
        self.dp.send_msg(redaction.masked(f"NIJA: {message}"), always_send=True)

    @property
    def _candle(self) -> timedelta:
        return timedelta(seconds=timeframe_to_seconds(self.timeframe))

    def _learned_from(self) -> str:
        """A hash of the candles that a backtest's filter learns from; they decide it, too."""
        if not self.nija_settings.ai_trade_filter or self._mode != "backtest":
            return ""
        return Archive(self.config).contents(traded(self.nija_settings, quote_of(self.config)))

    def _market_rules(self, pair: str) -> Market:
        # freqtrade charges a configured fee everywhere but live.
        fee = self.config.get("fee") if self._mode != "live" else None
        listed = self.dp.market(pair)
        if listed is None or not listed.get("contract"):
            return market_rules(pair, listed, fee)
        # For the largest position there could be: larger ones need more margin.
        whole = self.wallets.get_total(self.config["stake_currency"]) if self.wallets else 0.0
        rate, _ = self.dp._exchange.get_maintenance_ratio_and_amt(
            pair, whole * self.nija_settings.max_leverage
        )
        buffer = self.config.get("liquidation_buffer", LIQUIDATION_BUFFER)
        return market_rules(pair, listed, fee, rate, buffer)

    def _account(self, now: datetime) -> Account:
        assert self.wallets is not None
        return self.run.account(
            now,
            self.wallets,
            self._book,
            self.config["stake_currency"],
            alone=self._judged_alone,
        )

    def _reading(self, pair: str, now: datetime) -> Reading | None:
        """The last closed candle's view, bent as hyperopt tries it; stops stay inside the
        disaster stop."""
        reading = self._book.reading(pair, now)
        if reading is None:
            return None
        widest = abs(self.stoploss) * WIDEST
        return reading.bent(
            score=self.score_scale(reading.regime),
            stop=self.stop_scale(),
            trail=self.trail_scale(),
            target=self.target_scale(),
            widest=widest,
        )

    def _request(
        self,
        pair: str,
        now: datetime,
        price: float,
        reading: Reading,
        bounds: tuple[float, float],
        leverage: float = 1.0,
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
            leverage=leverage,
        )

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

    def _say_once(self, message: str, error: Exception) -> None:
        """A log line with its traceback, once per cause: freqtrade asks again every loop."""
        if message not in self._said:
            self._said.add(message)
            logger.error(message, exc_info=error)

    # -- what hyperopt may turn --------------------------------------------------------------

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
