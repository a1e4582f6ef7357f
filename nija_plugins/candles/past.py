"""Gives a filter its `History`: an archive's candles, and the plan the plugins make of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
from freqtrade.enums import TradingMode

from nija_plugins import answers
from nija_plugins.candles.archive import Archive
from nija_plugins.candles.days import from_hours
from nija_plugins.candles.history import CANDLES, PLANNED, History, Load, without_plan
from nija_plugins.guard import Hooks
from nija_plugins.settings import Settings
from nija_plugins.view import Plan

MODELS = "nija_models"
"""Folder below user_data for what a filter fitted."""


@dataclass(frozen=True)
class Past:
    """What is known beyond a dataframe. `fee` is a fraction a side, `quote` what follows the assets
    of `trade_only` in a pair's name."""

    archive: Archive = field(default_factory=lambda: Archive({}))
    exchange: str = ""
    quote: str = ""
    fee: float = 0.0
    time_stop: timedelta = timedelta(days=30)
    cache: Path | None = None

    def history(
        self, dataframe: pd.DataFrame, pair: str, plan: Plan, hooks: Hooks, settings: Settings
    ) -> History:
        """The history that ends with `dataframe`, whose own plan is `plan`."""
        included = self.archive.add(pair, dataframe)

        def load(wanted: str, moment: pd.Timestamp) -> pd.DataFrame:
            if wanted != pair or included:
                return self._planned(wanted, self.archive.before(wanted, moment), hooks, settings)
            own = dataframe[CANDLES].assign(**_columns(plan))
            candles = self.archive.extended(pair, own, moment)
            if len(candles) <= len(own) and not len(self.archive.before(pair, moment)):
                return own.iloc[: len(candles)].reset_index(drop=True)
            return self._planned(pair, candles, hooks, settings)

        return self._over(load, dataframe["date"].iloc[-1], settings, pair)

    def stored(self, hooks: Hooks, settings: Settings, ends: pd.Timestamp) -> History:
        """The history of what is stored, with candles that opened by `ends`."""

        def load(wanted: str, moment: pd.Timestamp) -> pd.DataFrame:
            return self._planned(wanted, self.archive.before(wanted, moment), hooks, settings)

        return self._over(load, ends, settings)

    def _over(self, load: Load, ends: pd.Timestamp, settings: Settings, *more: str) -> History:
        return History(
            pairs=tuple(dict.fromkeys([*traded(settings, self.quote), *more])),
            ends=ends,
            fee=self.fee,
            time_stop=self.time_stop,
            load=load,
            cache=self.cache,
            command=partial(self.archive.command, exchange=self.exchange),
        )

    def _planned(
        self, pair: str, candles: pd.DataFrame, hooks: Hooks, settings: Settings
    ) -> pd.DataFrame:
        known = self.archive.planned(pair, candles)
        if known is None:
            known = planned(candles, pair, hooks, settings)
            self.archive.remember(pair, candles, known)
        return known


def traded(settings: Settings, quote: str) -> tuple[str, ...]:
    """The pairs of `trade_only`; `quote` as `quote_of` has it. Not those of the configuration:
    lookahead-analysis repeats a run with one pair alone, and must get the same model."""
    return tuple(f"{asset}/{quote}" for asset in settings.trade_only)


def quote_of(config: Mapping[str, Any]) -> str:
    """What follows an asset in a pair's name: `USD`, in futures markets `USD:USD`."""
    stake = str(config["stake_currency"])
    return f"{stake}:{stake}" if config.get("trading_mode") == TradingMode.FUTURES else stake


def planned(candles: pd.DataFrame, pair: str, hooks: Hooks, settings: Settings) -> pd.DataFrame:
    """`candles` with the plan that the plugins make of them. Raises PluginFailure."""
    if not len(candles):
        return without_plan(candles)
    given = {"dataframe": from_hours(candles), "pair": pair, "settings": settings}
    plan = hooks.first("nija_plan", answers.plan(candles.index), **given)
    if plan is None:
        return without_plan(candles)
    return candles.assign(**_columns(plan))


def _columns(plan: Plan) -> dict[str, pd.Series]:
    return dict(zip(PLANNED, (plan.stop, plan.target, plan.trail), strict=True))
