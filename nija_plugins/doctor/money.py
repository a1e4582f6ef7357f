"""Whether the account is large enough to start."""

from collections.abc import Iterator, Mapping

from nija_plugins.doctor.context import Context
from nija_plugins.doctor.finding import Finding, failed, ok
from nija_plugins.risk.minimum_balance import minimum_balance
from nija_plugins.scaling.tiers import checked_equity, sorted_tiers


def balances(context: Context) -> Iterator[Finding]:
    """The dry run's wallet against the minimum balances and the lowest tier."""
    settings = context.settings
    needed = minimum_balance(context.exchange, settings)
    if settings.micro_capital_mode:
        needed = max(needed, sorted_tiers()[0].min_equity)
    rule = f"an account on {context.exchange} starts at ${needed:.2f}"
    if not context.dry_run:
        yield ok(f"Not asked, that would take your keys; {rule}")
        return
    wallet = context.config.get("dry_run_wallet", 1000)
    if isinstance(wallet, Mapping):
        wallet = wallet.get(context.config.get("stake_currency"), 0)
    money = checked_equity(wallet)
    if money < needed:
        yield failed(
            f"dry_run_wallet is ${money:.2f}: every entry will be refused, {rule}.",
            f'Set "dry_run_wallet" to {needed:g} or more, or lower the minimum '
            "(min_balance_to_trade, min_balance_coinbase, min_balance_kraken).",
        )
    else:
        yield ok(f"dry_run_wallet is ${money:.2f}, {rule}")
