"""Where an account stands, as text and as a dictionary."""

from typing import Any

from nija_plugins.scaling.default import get_auto_scaling_engine
from nija_plugins.scaling.engine import AutoScalingEngine
from nija_plugins.scaling.limits import NOTHING


def get_current_tier_info(engine: AutoScalingEngine | None = None) -> dict[str, Any]:
    """The current tier's row with the last equity (stake currency; None before any was seen).

    Without a tier `name` and `min_equity` are None and nothing is allowed. `engine` None is the
    process-wide one.
    """
    engine = engine or get_auto_scaling_engine()
    tier = engine.current_tier
    row = tier or NOTHING
    return {
        "name": tier.name if tier else None,
        "current_equity": engine.current_equity,
        "min_equity": tier.min_equity if tier else None,
        "max_positions": row.max_positions,
        "risk_per_trade": row.risk_per_trade,
        "copy_trading": row.copy_trading,
        "leverage_enabled": row.leverage_enabled,
        "description": tier.description if tier else "No tier: no new entries",
    }


def get_scaling_summary(engine: AutoScalingEngine | None = None) -> str:
    """The account's tier and the way to the next one, as lines for a person.

    `engine` None is the process-wide one.
    """
    engine = engine or get_auto_scaling_engine()
    info = get_current_tier_info(engine)
    equity = info["current_equity"]
    shown = "not seen yet" if equity is None else f"${equity:.2f}"
    lines = [
        f"CURRENT EQUITY: {shown}",
        f"CURRENT TIER: {info['name'] or 'none'}",
        f"  {info['description']}",
        *_row(info),
        "",
    ]
    following = engine.get_next_tier()
    if following is None:
        return "\n".join([*lines, "TOP TIER: there is no tier above this one."])
    lines.append(f"NEXT TIER: {following.name}")
    lines.append(f"  Unlocks at: ${following.min_equity:.2f}")
    if progress := engine.get_progress_to_next_tier():
        lines.append(f"  Progress: {progress['progress_pct']:.1f}%")
        lines.append(f"  Equity needed: ${progress['equity_needed']:.2f}")
        lines.extend(_row(progress["next_tier"]))
    return "\n".join(lines)


def _row(tier: dict[str, Any]) -> list[str]:
    return [
        f"  Max Positions: {tier['max_positions']}",
        f"  Risk Per Trade: {tier['risk_per_trade']:.1f}%",
        f"  Copy Trading: {'Enabled' if tier['copy_trading'] else 'Disabled'}",
        f"  Leverage: {'Enabled' if tier['leverage_enabled'] else 'Disabled'}",
    ]
