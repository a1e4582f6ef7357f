import logging
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from nija_plugins.scaling import AutoScalingEngine, integrate_with_broker_manager


class Manager:
    def __init__(self, total: object) -> None:
        self.total = total

    def get_total_balance(self) -> object:
        if isinstance(self.total, Exception):
            raise self.total
        return self.total


class Broker:
    def __init__(self, balance: object) -> None:
        self.balance = balance

    def get_balance(self) -> object:
        if isinstance(self.balance, Exception):
            raise self.balance
        return self.balance


class Brokers:
    def __init__(self, **balances: object) -> None:
        self.brokers = {name: Broker(balance) for name, balance in balances.items()}


class Wallet(NamedTuple):
    currency: str
    free: float
    used: float
    total: float


class Exchange:
    def __init__(self, rates: dict[str, object]) -> None:
        self.rates = rates

    def get_valid_pair_combination(self, coin: str, stake: str) -> Any:
        if coin not in self.rates:
            raise ValueError(f"Could not combine {coin} and {stake}")
        yield f"{coin}/{stake}"

    def get_conversion_rate(self, coin: str, _stake: str) -> object:
        rate = self.rates[coin]
        if isinstance(rate, Exception):
            raise rate
        return rate


class Wallets:
    """As freqtrade's, as far as it is read."""

    def __init__(self, totals: dict[str, float], **rates: object) -> None:
        self._stake_currency = "USD"
        self._exchange = Exchange(rates)
        self.balances = {c: Wallet(c, t / 2, t / 2, t) for c, t in totals.items()}

    def get_all_balances(self) -> dict[str, Wallet]:
        return self.balances

    def get_total_stake_amount(self) -> float:
        return 1.0


@pytest.fixture
def engine() -> AutoScalingEngine:
    engine = AutoScalingEngine()
    engine.check_and_scale(300)
    return engine


@pytest.mark.parametrize(
    ("manager", "tier"),
    [
        (Manager(600), "ADVANCED"),
        (Manager(100.0), "STARTER"),
        (Brokers(coinbase=300, kraken=200), "ADVANCED"),
        (Brokers(coinbase=1000), "ELITE"),
        (Brokers(coinbase=20, kraken=0), "STARTER"),
        (Wallets({"USD": 600}), "ADVANCED"),
        (Wallets({"USD": 100, "BTC": 0.01}, BTC=50_000), "ADVANCED"),
        (Wallets({"USD": 600, "DUST": 5}), "ADVANCED"),  # nothing trades it: worth nothing
        (Wallets({"USD": 600, "BTC": 0}, BTC=None), "ADVANCED"),
    ],
    ids=lambda v: v if isinstance(v, str) else type(v).__name__,
)
def test_the_total_scales(engine: AutoScalingEngine, manager: object, tier: str) -> None:
    assert integrate_with_broker_manager(manager, engine) == (True, "GROWTH", tier)


@pytest.mark.parametrize(
    ("manager", "missing"),
    [
        (Manager(None), "the broker manager"),
        (Manager(float("nan")), "the broker manager"),
        (Manager(RuntimeError("down")), "the broker manager"),
        (Brokers(coinbase=5000, kraken=float("nan")), "kraken"),
        (Brokers(coinbase=5000, kraken=None), "kraken"),
        (Brokers(kraken=-5, coinbase=5000), "kraken"),
        (Brokers(kraken=TimeoutError("slow"), coinbase=20), "kraken"),
        (Brokers(kraken="50", coinbase=20), "kraken"),
        (Brokers(), "every broker"),
        (Wallets({}), "every wallet"),
        (Wallets({"USD": 5000, "BTC": 1}, BTC=None), "BTC"),
        (Wallets({"USD": 5000, "BTC": 1}, BTC=RuntimeError("no tickers")), "BTC"),
        (Wallets({"USD": float("nan")}), "USD"),
    ],
    ids=lambda v: v if isinstance(v, str) else type(v).__name__,
)
def test_a_partial_total_changes_nothing(
    engine: AutoScalingEngine, manager: object, missing: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        assert integrate_with_broker_manager(manager, engine) == (False, "GROWTH", "GROWTH")
    assert engine.current_equity == 300
    assert {r.levelname for r in caplog.records} == {"WARNING"}
    assert missing in caplog.text


def test_a_partial_total_of_a_fresh_account() -> None:
    engine = AutoScalingEngine()
    assert integrate_with_broker_manager(Manager(None), engine) == (False, None, None)


def test_a_failing_broker_is_named_and_the_others_are_asked(
    engine: AutoScalingEngine, caplog: pytest.LogCaptureFixture
) -> None:
    secret = "https://api?apiKey=organizations/abcdef0123456789abcdef0123456789/sig"
    manager = Brokers(kraken=ConnectionError(f"refused\n{secret}" + " and more" * 50), coinbase=20)
    asked: list[Callable[[], object]] = []
    coinbase = manager.brokers["coinbase"]
    ask = coinbase.get_balance
    coinbase.get_balance = lambda: asked.append(ask) or ask()  # type: ignore[method-assign,func-returns-value]
    integrate_with_broker_manager(manager, engine)
    assert asked
    line = caplog.records[0].getMessage()
    assert line.startswith("The balance of kraken is unknown (ConnectionError: refused ")
    assert "abcdef0123456789" not in line
    assert len(line) < 200
    assert "$20.00 lacks kraken" in caplog.records[1].getMessage()


def test_an_unknown_manager_is_refused(engine: AutoScalingEngine) -> None:
    with pytest.raises(TypeError, match=r"object has no get_total_balance"):
        integrate_with_broker_manager(object(), engine)


def test_the_default_engine_is_the_process_wide_one(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert integrate_with_broker_manager(Manager(500)) == (True, None, "ADVANCED")


def test_freqtrades_own_wallets_still_have_what_is_read() -> None:
    from freqtrade.exchange import Exchange as RealExchange
    from freqtrade.wallets import Wallets as RealWallets

    assert hasattr(RealWallets, "get_all_balances")
    assert not hasattr(RealWallets, "get_total_balance")
    assert not hasattr(RealWallets, "brokers")
    assert hasattr(RealExchange, "get_conversion_rate")
    assert hasattr(RealExchange, "get_valid_pair_combination")
