"""What no configuration may overrule: freqtrade lets one set a strategy's attributes, but leaves
alone what is a property. Each of these would take away an exit, or add to a position past every
rule."""

from collections.abc import Iterator, Mapping
from typing import Any

from freqtrade.strategy import IStrategy

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
    """A sentence for each attribute that `config` wants otherwise."""
    for name, (value, why) in WHY.items():
        if config.get(name, value) is not value:
            yield f"{name} is ignored: {why}."
