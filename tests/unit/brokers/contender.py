"""One bot that wants entries all the time, in a process that may be killed at any instant.

    python -m tests.unit.brokers.contender URL ACCOUNT SEED ROUNDS LIMIT EXCHANGE

EXCHANGE is a folder in which the files ACCOUNT.PAIR stand for the positions that really exist: made
after the reservation is confirmed, as an order is sent, and read at a start, as a bot reads its
trades. Each round prints a line.
"""

import random
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from nija_plugins.brokers.database import ledger_url
from nija_plugins.brokers.ledger import Judge, Ledger, LedgerUnusable
from nija_plugins.brokers.portfolio import Member, Position, Reservation, View

PAIRS = ("BTC/USD", "ETH/USD", "SOL/USD")


def contend(url: str, account: str, seed: int, rounds: int, limit: int, exchange: Path) -> None:
    """Reserve, confirm, buy, tell; sell, tell; or change one's mind."""
    ledger = Ledger(ledger_url(url, Path()), "live USD")
    chance = random.Random(seed)
    broker = account.partition(" ")[0]

    def file(pair: str) -> Path:
        return exchange / f"{broker}.{pair.partition('/')[0]}"

    def held() -> list[str]:
        return [pair for pair in PAIRS if file(pair).exists()]

    def tell() -> None:
        positions = tuple(Position(pair, 10.0, 10.1) for pair in held())
        told = Member(account, broker, datetime.now(UTC), 100.0, 99.0, 50.0, positions)
        ledger.publish(told, lambda view: view.marks)

    def one_round(pair: str, now: datetime, judge: Judge) -> None:
        if file(pair).exists():
            file(pair).unlink()
            tell()
            return
        wanted = Reservation(account, broker, pair, 10.0, 10.1, 1.0, now)
        if ledger.reserve(wanted, judge) is None:
            print("reserved", flush=True)  # noqa: T201
            if chance.random() < 0.2:
                ledger.release(account, pair)
            elif ledger.confirm(account, pair, datetime.now(UTC)):
                file(pair).touch()
            if chance.random() < 0.7:
                tell()
        else:
            print("refused", flush=True)  # noqa: T201
            if chance.random() < 0.3 and held():
                file(held()[0]).unlink()
                tell()

    def tell_at_last() -> None:
        while True:
            try:
                return tell()
            except LedgerUnusable:
                time.sleep(0.1)

    tell_at_last()
    for _ in range(rounds):
        pair = chance.choice(PAIRS)
        now = datetime.now(UTC)

        def judge(view: View, now: datetime = now) -> str | None:
            return "full" if view.held(now) >= limit else None

        try:
            one_round(pair, now, judge)
        except LedgerUnusable:  # its turn did not come in time: a bot asks again
            print("unusable", flush=True)  # noqa: T201
        time.sleep(0.005)  # SQLite's waiting is not fair
    for pair in held():
        file(pair).unlink()
    tell_at_last()


if __name__ == "__main__":
    _, address, name, number, count, most, folder = sys.argv
    contend(address, name, int(number), int(count), int(most), Path(folder))
