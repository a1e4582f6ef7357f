"""The ledger, on both kinds of database: what is told, reserved, confirmed, forgotten."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from nija_plugins.account import Benchmarks
from nija_plugins.brokers.database import LEDGER_FILE, ledger_url
from nija_plugins.brokers.ledger import Ledger, LedgerUnusable
from nija_plugins.brokers.portfolio import Member, Position, Reservation, View
from nija_plugins.settings import Settings, SettingsError

NOW = datetime(2025, 3, 4, 12, tzinfo=UTC)
COINBASE = Member("coinbase live trades", "coinbase", NOW, 300.0, 290.0, 200.0)
KRAKEN = Member("kraken live trades", "kraken", NOW, 250.0, 250.0, 250.0)
MARKS = Benchmarks(NOW.date(), 550.0, 560.0)

Open = Callable[..., Ledger]


def unchanged(view: View) -> Benchmarks | None:
    return view.marks


def wanted(member: Member, pair: str = "BTC/USD", since: datetime = NOW) -> Reservation:
    return Reservation(member.account, member.broker, pair, 50.0, 50.3, 2.0, since)


def free(view: View) -> None:
    return None


def at_most(limit: int, now: datetime = NOW) -> Callable[[View], str | None]:
    return lambda view: "no position is left" if view.held(now) >= limit else None


def test_what_one_bot_tells_another_reads(open_ledger: Open) -> None:
    told = replace(
        COINBASE, positions=(Position("ETH/USD", 40.0, 41.0),), judged=NOW, external=300.0,
        tier="ADVANCED",
    )  # fmt: skip
    open_ledger().publish(told, lambda view: MARKS)
    assert open_ledger().view() == View((told,), (), MARKS)
    open_ledger().publish(KRAKEN, lambda view: None)
    assert open_ledger().view() == View((told, KRAKEN), (), MARKS)


def test_play_money_and_real_money_know_nothing_of_each_other(open_ledger: Open) -> None:
    open_ledger("dry_run EUR").publish(COINBASE, unchanged)
    assert open_ledger("live EUR").view() == View()


def test_the_last_position_goes_to_one(open_ledger: Open) -> None:
    held = replace(COINBASE, positions=(Position("ETH/USD", 40.0, 41.0),))
    open_ledger().publish(held, unchanged)
    open_ledger().publish(KRAKEN, unchanged)
    assert open_ledger().reserve(wanted(COINBASE), at_most(2)) is None
    assert open_ledger().reserve(wanted(KRAKEN), at_most(2)) == "no position is left"
    assert open_ledger().view().held(NOW) == 2


def test_a_reservation_that_becomes_a_position_counts_once(open_ledger: Open) -> None:
    ledger = open_ledger()
    ledger.publish(COINBASE, unchanged)
    ledger.reserve(wanted(COINBASE), free)
    assert ledger.confirm(COINBASE.account, "BTC/USD", NOW)
    assert ledger.view().held(NOW) == 1
    bought = replace(COINBASE, positions=(Position("BTC/USD", 50.0, 50.3),))
    seen = ledger.publish(bought, unchanged)
    assert seen.held(NOW) == 1
    assert not seen.reservations


def test_an_order_in_flight_keeps_its_reservation(open_ledger: Open) -> None:
    """A person may force an entry while the bot's loop tells the others."""
    ledger = open_ledger()
    ledger.reserve(wanted(COINBASE), free)
    assert ledger.publish(COINBASE, unchanged, {"BTC/USD"}).held(NOW) == 1
    assert ledger.publish(COINBASE, unchanged).held(NOW) == 0, "it never became a trade"


def test_what_was_not_confirmed_expires(open_ledger: Open) -> None:
    ledger = open_ledger()
    ledger.reserve(wanted(COINBASE), free)
    late = NOW + timedelta(minutes=2)
    assert not ledger.confirm(COINBASE.account, "BTC/USD", late)
    assert ledger.view().held(late) == 0
    assert ledger.reserve(wanted(KRAKEN, since=late), at_most(1, late)) is None


