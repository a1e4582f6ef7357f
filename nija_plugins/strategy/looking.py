"""The market: candles in, NIJA's columns and candidates out."""

import logging
from pathlib import Path

import pandas as pd

from nija_plugins import chart, market
from nija_plugins.candles.days import beside
from nija_plugins.candles.past import MODELS, Past, quote_of
from nija_plugins.strategy.base import StrategyBase

logger = logging.getLogger(__name__)


class Looking(StrategyBase):
    """What `populate_indicators` and `populate_entry_trend` of a strategy call."""

    def informative_pairs(self) -> list[tuple[str, str]]:
        """Daily candles of every pair."""
        return [(pair, "1d") for pair in self.dp.current_whitelist()]

    def look(self, dataframe: pd.DataFrame, pair: str) -> pd.DataFrame:
        """`dataframe` with daily bars and NIJA's columns (see `nija_plugins.market`)."""
        daily = self.dp.get_pair_dataframe(pair, "1d")
        if len(daily):
            dataframe = beside(dataframe, daily)
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
            quote=quote_of(self.config),
            fee=self._market_rules(pair).fee,
            time_stop=self.time_stop,
            cache=Path(self.config["user_data_dir"]) / MODELS,
        )

    def candidates(self, dataframe: pd.DataFrame, pair: str) -> pd.DataFrame:
        """`dataframe` with an entry signal on every candidate; the vetoes judge each of them. An
        account that follows a leader has none: it enters copies."""
        if self.nija_settings.mode == "MASTER_FOLLOW":
            dataframe["nija_candidate"] = False
        with self._turn:
            self._book.observe(pair, dataframe)
        chosen = dataframe["nija_candidate"]
        return dataframe.assign(
            enter_long=chosen.astype(int), enter_tag=dataframe["nija_regime"].where(chosen)
        )
