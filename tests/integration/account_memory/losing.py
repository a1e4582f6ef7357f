"""Losses on purpose, what locked, and the marks that the account remembers."""

from datetime import UTC, datetime
from typing import Any

from freqtrade.persistence import PairLocks
from freqtrade.rpc.rpc import RPC

from nija_plugins import locks
from nija_plugins.account import Benchmarks
from tests.integration.live import Bot, Home, open_pairs, script

BTC, ETH = "BTC/USD", "ETH/USD"
TIGHT = {"max_drawdown": 2, "daily_max_loss": 50, "max_consecutive_losses": 9}


def locked() -> dict[str, datetime]:
    return locks.active(datetime.now(UTC))


def unlock(bot: Bot, reason: str) -> None:
    """Telegram's /unlock, FreqUI's button and the REST API do this."""
    (lock,) = [one for one in PairLocks.get_pair_locks("*") if one.reason == reason]
    RPC(bot.worker.freqtrade)._rpc_delete_lock(lockid=lock.id)


def marks(bot: Bot) -> Benchmarks:
    found = bot.run.memory.benchmarks
    assert found is not None
    return found


def a_fall(home: Home, to: float, hour: int = 9, **plan: Any) -> None:
    """BTC is entered at 8h and falls within the candle that begins at `hour`; ETH signals at 12h,
    16h and 20h."""
    home.plugin("scripted", script({BTC: [8], ETH: [12, 16, 20]}, **plan))
    home.market.paint("BTC", hour, [to])


def fallen(home: Home) -> Bot:
    """The account lost more than 2% in a gap that the bot did not see coming."""
    a_fall(home, 0.80, stop=0.04)
    bot = home.start((BTC, ETH), nija=TIGHT).at(8).at(8, 10)
    assert open_pairs() == {BTC}
    return bot.at(10)
