"""Which of freqtrade's ways of running this is."""

from collections.abc import Mapping
from typing import Any

from freqtrade.enums import RunMode
from freqtrade.util import get_dry_run_wallet

from nija_plugins.entry import Mode

LOOKAHEAD_STAKE = 10_000
LOOKAHEAD_WALLET = 1_000_000_000
"""What freqtrade's lookahead-analysis sets (optimize/analysis/lookahead_helpers.py)."""


def mode_of(config: Mapping[str, Any]) -> Mode:
    """Live, dry-run, or anything that looks at the past."""
    modes: dict[Any, Mode] = {RunMode.LIVE: "live", RunMode.DRY_RUN: "dry_run"}
    return modes.get(config.get("runmode"), "backtest")


def judged_alone(config: Mapping[str, Any]) -> bool:
    """lookahead-analysis repeats single trades and compares: what other trades did to the account
    must not matter there. It is known by what it forces upon the configuration; its own settings
    have defaults that stand in every configuration."""
    return bool(
        mode_of(config) == "backtest"
        and config.get("stake_amount") == LOOKAHEAD_STAKE
        and get_dry_run_wallet(config) >= LOOKAHEAD_WALLET
    )


def one_of_many(config: Mapping[str, Any]) -> bool:
    """Whether this run is one of hundreds whose records and announcements nobody reads."""
    return judged_alone(config) or config.get("runmode") == RunMode.HYPEROPT


def draws_only(config: Mapping[str, Any]) -> bool:
    """Whether past candles are looked at to be drawn (FreqUI without a bot, plot-dataframe): there
    is no list of pairs then, and nothing is traded."""
    return config.get("runmode") in (RunMode.WEBSERVER, RunMode.PLOT)
