"""What no configuration may overrule: freqtrade lets one set a strategy's attributes, but leaves
alone what is a property. Each of these would take away an exit, or add to a position past every
rule."""

from collections.abc import Iterator, Mapping
from typing import Any

from freqtrade.strategy import IStrategy

from nija_plugins.scaling.tiers import sorted_tiers

WHY: Mapping[str, tuple[bool, str]] = {
    "use_custom_stoploss": (True, "a stake is sized for its planned stop"),
    "use_exit_signal": (True, "the time stop and the exit at the drawdown's limit need it"),
    "exit_profit_only": (False, "a trade at a loss must be able to leave, too"),
    # A forced entry adds all that it proposes, and asks for no stake and no confirmation.
    "position_adjustment_enable": (False, "NIJA sizes a position once"),
}
"""The value of each attribute, and why."""


class Fixed(IStrategy):
    """The attributes of `WHY`, as they stay."""

    use_custom_stoploss = property(lambda _: WHY["use_custom_stoploss"][0])
    use_exit_signal = property(lambda _: WHY["use_exit_signal"][0])
    exit_profit_only = property(lambda _: WHY["exit_profit_only"][0])
    position_adjustment_enable = property(lambda _: WHY["position_adjustment_enable"][0])


def ignored(config: Mapping[str, Any]) -> Iterator[str]:
    """A sentence for each attribute that `config` wants otherwise, and for freqtrade's own bounds
    of stake and positions: who relies on them risks more than they say."""
    for name, (value, why) in WHY.items():
        if config.get(name, value) is not value:
            yield f"{name} is ignored: {why}."
    if config.get("stake_amount", "unlimited") != "unlimited":
        yield (
            f"stake_amount {config['stake_amount']} is ignored: NIJA sizes each position; "
            "nija.max_position_pct and nija.risk_per_trade bound it."
        )
    tiers = sorted_tiers()
    shipped = tiers[0].max_positions
    slots = config.get("max_open_trades", shipped)
    if slots != shipped and 0 <= slots < max(tier.max_positions for tier in tiers):
        yield (
            f"max_open_trades {slots} is ignored: the tier says how many positions; "
            "nija.max_positions bounds them, nija.live_trading false ends live entries."
        )
