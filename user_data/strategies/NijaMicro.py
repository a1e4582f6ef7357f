"""NijaMicro: breakouts on completed 4h bars, sized for accounts of $15 to $5,000.

Long only, on BTC, ETH and SOL. A voting ensemble, weighted by the market's regime, proposes an
entry when a 4h bar has closed; market rules and money rules may each refuse it; a hybrid sizer
says how much; a wide trailing stop takes it out again. What each part does is a plugin: see
docs/ and `nija plugins`.
"""

from datetime import timedelta

from freqtrade.strategy import DecimalParameter
from pandas import DataFrame

from nija_plugins.chart import PLOT_CONFIG
from nija_plugins.strategy import NijaStrategy
from nija_plugins.view import Regime


class NijaMicro(NijaStrategy):
    """What it trades on and how it leaves; everything else is `NijaStrategy` and plugins."""

    INTERFACE_VERSION = 3

    timeframe = "1h"  # decisions on 4h bars resampled from these; both exchanges serve 1h and 1d
    startup_candle_count = 719  # what Kraken serves at once
    process_only_new_candles = True
    ignore_buying_expired_candle_after = 600  # seconds: a late entry is not the one that was tested
    can_short = False

    # The way out: the plan's stop, set when the entry fills, then trailed behind closes.
    stoploss = -0.30  # a disaster stop for the seconds before the planned one stands
    time_stop = timedelta(days=30)
    minimal_roi = {"0": 100}  # no profit target: wide trails earn more than targets

    order_types = {
        "entry": "limit",
        "exit": "limit",
        "emergency_exit": "market",
        "force_entry": "limit",
        "force_exit": "market",
        "stoploss": "market",
        "stoploss_on_exchange": False,
    }

    # What hyperopt may bend; 1.0 is as shipped. Each is applied to what was computed once, so an
    # epoch costs no indicator. Scores against min_signal_score, the three rows of weights that can
    # reach it, targets against min_risk_reward; then stop and trail, multiples of average ranges.
    scores = DecimalParameter(0.8, 1.2, default=1.0, decimals=2, space="buy")
    trending_up = DecimalParameter(0.75, 1.25, default=1.0, decimals=2, space="buy")
    breakout = DecimalParameter(0.75, 1.25, default=1.0, decimals=2, space="buy")
    ranging = DecimalParameter(0.75, 1.25, default=1.0, decimals=2, space="buy")
    targets = DecimalParameter(0.7, 1.3, default=1.0, decimals=2, space="buy")
    stops = DecimalParameter(0.6, 1.6, default=1.0, decimals=2, space="buy")
    trails = DecimalParameter(0.6, 1.6, default=1.0, decimals=2, space="sell")

    plot_config = PLOT_CONFIG

    def populate_indicators(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        """Regime, score, plan and confidence, as columns."""
        return self.look(dataframe, metadata["pair"])

    def populate_entry_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        """Every candidate signals; the vetoes decide which of them are entered."""
        return self.candidates(dataframe, metadata["pair"])

    def populate_exit_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        """No exit signals: stops and time take trades out."""
        return dataframe

    def score_scale(self, regime: Regime) -> float:
        rows = {
            Regime.TRENDING_UP: self.trending_up,
            Regime.BREAKOUT: self.breakout,
            Regime.RANGING: self.ranging,
        }
        row = float(rows[regime].value) if regime in rows else 1.0
        return float(self.scores.value) * row

    def stop_scale(self) -> float:
        return float(self.stops.value)

    def trail_scale(self) -> float:
        return float(self.trails.value)

    def target_scale(self) -> float:
        return float(self.targets.value)
