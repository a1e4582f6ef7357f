"""Gives a filter its `History`: an archive's candles, and the plan the plugins make of them."""

from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path

import pandas as pd

from nija_plugins import answers
from nija_plugins.archive import Archive
from nija_plugins.guard import Hooks
from nija_plugins.history import CANDLES, PLANNED, History, without_plan
from nija_plugins.settings import Settings
from nija_plugins.signals.indicators import window_mean
from nija_plugins.view import Plan

MODELS = "nija_models"
"""Folder below user_data for what a filter fitted."""


@dataclass(frozen=True)
class Past:
    """What is known beyond a dataframe. `fee` is a fraction a side, `stake` the currency that the
    assets of `trade_only` are bought with."""

    archive: Archive = field(default_factory=lambda: Archive({}))
    exchange: str = ""
    stake: str = ""
    fee: float = 0.0
    time_stop: timedelta = timedelta(days=30)
    cache: Path | None = None

    def history(
        self, dataframe: pd.DataFrame, pair: str, plan: Plan, hooks: Hooks, settings: Settings
    ) -> History:
        """The history that ends with `dataframe`, whose own plan is `plan`."""
        self.archive.add(pair, dataframe)
        own = dataframe[CANDLES].assign(**dict(zip(PLANNED, _columns(plan), strict=True)))

        def load(wanted: str, moment: pd.Timestamp) -> pd.DataFrame:
            if wanted != pair:
                candles = self.archive.before(wanted, moment)
            else:
                candles = self.archive.extended(pair, own, moment)
                if len(candles) <= len(own) and not len(self.archive.before(pair, moment)):
                    return own.iloc[: len(candles)].reset_index(drop=True)
            known = self.archive.planned(wanted, candles)
            if known is None:
                known = planned(candles, wanted, hooks, settings)
                self.archive.remember(wanted, candles, known)
            return known

        assets = dict.fromkeys([*(f"{a}/{self.stake}" for a in settings.trade_only), pair])
        return History(
            pairs=tuple(assets),
            ends=dataframe["date"].iloc[-1],
            fee=self.fee,
            time_stop=self.time_stop,
            load=load,
            cache=self.cache,
            command=partial(self.archive.command, exchange=self.exchange),
        )


def planned(candles: pd.DataFrame, pair: str, hooks: Hooks, settings: Settings) -> pd.DataFrame:
    """`candles` with the plan that the plugins make of them. Raises PluginFailure."""
    if not len(candles):
        return without_plan(candles)
    given = {"dataframe": with_days(candles), "pair": pair, "settings": settings}
    plan = hooks.first("nija_plan", answers.plan(candles.index), **given)
    if plan is None:
        return without_plan(candles)
    return candles.assign(**dict(zip(PLANNED, _columns(plan), strict=True)))


def with_days(candles: pd.DataFrame) -> pd.DataFrame:
    """Consecutive hourly `candles` with close_1d and sma50_1d, as the strategy merges them: a day
    is known from its last hour on."""
    ends_day = candles["date"].dt.hour == 23
    closes = candles.loc[ends_day, "close"]
    average = pd.Series(window_mean(closes.to_numpy(dtype=float), 50), index=closes.index)
    return candles.assign(
        close_1d=closes.reindex(candles.index).ffill(),
        sma50_1d=average.reindex(candles.index).ffill(),
    )


def _columns(plan: Plan) -> tuple[pd.Series, pd.Series, pd.Series]:
    return plan.stop, plan.target, plan.trail
