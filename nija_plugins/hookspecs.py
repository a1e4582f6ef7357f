"""Every extension point of NIJA, on one page.

Implement any of these with `@nija_plugins.hookimpl`, asking only for the arguments you need.
Market hooks see candles and never balances; money hooks see `EntryRequest` and `Account` and never
candles. A plugin that raises, talks nonsense or takes too long (`guard.LATE_SECONDS`) is named in
the log, and nothing is entered on it. None is "no opinion" and never a failure.
"""

from typing import TYPE_CHECKING

import pandas as pd
import pluggy

if TYPE_CHECKING:
    from nija_plugins.account import Account
    from nija_plugins.candles.history import History
    from nija_plugins.entry import EntryRequest
    from nija_plugins.scaling.tiers import ScalingTier
    from nija_plugins.settings import Settings
    from nija_plugins.view import Confidence, Plan, Vote

hookspec = pluggy.HookspecMarker("nija")

# The market: once per dataframe, within 600 s. On error the dataframe gets no signal; exits go on.


@hookspec(firstresult=True)
def nija_regime(dataframe: pd.DataFrame, pair: str, settings: "Settings") -> pd.Series | None:
    """The market's regime per candle: a Series of `Regime` names. First result wins."""


@hookspec
def nija_votes(dataframe: pd.DataFrame, pair: str, settings: "Settings") -> "list[Vote] | None":
    """Opinions on going long per candle. Everybody's votes are collected."""


@hookspec(firstresult=True)
def nija_score(votes: "list[Vote]", regime: pd.Series, settings: "Settings") -> pd.Series | None:
    """All votes as one score per candle in [0, 1]. First result wins."""


@hookspec(firstresult=True)
def nija_plan(dataframe: pd.DataFrame, pair: str, settings: "Settings") -> "Plan | None":
    """Stop, target and trail per candle, as fractions of the price. First result wins."""


@hookspec(firstresult=True)
def nija_confidence(
    dataframe: pd.DataFrame, pair: str, history: "History", settings: "Settings"
) -> "Confidence | None":
    """Rank and win probability of an entry per candle, NaN for "don't know". First result wins."""


# Money: once per candidate entry, within 5 s. On error nothing is entered.


@hookspec
def nija_veto(request: "EntryRequest", account: "Account", settings: "Settings") -> str | None:
    """A sentence why this entry must not happen, or None. Everybody is asked."""


@hookspec(firstresult=True)
def nija_stake(
    request: "EntryRequest", account: "Account", tier: "ScalingTier | None", settings: "Settings"
) -> float | None:
    """The wished stake in stake currency, 0 for none; `tier` is None only when tiers are off. First
    result wins; the cuts of `nija_plugins.sizing.cuts` apply to whatever is wished."""


@hookspec(firstresult=True)
def nija_leverage(
    request: "EntryRequest", account: "Account", tier: "ScalingTier | None", settings: "Settings"
) -> float | None:
    """The wished leverage, a multiple ≥ 1; in futures markets only, and before the stake is asked
    for. First result wins; `nija_plugins.sizing.leverage` has the limits of whatever is wished."""


# Events: told, not asked; an answer other than None is an error, and so is taking longer than 5 s
# (nija_run_started: 600 s). On error the plugin is named in the log, exits go on, and nothing more
# is entered in this loop (after nija_run_started: in this run).


@hookspec
def nija_run_started(settings: "Settings") -> None:
    """A bot start, a backtest or a hyperopt epoch begins: forget what you remember."""


@hookspec
def nija_equity(account: "Account") -> None:
    """Once per loop (live) or candle (backtest), before any entry is considered."""


@hookspec
def nija_tier_changed(
    old: "ScalingTier | None", new: "ScalingTier | None", account: "Account"
) -> None:
    """The account moved to another tier; None is "no tier"."""


@hookspec
def nija_entry_refused(request: "EntryRequest", reasons: "tuple[str, ...]") -> None:
    """An entry was refused, for all these reasons. Once per pair and candle."""


@hookspec
def nija_entry_filled(pair: str, price: float, amount: float, stake: float) -> None:
    """An entry order filled: price and stake in stake currency, amount in base currency."""


@hookspec
def nija_exit_filled(pair: str, price: float, amount: float, profit: float) -> None:
    """An exit order filled; profit is the trade's so far, in stake currency, after fees."""
