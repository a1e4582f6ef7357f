"""The micro-capital configuration as data: defaults, what the tier makes of them, environment.

For scripts and other processes; the bot itself reads `Settings` and its tier.
"""

import json
import os
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from nija_plugins.scaling.limits import NOTHING, effective_limits
from nija_plugins.scaling.tiers import ScalingTier, checked_equity, sorted_tiers, tier_for
from nija_plugins.settings import EXPORTED, Settings, exported_by_nija

MICRO_CAPITAL_CONFIG: dict[str, Any] = Settings.model_validate({}).model_dump(
    mode="json", exclude={"plugins"}
)
"""Every setting of the "nija" section with its default; see `Settings` for units."""


def get_dynamic_config(equity: object) -> dict[str, Any]:
    """What the tier table allows a fresh account of `equity` (stake currency).

    `risk_per_trade` is in percent; below the lowest tier `tier` is None and nothing is allowed.
    Raises EquityError when `equity` is not an amount of money.
    """
    tier = _tier(equity)
    row = tier or NOTHING
    return {
        "tier": tier.name if tier else None,
        "max_positions": row.max_positions,
        "risk_per_trade": row.risk_per_trade,
        "copy_trading": row.copy_trading,
        "leverage_enabled": row.leverage_enabled,
    }


def get_environment_variables(
    equity: object, environ: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The environment for an account of `equity` (stake currency), as text.

    What the user set in `environ` (None: this process's) is never loosened, and keeps its
    spelling where it stands. Raises EquityError, and SettingsError for a variable that is no
    usable setting.
    """
    environ = os.environ if environ is None else environ
    tier = _tier(equity)
    settings = Settings.load({}, environ)
    limits = effective_limits(tier, settings)
    user = _set_by_user(environ)
    variables = {
        "MICRO_CAPITAL_MODE": user.get("MICRO_CAPITAL_MODE", _word(settings.micro_capital_mode)),
        "MODE": settings.mode,
        "PRIMARY_BROKER": settings.primary_broker,
        "SECONDARY_BROKER": settings.secondary_broker,
        "LIVE_TRADING": user.get("LIVE_TRADING", str(int(settings.live_trading))),
        "PRO_MODE": user.get("PRO_MODE", _word(settings.pro_mode)),
        "COPY_TRADING_MODE": "MASTER_FOLLOW" if limits.copy_trading else "MASTER_ONLY",
        "MINIMUM_TRADING_BALANCE": f"{settings.min_balance_to_trade:g}",
        "MIN_CASH_TO_BUY": f"{settings.min_trade_size:g}",
        "MAX_CONCURRENT_POSITIONS": str(limits.max_positions),
        "MAX_POSITION_PCT": f"{settings.max_position_pct:g}",
        "RISK_PER_TRADE": f"{limits.risk_per_trade:g}",
    }
    if user.get("COPY_TRADING_MODE", "MASTER_FOLLOW").upper() != "MASTER_FOLLOW":
        variables["COPY_TRADING_MODE"] = user["COPY_TRADING_MODE"]
    # An alias that loses against its plain name (see ALIASES) may still be the stricter of the two.
    for name in ("MINIMUM_TRADING_BALANCE", "MIN_CASH_TO_BUY"):
        if (own := _number(user.get(name))) is not None and own >= float(variables[name]):
            variables[name] = user[name]
    lowest = sorted_tiers()[0]
    for name, row in (
        ("MAX_CONCURRENT_POSITIONS", lowest.max_positions),
        ("MAX_POSITION_PCT", 0),
        ("RISK_PER_TRADE", lowest.risk_per_trade),
    ):
        own = _number(user.get(name))
        # A cap of the user's own (below the lowest row) stays even without a tier: replaced by
        # our 0 it would be forgotten, and the next tier would open more than the user allows.
        if own is not None and (own <= float(variables[name]) or own < row):
            variables[name] = user[name]
    return variables


def apply_micro_capital_config(equity: object, set_env_vars: bool = False) -> dict[str, Any]:
    """Everything above for an account of `equity` (stake currency), as one dictionary.

    With `set_env_vars` the variables are exported into this process's environment, and recorded
    as NIJA's own: `Settings.load` never reads them back, and the next call replaces them.
    """
    variables = get_environment_variables(equity)
    if set_env_vars:
        _export(variables)
    return {
        "base_config": deepcopy(MICRO_CAPITAL_CONFIG),
        "dynamic_config": get_dynamic_config(equity),
        "environment_variables": variables,
        "current_equity": checked_equity(equity),
    }


def get_config_summary(equity: object) -> str:
    """The configuration of an account of `equity` (stake currency), as lines for a person."""
    settings = Settings.load({})
    tier = _tier(equity)
    limits = effective_limits(tier, settings)
    live = "allowed (when dry_run is off)" if settings.live_trading else "refused"
    return "\n".join(
        (
            "MICRO CAPITAL CONFIGURATION",
            f"  Equity: ${checked_equity(equity):.2f}",
            f"  Tier: {tier.name if tier else 'none, no new entries'}",
            f"  Brokers: {', then '.join(settings.exchange_priority)}",
            f"  Live trading: {live}",
            f"  Max positions: {limits.max_positions}",
            f"  Risk per trade: {limits.risk_per_trade:.1f}% of equity",
            f"  Largest position: {settings.max_position_pct:.1f}% of equity",
            f"  Smallest trade: ${settings.min_trade_size:.2f}",
            f"  Cash buffer: {settings.force_cash_buffer:.1f}% of equity",
            f"  Daily loss limit: {settings.daily_max_loss:.1f}%",
            f"  Drawdown limit: {settings.max_drawdown:.1f}%",
            f"  Copy trading: {'unlocked' if limits.copy_trading else 'locked'}",
            f"  Leverage: {'unlocked' if limits.leverage_enabled else 'locked'}",
            f"  Trades only: {', '.join(settings.trade_only)}",
        )
    )


def _tier(equity: object) -> ScalingTier | None:
    """The tier of a fresh account, which has no buffer to fall back on."""
    return tier_for(checked_equity(equity), None, 0)


def _set_by_user(environ: Mapping[str, str]) -> dict[str, str]:
    ours = exported_by_nija(environ)
    return {name: text for name, text in environ.items() if name not in ours}


def _export(variables: Mapping[str, str]) -> None:
    """Puts `variables` into the environment, and on record those that are not the user's own."""
    user = _set_by_user(os.environ)
    ours = {name: text for name, text in variables.items() if user.get(name) != text}
    record = exported_by_nija(os.environ) | ours
    os.environ.update(variables)
    os.environ[EXPORTED] = json.dumps(record)


def _number(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return None


def _word(value: bool) -> str:
    return "true" if value else "false"
