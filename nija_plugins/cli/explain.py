"""`nija explain`: how a stake comes about, leg by leg and cut by cut."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from nija_plugins.account import Account, Benchmarks
from nija_plugins.cli.configuration import DEFAULT_CONFIG, clear_errors, learn_tiers, load
from nija_plugins.cli.offline import Exchange
from nija_plugins.cli.tables import show, table
from nija_plugins.entry import EntryRequest, Market
from nija_plugins.risk.minimum_balance import minimum_balance
from nija_plugins.scaling.limits import effective_limits
from nija_plugins.scaling.tiers import checked_equity, tier_for
from nija_plugins.settings import Settings
from nija_plugins.sizing.decision import Decision, decide
from nija_plugins.sizing.hybrid import Leg, legs, sizing_base
from nija_plugins.sizing.leverage import largest_leverage, liquidation_distance
from nija_plugins.sizing.lot import ENGINE_RESERVE, live_minimum_stake
from nija_plugins.venue.kraken.futures import MARGIN_LEVELS
from nija_plugins.venue.listings import LISTED
from nija_plugins.view import Regime

DISASTER_STOP = 0.30
"""NijaMicro's `stoploss`, which raises freqtrade's live minimums."""

ANY_STAKE = 1e12
"""Stands for an exchange that sets no maximum."""


def percentage(text: str) -> float:
    """`4%` or `4` as the fraction 0.04. Raises BadParameter."""
    try:
        value = float(text.strip().removesuffix("%")) / 100
    except ValueError:
        raise typer.BadParameter(f"'{text}' is not a percentage such as 4%") from None
    if not 0 <= value <= 10:
        raise typer.BadParameter(f"'{text}' is not between 0% and 1000%")
    return value


Percentage = Annotated[float, typer.Option(parser=percentage, metavar="PERCENT")]


def explain(
    equity: Annotated[float, typer.Option(help="Equity of the account, all in cash.")],
    pair: Annotated[str, typer.Option(help="For example BTC/USD; BTC/USD:USD is the future.")],
    price: Annotated[float, typer.Option(min=1e-9)],
    stop: Percentage,
    target: Percentage = "15%",  # type: ignore[assignment]
    volatility: Percentage = "3%",  # type: ignore[assignment]
    exchange: Exchange = Exchange.COINBASE,
    fee: Annotated[
        float | None,
        typer.Option(
            parser=percentage,
            metavar="PERCENT",
            help="Instead of the configuration's or the exchange's own.",
        ),
    ] = None,
    config: Annotated[list[Path], typer.Option("--config", "-c")] = [DEFAULT_CONFIG],  # noqa: B006
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """Explain the stake of one entry on a fresh account: each leg, each cut, what decided."""
    with clear_errors():
        loaded = load(config)
        settings = Settings.load(loaded)
        learn_tiers(loaded, settings)
        checked_equity(equity)
        market = market_rules(str(exchange), pair, loaded)
    if not 0 < stop < DISASTER_STOP:
        raise typer.BadParameter(f"the stop must lie between 0% and {DISASTER_STOP:.0%}")
    if fee is not None:
        market = replace(market, fee=fee)
    account = fresh_account(equity, str(exchange), settings, datetime.now(UTC))
    request = _request(pair, price, stop, target, volatility, str(exchange), market)
    if market.maintenance:
        leverage = largest_leverage(request, account, settings)
        smallest = request.minimum_stake / leverage
        request = replace(request, leverage=leverage, minimum_stake=smallest)
    console = Console()
    needed = minimum_balance(str(exchange), settings)
    opinions, decision = None, None
    if account.tier is not None and equity >= needed:
        opinions = legs(request, account, settings)
        wish = sizing_base(account, settings) * sum(leg.weight * leg.fraction for leg in opinions)
        decision = decide(wish, request, account, settings)
    if as_json:
        console.print_json(data=_facts(request, account, needed, opinions, decision))
        return
    tier = account.tier.name if account.tier else "no tier"
    console.print(
        f"[bold]{pair}[/] at {price:,.2f} on {exchange}, ${equity:,.2f} ({tier}), "
        f"stop {stop:.2%}, target {target:.2%}, fee {market.fee:.2%} a side",
        highlight=False,
    )
    console.print(
        f"A stake loses {request.loss_at_stop:.2%} at the stop and gains "
        f"{request.gain_at_target:.2%} at the target: reward over risk "
        f"{request.reward_over_risk:.2f} (at least {settings.min_risk_reward:g} is asked for).",
        highlight=False,
    )
    if request.leverage > 1:
        console.print(_levered(request), highlight=False)
    if opinions is None or decision is None:
        console.print(f"[red]No entry:[/] {_too_little(request, needed)}", highlight=False)
        return
    _show(console, opinions, decision, equity, request.leverage)


def _too_little(request: EntryRequest, needed: float) -> str:
    return f"{request.exchange} starts from ${needed:.2f}."


def _facts(
    request: EntryRequest,
    account: Account,
    needed: float,
    opinions: tuple[Leg, ...] | None,
    decision: Decision | None,
) -> dict[str, Any]:
    """The same for scripts: stake currency, and fractions of price or equity. `decision` is None
    where the account is too small for any."""
    refusal = decision.refusal if decision else _too_little(request, needed)
    return {
        "pair": request.pair,
        "exchange": request.exchange,
        "equity": account.equity,
        "tier": account.tier.name if account.tier else None,
        "loss_at_stop": request.loss_at_stop,
        "gain_at_target": request.gain_at_target,
        "reward_over_risk": request.reward_over_risk,
        "leverage": request.leverage,
        "stake": decision.stake if decision else 0.0,
        "refusal": refusal,
        "legs": [asdict(leg) for leg in opinions or ()],
        "decision": asdict(decision) if decision else None,
    }


def market_rules(exchange: str, pair: str, config: Mapping[str, Any]) -> Market:
    """The order rules of `pair` as the simulated exchange has them; the fee is that of `config`,
    if it has one and trades play money, as a bot counts.

    Raises ValueError naming the pairs it lists, or the exchanges that are known.
    """
    found = LISTED.get(exchange)
    if found is None:
        known = ", ".join(LISTED)
        raise ValueError(f"The rules of {exchange} are not known here; known: {known}.")
    margin = MARGIN_LEVELS[0][-1] + float(found.taker)
    charged = config.get("fee") if config.get("dry_run", True) else None
    for listing in found.listings:
        if listing.pair == pair:
            return Market(
                amount_step=float(listing.amount_step),
                amount_min=float(listing.amount_min),
                cost_min=float(listing.cost_min),
                fee=float(max(found.maker, found.taker) if charged is None else charged),
                maintenance=margin if listing.settle else 0.0,
            )
    listed = ", ".join(listing.pair for listing in found.listings)
    raise ValueError(f"The rules of {pair} on {exchange} are not known here; known: {listed}.")


def _levered(request: EntryRequest) -> str:
    """What the leverage means, in two sentences."""
    way = liquidation_distance(request.leverage, request.market)
    return (
        f"Leverage {request.leverage:g}: a stake is margin, the position "
        f"{request.leverage:g} times as large. It is liquidated {way:.1%} below the entry; the "
        f"stop lies {request.stop / way:.0%} of the way there."
    )


def _show(
    console: Console,
    opinions: tuple[Leg, ...],
    decision: Decision,
    equity: float,
    leverage: float,
) -> None:
    made = table("leg", "weight", "of equity", "adds", title="The wish")
    for leg in opinions:
        dollars = leg.weight * leg.fraction * equity
        made.add_row(leg.name, f"{leg.weight:.2f}", f"{leg.fraction:.2%}", f"${dollars:.2f}")
    made.add_row("[bold]wish", "", "", f"[bold]${decision.wish:.2f}")
    show(console, made)
    made = table("cut", "allows", "because", title="The cuts")
    for cut in decision.cuts:
        mark = "[bold]" if cut.name == decision.decided_by else ""
        allows = "any" if cut.largest >= ANY_STAKE else f"${cut.largest:.2f}"
        made.add_row(f"{mark}{cut.name}", f"{mark}{allows}", f"{mark}{cut.why}")
    show(console, made)
    console.print(f"Smallest lot: ${decision.smallest_lot:.2f}", highlight=False)
    if decision.refusal:
        console.print(f"[red]No entry:[/] {decision.refusal}", highlight=False)
        return
    position = f", position ${decision.stake * leverage:.2f}" if leverage > 1 else ""
    how = "lifted to the smallest lot" if decision.lifted else f"decided by: {decision.decided_by}"
    console.print(
        f"[green]Stake: ${decision.stake:.2f}[/] ({decision.stake / equity:.1%} of equity, "
        f"{decision.amount:.8f} units{position}), {how}.",
        highlight=False,
    )


def fresh_account(equity: float, exchange: str, settings: Settings, now: datetime) -> Account:
    """An account that has only `equity` in cash and never traded."""
    tier = tier_for(equity, None, settings.downgrade_buffer)
    return Account(
        time=now,
        exchange=exchange,
        cash=equity,
        free_cash=equity,
        positions=(),
        benchmarks=Benchmarks.begin(now, equity),
        tier=tier,
        limits=effective_limits(tier, settings),
        started=False,
    )


def _request(
    pair: str,
    price: float,
    stop: float,
    target: float,
    volatility: float,
    exchange: str,
    market: Market,
) -> EntryRequest:
    return EntryRequest(
        pair=pair,
        time=datetime.now(UTC),
        price=price,
        exchange=exchange,
        mode="live",
        regime=Regime.UNKNOWN,
        score=1.0,
        stop=stop,
        target=target,
        trail=stop,
        daily_volatility=volatility,
        market=market,
        minimum_stake=live_minimum_stake(market, price, DISASTER_STOP, ENGINE_RESERVE),
        maximum_stake=ANY_STAKE,
        tradable_pairs=3,
    )