def test_what_was_confirmed_counts_until_its_bot_tells(open_ledger: Open) -> None:
    """It died with its order: nobody knows whether that filled."""
    ledger = open_ledger()
    ledger.reserve(wanted(COINBASE), free)
    ledger.confirm(COINBASE.account, "BTC/USD", NOW)
    late = NOW + timedelta(days=3)
    ledger.publish(replace(KRAKEN, time=late), unchanged)
    assert ledger.reserve(wanted(KRAKEN, since=late), at_most(1, late)) is not None
    back = replace(COINBASE, time=late + timedelta(minutes=1))
    assert ledger.publish(back, unchanged).held(late) == 0


def test_released(open_ledger: Open) -> None:
    ledger = open_ledger()
    ledger.reserve(wanted(COINBASE), free)
    ledger.release(COINBASE.account, "BTC/USD")
    ledger.release(COINBASE.account, "BTC/USD")
    assert not ledger.view().reservations
    assert not ledger.confirm(COINBASE.account, "BTC/USD", NOW)


def test_a_broker_that_is_forgotten_is_no_loss(open_ledger: Open) -> None:
    ledger = open_ledger()
    ledger.publish(COINBASE, lambda view: MARKS)
    ledger.publish(KRAKEN, unchanged)
    ledger.reserve(wanted(KRAKEN), free)
    assert ledger.forget(KRAKEN.account)
    assert not ledger.forget(KRAKEN.account)
    left = ledger.view()
    assert left.members == (COINBASE,)
    assert not left.reservations
    assert left.marks is not None
    assert left.marks.peak == pytest.approx(560 * 300 / 550), "it fell by the same share"


def test_a_judge_that_fails_leaves_nothing(open_ledger: Open) -> None:
    ledger = open_ledger()

    def fails(view: View) -> str | None:
        raise RuntimeError("out of order")

    with pytest.raises(RuntimeError):
        ledger.reserve(wanted(COINBASE), fails)
    assert not ledger.view().reservations


def test_no_amount_is_written_that_is_none(open_ledger: Open) -> None:
    with pytest.raises(LedgerUnusable, match="nan"):
        open_ledger().publish(replace(COINBASE, equity=float("nan")), unchanged)


class TestUnusable:
    """One clear line, and no password in it."""

    def test_a_server_that_is_not_there(self) -> None:
        url = ledger_url("postgresql://nija:tops3cret@127.0.0.1:1/nija", Path())
        with pytest.raises(LedgerUnusable, match=r"127.0.0.1:1/nija cannot be used") as caught:
            Ledger(url, "live USD").view()
        assert "tops3cret" not in str(caught.value)

    def test_a_directory_in_its_place(self, tmp_path: Path) -> None:
        (tmp_path / LEDGER_FILE).mkdir()
        with pytest.raises(LedgerUnusable, match="unable to open"):
            Ledger(ledger_url(None, tmp_path), "live USD").view()

    def test_a_file_that_is_no_ledger(self, tmp_path: Path) -> None:
        (tmp_path / LEDGER_FILE).write_text("no database at all, whatever its name says")
        with pytest.raises(LedgerUnusable, match="move it away"):
            Ledger(ledger_url(None, tmp_path), "live USD").view()

    def test_a_file_that_was_moved_away_is_made_anew(self, tmp_path: Path) -> None:
        ledger = Ledger(ledger_url(None, tmp_path), "live USD")
        ledger.publish(COINBASE, unchanged)
        (tmp_path / LEDGER_FILE).unlink()
        assert ledger.view() == View()

    @pytest.mark.parametrize(
        "url",
        [
            "mysql://me:tops3cret@host/nija",
            "postgresql://me:p@tops3cret@host/nija",
            "tops3cret",
            "sqlite://",
        ],
    )
    def test_an_address_that_is_none(self, url: str) -> None:
        with pytest.raises(SettingsError, match=r'"nija.portfolio_url"') as caught:
            Settings.load({"nija": {"portfolio_url": url}}, {})
        assert "tops3cret" not in str(caught.value)

    def test_a_password_stays_out_of_what_is_shown(self) -> None:
        url = "postgresql://nija:tops3cret@host/nija"
        settings = Settings.load({}, {"PORTFOLIO_URL": url})
        assert settings.portfolio_url is not None
        assert settings.portfolio_url.get_secret_value() == url
        assert "tops3cret" not in repr(settings) + settings.model_dump_json()
