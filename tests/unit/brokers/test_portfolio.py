"""How an account's rules count the other brokers, by hand."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nija_plugins.account import Account, Benchmarks, Position
from nija_plugins.brokers import portfolio
from nija_plugins.brokers.others import ALONE, Held, Others
from nija_plugins.brokers.portfolio import Member, Reservation, View, others_of, waited_for
from nija_plugins.brokers.watch import portfolio_name, priority
from nija_plugins.risk import cash_buffer, limits, minimum_balance, tier
from nija_plugins.risk.floors import day_floor, drawdown_floor, tightened
from nija_plugins.risk.portfolio import taken_meanwhile
from nija_plugins.scaling.engine import AutoScalingEngine
from nija_plugins.scaling.limits import effective_limits
from nija_plugins.scaling.plugin import ScalingPlugin
from nija_plugins.scaling.tiers import tier_for
from nija_plugins.settings import Settings
from nija_plugins.sizing.cuts import asset_cut, cash_buffer_cut, free_cash_cut, risk_cut
from nija_plugins.sizing.decision import decide
from nija_plugins.sizing.equal_share import equity_leg
from nija_plugins.venue.environment import freqtrade_environment
from tests.conftest import NOW, a_request, an_account

SETTINGS = Settings()
KRAKEN = Member("kraken live trades", "kraken", NOW, 250.0, 240.0, 200.0)
COINBASE = Member("coinbase live trades", "coinbase", NOW, 300.0, 300.0, 300.0)


def beside(own: float, others: Others, **changes: object) -> Account:
    """An account of `own` dollars in cash, and the others'; the tier is the total's."""
    total = own + others.equity
    found = tier_for(total, None, 0)
    return an_account(
        own,
        tier=found,
        limits=effective_limits(found, SETTINGS),
        benchmarks=Benchmarks.begin(NOW, total),
        others=others,
        **changes,
    )


def money(equity: float = 250.0, **changes: object) -> Others:
    """One other broker, all in cash."""
    plain = Others(equity=equity, worst_case=equity, free_cash=equity, brokers=1)
    return replace(plain, **changes)  # type: ignore[arg-type]


class TestAllBrokersTogether:
    """Tier, risk, buffer, count and asset share; free cash stays where it is."""

    def test_equity_and_worst_case_are_sums(self) -> None:
        account = beside(300, money(worst_case=240.0))
        assert account.equity == 550
        assert account.worst_case == 540
        assert account.tier is not None and account.tier.name == "ADVANCED"
        assert risk_cut(a_request(), account).largest * a_request().loss_at_stop == pytest.approx(
            0.04 * 550
        )

    def test_the_buffer_is_over_all_the_stake_is_paid_here(self) -> None:
        account = beside(60, money(490.0))
        assert free_cash_cut(a_request(), account).largest == pytest.approx(60 / 1.004)
        assert cash_buffer_cut(a_request(), account, SETTINGS).largest == pytest.approx(
            (550 - 0.15 * 550) / 1.004
        )
        spent = beside(60, money(490.0, free_cash=20.0))
        assert cash_buffer.nija_veto(spent, SETTINGS) is not None
        assert decide(90, a_request(), account, SETTINGS).stake <= 60

    def test_positions_are_counted_over_all(self) -> None:
        held = tuple(Held("kraken", pair, 20.0) for pair in ("BTC/USD", "ETH/USD", "SOL/USD"))
        account = beside(300, money(held=held))
        assert tier.nija_veto(account, SETTINGS) is None
        own = Position("BTC/USD", 0.001, 60_000, 60_000, 58_000, 0.004)
        full = replace(account, positions=(own,))
        assert tier.nija_veto(full, SETTINGS) == "4 of 4 positions are open (3 on other brokers)."

    def test_an_asset_is_counted_over_all(self) -> None:
        account = beside(300, money(held=(Held("kraken", "BTC/USD", 150.0),)))
        assert asset_cut(a_request(), account, SETTINGS).largest == pytest.approx(0.36 * 550 - 150)
        other = a_request(pair="ETH/USD")
        assert asset_cut(other, account, SETTINGS).largest == pytest.approx(0.36 * 550)

    def test_an_equal_share_is_one_of_all_pairs_on_all_brokers(self) -> None:
        account = beside(600, money(600.0))
        alone = an_account(1200)
        wide = Settings(max_position_pct=100)
        assert equity_leg(a_request(), alone, wide) == pytest.approx(0.85 / 3)
        assert equity_leg(a_request(), account, wide) == pytest.approx(0.85 / 6)

    def test_each_broker_has_its_own_minimum(self) -> None:
        request = a_request(exchange="kraken")
        small = beside(20, money(500.0), started=False)
        said = minimum_balance.nija_veto(request, small, SETTINGS)
        assert said == "Equity of $20.00 is below the $50.00 needed on kraken."
        coinbase = replace(small, exchange="coinbase")
        ten = a_request(exchange="coinbase")
        assert minimum_balance.nija_veto(ten, coinbase, SETTINGS) is None
        alone = an_account(12, started=False)
        assert minimum_balance.nija_veto(ten, alone, SETTINGS) is not None, "$15 to trade at all"

    def test_a_limit_is_reached_only_when_nothing_is_open_anywhere(self) -> None:
        account = beside(300, money(worst_case=200.0, held=(Held("kraken", "BTC/USD", 99.0),)))
        rules = frozenset({"risk.daily_loss"})
        assert not list(limits.reached(rules, account, [a_request()], SETTINGS))
        sold = replace(account, others=replace(account.others, held=()))
        assert list(limits.reached(rules, sold, [a_request()], SETTINGS))


class TestStops:
    """A floor above W raises stops on every broker."""

    def account(self, mark: float = 100.0, stop: float = 90.0, **others: float) -> Account:
        own = Position("BTC/USD", 1.0, 100.0, mark=mark, stop=stop, fee=0.0)
        elsewhere = Others(equity=200.0, worst_case=190.0, room=10.0, brokers=1, **others)
        account = an_account(100, positions=(own,), others=elsewhere)
        return replace(account, benchmarks=Benchmarks(NOW.date(), day_open=407.0, peak=407.0))

    def test_each_raises_its_own_by_the_same_share(self) -> None:
        account = self.account()
        floor = day_floor(account.benchmarks, SETTINGS)
        (raised,) = tightened(account, SETTINGS)
        share = (floor - 380) / 20
        assert raised.stop == pytest.approx(90 + share * 10)
        assert share == pytest.approx(0.129, abs=0.001)

    def test_a_dead_bots_stops_stay_and_the_others_do_its_part(self) -> None:
        account = self.account()
        dead = replace(account, others=replace(account.others, room=0.0))
        (raised,) = tightened(dead, SETTINGS)
        sold = replace(dead, positions=(raised,))
        assert sold.worst_case == pytest.approx(day_floor(account.benchmarks, SETTINGS))

    @given(
        stops=st.tuples(st.floats(50, 99), st.floats(50, 99)),
        opened=st.floats(380, 420),
    )
    def test_taking_turns_they_reach_the_floor(
        self, stops: tuple[float, float], opened: float
    ) -> None:
        """Two bots, one after the other, as the ledger lets them see each other."""
        marks = Benchmarks(NOW.date(), opened, opened)
        held = [Position("BTC/USD", 1.0, 100.0, 100.0, stop, 0.0) for stop in stops]
        for turn in range(60):
            me, other = held[turn % 2], held[1 - turn % 2]
            elsewhere = Others(200.0, 100 + other.stop, 100.0, brokers=1, room=100 - other.stop)
            account = an_account(100, positions=(me,), others=elsewhere, benchmarks=marks)
            (raised,) = tightened(account, SETTINGS)
            assert me.stop <= raised.stop <= 100
            held[turn % 2] = raised
        floor = max(day_floor(marks, SETTINGS), drawdown_floor(marks, SETTINGS))
        assert 200 + held[0].stop + held[1].stop >= min(floor, 400) - 1e-6


class TestView:
    """What the others add, and who is waited for."""

    def test_reserved_entries_cost_and_may_lose(self) -> None:
        reserved = Reservation(KRAKEN.account, "kraken", "SOL/USD", 50.0, 50.2, 3.0, NOW)
        mine = replace(reserved, account=COINBASE.account)
        held = replace(KRAKEN, positions=(portfolio.Position("BTC/USD", 40.0, 39.0),))
        view = View((COINBASE, held), (reserved, mine))
        found = others_of(view, COINBASE.account, NOW)
        assert found.equity == 250
        assert found.worst_case == 237
        assert found.free_cash == pytest.approx(149.8)
        assert found.held == (Held("kraken", "BTC/USD", 40.0), Held("kraken", "SOL/USD", 50.0))
        assert others_of(View((COINBASE,)), COINBASE.account, NOW) == ALONE

    def test_a_silent_broker_counts_but_cannot_raise_its_stops(self) -> None:
        later = NOW + timedelta(minutes=11)
        alive = replace(COINBASE, time=later)
        found = others_of(View((alive, KRAKEN)), COINBASE.account, later)
        assert (found.equity, found.room) == (250, 0)
        assert found.silent == (KRAKEN.account,)

    def test_those_before_us_are_waited_for_until_they_have_judged(self) -> None:
        rank = priority(SETTINGS)
        view = View((COINBASE, KRAKEN))
        a_moment = NOW + timedelta(seconds=5)
        assert waited_for(view, KRAKEN.account, rank, NOW, a_moment) == "coinbase"
        assert waited_for(view, COINBASE.account, rank, NOW, a_moment) is None
        judged = View((replace(COINBASE, judged=NOW), KRAKEN))
        assert waited_for(judged, KRAKEN.account, rank, NOW, a_moment) is None
        late = NOW + timedelta(minutes=2)
        assert waited_for(view, KRAKEN.account, rank, NOW, late) is None, "not for ever"
        dead = View((replace(COINBASE, time=NOW - timedelta(hours=1)), KRAKEN))
        assert waited_for(dead, KRAKEN.account, rank, NOW, a_moment) is None

    def test_exchange_priority_decides_who_waits(self) -> None:
        rank = priority(Settings(exchange_priority=("KRAKEN",)))
        view = View((COINBASE, KRAKEN))
        assert waited_for(view, KRAKEN.account, rank, NOW, NOW) is None
        assert waited_for(view, COINBASE.account, rank, NOW, NOW) == "kraken"

    def test_clocks_apart(self) -> None:
        ahead = replace(KRAKEN, time=NOW + timedelta(minutes=3))
        said = portfolio.clocks_apart(View((COINBASE, ahead)), COINBASE.account, NOW)
        assert said is not None and "kraken live trades wrote 180 s in the future" in said


@pytest.mark.parametrize(
    ("mode", "dry_run", "name"),
    [
        ("MASTER_ONLY", True, "dry_run USD"),
        ("MASTER_FOLLOW", False, "live USD"),
        ("INDEPENDENT", False, "kraken live USD"),
    ],
)
def test_whose_portfolio_a_bot_is_of(mode: str, dry_run: bool, name: str) -> None:
    config = {"exchange": {"name": "kraken"}, "dry_run": dry_run, "stake_currency": "USD"}
    assert portfolio_name(config, Settings(mode=mode)) == name  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("market", "name"),
    [("kraken-1", "offline 1 USD"), ("kraken-files", "offline files USD")],
)
def test_a_simulated_market_is_never_one_portfolio_with_the_real_one(
    market: str, name: str
) -> None:
    url = freqtrade_environment("http://127.0.0.1:1", market, {})["FREQTRADE__DB_URL"]
    config = {"exchange": {"name": "kraken"}, "stake_currency": "USD", "db_url": url}
    assert portfolio_name(config, Settings()) == name
    alone = portfolio_name(config, Settings(mode="INDEPENDENT"))
    assert alone == f"kraken {name}"


class TestTier:
    """The total decides; what a dead bot last had earns nothing."""

    @pytest.fixture
    def scaling(self) -> ScalingPlugin:
        return ScalingPlugin(AutoScalingEngine(), SETTINGS)

    def named(self, scaling: ScalingPlugin, account: Account) -> str | None:
        scaling.nija_equity(account)
        return scaling.tier.name if scaling.tier else None

    def test_300_and_250_are_advanced_and_one_falls(self, scaling: ScalingPlugin) -> None:
        assert self.named(scaling, beside(300, money(250.0))) == "ADVANCED"
        assert self.named(scaling, beside(300, money(180.0))) == "ADVANCED", "within the buffer"
        assert self.named(scaling, beside(300, money(170.0))) == "GROWTH"

    def test_a_silent_broker_blocks_upgrades(self, scaling: ScalingPlugin) -> None:
        silent = money(240.0, silent=("kraken live",), silent_equity=240.0)
        assert self.named(scaling, beside(240, silent)) == "STARTER", "its own money's"
        assert self.named(scaling, beside(255, silent)) == "GROWTH", "its own money's"
        assert self.named(scaling, beside(300, silent)) == "GROWTH"
        assert self.named(scaling, beside(300, money(240.0))) == "ADVANCED"
        assert self.named(scaling, beside(300, silent)) == "ADVANCED", "and takes none away"

    def test_a_ledger_nobody_can_read_moves_nothing(self, scaling: ScalingPlugin) -> None:
        assert self.named(scaling, beside(300, money(250.0))) == "ADVANCED"
        assert self.named(scaling, beside(300, Others(unknown=True))) == "ADVANCED"


def test_what_was_sized_is_judged_again_when_it_is_reserved() -> None:
    account = beside(300, money(250.0))
    stake = 90.0
    assert taken_meanwhile(stake, a_request(), account, SETTINGS) is None
    held = (Held("kraken", "BTC/USD", 130.0),)
    faster = replace(account, others=money(250.0, held=held))
    said = taken_meanwhile(stake, a_request(), faster, SETTINGS)
    assert said is not None and "Another broker was faster: $68.00 of $90.00 is left" in said
    risky = replace(account, others=money(250.0, worst_case=217.0 + 1.0))
    assert taken_meanwhile(stake, a_request(), risky, SETTINGS) is not None, "W"
    four = tuple(Held("kraken", "SOL/USD", 1.0) for _ in range(4))
    full = replace(account, others=money(250.0, held=four))
    assert "4 of 4 positions" in str(taken_meanwhile(stake, a_request(), full, SETTINGS))
