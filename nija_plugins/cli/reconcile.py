"""`nija reconcile`: what the exchange holds and no trade explains becomes a trade, or yours."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from freqtrade.configuration import Configuration
from freqtrade.enums import RunMode
from freqtrade.exceptions import FreqtradeException
from freqtrade.persistence import Trade
from freqtrade.resolvers import ExchangeResolver, StrategyResolver
from freqtrade.wallets import Wallets
from rich.console import Console
from rich.markup import escape

from nija_plugins import locks
from nija_plugins.cli.configuration import DEFAULT_CONFIG, clear_errors, load
from nija_plugins.cli.database import memory_of, open_trades_database
from nija_plugins.cli.one_bot import ENV_FILE, EnvFile, OfBroker, chosen
from nija_plugins.cli.tables import show, table
from nija_plugins.live import reconciling
from nija_plugins.live.adopting import adopt, bought_for, order_behind, sells
from nija_plugins.live.holdings import Unexplained
from nija_plugins.live.own_coins import least_left
from nija_plugins.memory import MemoryUnusable
from nija_plugins.wallet import NOISE


def reconcile(
    pair: Annotated[
        str | None, typer.Argument(help="Such as BTC/USD; none looks at every pair.")
    ] = None,
    adopt_it: Annotated[
        bool, typer.Option("--adopt", help="Make it a trade: the bot manages and sells it.")
    ] = False,
    own: Annotated[
        bool, typer.Option("--own", help="It is yours: the bot leaves it alone, and trades on.")
    ] = False,
    price: Annotated[
        float | None,
        typer.Option(min=0, help="What it was bought at, when the exchange does not tell."),
    ] = None,
    config: Annotated[list[Path], typer.Option("--config", "-c")] = [DEFAULT_CONFIG],  # noqa: B006
    broker: OfBroker = None,
    env_file: EnvFile = ENV_FILE,
    as_json: Annotated[bool, typer.Option("--json", help="The list, for scripts.")] = False,
) -> None:
    """Show holdings and orders on the exchange that no trade explains; adopt them or keep them.

    They come from an order whose answer was lost, from a bot that died in the wrong moment, or from
    your own hand. Until then nothing is entered into that pair; exits go on.
    """
    console = Console()
    with clear_errors():
        if (adopt_it or own) and pair is None:
            raise ValueError("Name the pair to adopt or to keep: nija reconcile BTC/USD --adopt")
        if adopt_it and own:
            raise ValueError("--adopt and --own exclude each other.")
        try:
            with _quiet():
                desk = _Desk(chosen(config, broker, env_file), pair)
                found, fewer = desk.look(), desk.fewer()
            if as_json and not (adopt_it or own):
                facts = {
                    "database": desk.database,
                    "unexplained": [asdict(one) for one in found],
                    "own_gone": {asset: marked - left for asset, (marked, left) in fewer.items()},
                }
                console.print_json(data=facts)
            elif not found and not (own and fewer):
                told = f"Nothing to reconcile: {desk.database} explains all that {desk.looked_at}."
                for asset, (marked, left) in fewer.items():
                    told += (
                        f" Of your own {marked:.8g} {asset}, {marked - left:.8g} may be gone: if "
                        "it was those that you sold or moved, --own marks what is left."
                    )
                console.print(told, markup=False, highlight=False, soft_wrap=True)
            elif adopt_it:
                for one in found:
                    console.print(desk.adopt(one, price), highlight=False)
            elif own:
                for one in found:
                    console.print(desk.keep(one), highlight=False)
                for asset, (_, left) in fewer.items():
                    console.print(desk.keep_fewer(asset, left), highlight=False)
            else:
                _show(console, found, desk.database)
        except (FreqtradeException, MemoryUnusable) as error:
            raise ValueError(str(error)) from None


@contextmanager
def _quiet() -> Iterator[None]:
    """freqtrade tells how it starts; who asks what is unexplained wants that answer alone. What
    fails is an exception, not a line of the log."""
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


class _Desk:
    """The exchange, the trades and the memory, side by side."""

    def __init__(self, files: list[Path], pair: str | None) -> None:
        # Read first: its keys are known before anything else can quote them.
        if load(files).get("dry_run", True):
            raise ValueError("This is a dry run: there is nothing on the exchange to reconcile.")
        arguments = {"config": [str(file) for file in files], "strategy": "NijaMicro"}
        self.config: dict[str, Any] = Configuration(arguments, RunMode.OTHER).get_config()
        self.database = open_trades_database(self.config)
        self.strategy = StrategyResolver.load_strategy(self.config)
        self.exchange = ExchangeResolver.load_exchange(self.config)
        self.wallets = Wallets(self.config, self.exchange)
        self.store = memory_of(self.config)
        self.pairs = [pair] if pair else self.config["exchange"]["pair_whitelist"]
        self.now = datetime.now(UTC)
        unknown = [one for one in self.pairs if one not in self.exchange.markets]
        if unknown:
            raise ValueError(f"The exchange does not list {', '.join(unknown)}.")

    @property
    def looked_at(self) -> str:
        """What was compared with the database."""
        return f"{self.exchange.name} has of {', '.join(self.pairs)}"

    def look(self) -> list[Unexplained]:
        """Every unexplained holding and order of the pairs."""
        trades = Trade.get_trades_proxy(is_open=True)
        own, own_orders = self.store.own(), self.store.own_orders()
        held = reconciling.holdings(
            self.pairs,
            self.wallets,
            trades,
            own,
            lambda pair: float(self.exchange.fetch_ticker(pair)["last"]),
            self.exchange.markets.get,
        )
        orders = [
            one
            for pair in self.pairs
            for one in reconciling.open_orders(pair, self.exchange, own_orders, self.now)
        ]
        return [*held, *orders]

    def fewer(self) -> dict[str, tuple[float, float]]:
        """The assets of the pairs of which fewer coins are there than open trades and the user's
        own explain: what is marked as own, and what is left of it if no trade has lost any."""
        trades = Trade.get_trades_proxy(is_open=True)
        found = {}
        for asset in {pair.partition("/")[0] for pair in self.pairs}:
            marked = self.store.own().get(asset, 0.0)
            traded = sum(one.amount for one in trades if one.safe_base_currency == asset)
            left = least_left(self.wallets.get_total(asset), traded)
            mine = [one for one in trades if one.safe_base_currency == asset]
            if marked - left > NOISE * marked and not any(self._sells(one) for one in mine):
                found[asset] = (marked, left)
        return found

    def _sells(self, trade: Trade) -> bool:
        """Whether an order of the trade's has sold, and the bot has yet to hear of it."""
        orders = [(one, False) for one in trade.open_orders if one.ft_order_side == trade.exit_side]
        orders += [(one, True) for one in trade.open_sl_orders]
        told = (
            self.exchange.fetch_order_or_stoploss_order(one.order_id, trade.pair, is_stop)
            for one, is_stop in orders
            if one.order_id != reconciling.NO_ID
        )
        return any(one.get("filled") or one.get("status") == "closed" for one in told)

    def adopt(self, found: Unexplained, price: float | None) -> str:
        """Makes `found` a trade; a sentence for the user."""
        orders = self.exchange.fetch_orders(found.pair, self.now - reconciling.LOOK_BACK)
        if sells(found, orders):
            return (
                f"Left {found}: it sells, and only what was bought becomes a trade. The bot takes "
                "up a stop of its trade by itself; cancel any other on the exchange, or keep it "
                "yours (--own)."
            )
        order = order_behind(found, orders, reconciling.known_orders(found.pair))
        if order is None and price is None:
            raise ValueError(
                f"The purchase of {found} is not among the exchange's orders of the last "
                f"{reconciling.LOOK_BACK.days} days. Name what it was bought at: --price."
            )
        if order is None or price is not None:
            order = bought_for(found, price or 0.0, self.now)
        trade = adopt(
            found,
            order,
            self.exchange,
            stake_currency=self.config["stake_currency"],
            stoploss=self.strategy.stoploss,
            timeframe=self.strategy.timeframe,
            strategy=self.strategy.get_strategy_name(),
        )
        locks.release(found.pair, locks.UNRECONCILED, self.now)
        return (
            f"Adopted {found} as trade {trade.id}, bought at {trade.open_rate:,.8g}. The bot gives "
            "it a stop in its next loop."
        )

    def keep(self, found: Unexplained) -> str:
        """Marks `found` as the user's own; a sentence for the user."""
        if found.order_id is not None:
            self.store.keep_own_order(found.order_id)
        else:
            asset = found.pair.partition("/")[0]
            self.store.keep_own(asset, self.store.own().get(asset, 0.0) + found.amount)
        locks.release(found.pair, locks.UNRECONCILED, self.now)
        return f"Kept {found} as your own: the bot leaves it alone."

    def keep_fewer(self, asset: str, left: float) -> str:
        """Marks what is `left` of `asset` as the user's own; a sentence for the user."""
        self.store.keep_own(asset, left)
        return f"{left:.8g} {asset} count as your own from now on."


def _show(console: Console, found: list[Unexplained], database: str) -> None:
    made = table("pair", "what", "amount", "worth", title=f"Without a trade in {escape(database)}")
    for one in found:
        what = f"open order {one.order_id}" if one.order_id else "holding"
        made.add_row(one.pair, what, f"{one.amount:.8g}", f"${one.value:.2f}")
    show(console, made)
    console.print(
        "nija reconcile PAIR --adopt makes it a trade, nija reconcile PAIR --own keeps it yours.",
        highlight=False,
    )
