"""The books agree with freqtrade's; tiers and stakes are what is derived again."""

import pytest

from tests.acceptance.candles import hour_of
from tests.acceptance.money import BROKERS, STEP, TIERS, size
from tests.acceptance.rederived_money.audit import LOOSENED, PEAKED, STRICT, Audit

CENT = 0.01
EXACT = 0.001
"""What a re-derived stake may be off, in USD: about one lot of 1e-8 at the highest price. To the
cent is asked for; a tenth of that leaves no room for a wrong formula that is nearly right."""


class TestRun:
    """Something happened, and the books agree with freqtrade's."""

    def test_trades_happen(self, audit: Audit) -> None:
        assert len(audit.ledger.entries) >= 4
        assert {entry.trade.pair for entry in audit.ledger.entries} >= {"BTC/USD", "ETH/USD"}

    def test_the_fee_is_the_exchange_s_worse_one(self, audit: Audit) -> None:
        fees = {entry.trade.fee for entry in audit.ledger.entries}
        assert fees == {BROKERS[audit.case.exchange].fee}

    def test_final_balance(self, audit: Audit) -> None:
        earned = sum(e.trade.proceeds - e.trade.cost for e in audit.ledger.entries)
        final = audit.result.statistics["final_balance"]
        assert audit.case.balance + earned == pytest.approx(final, abs=1e-5)

    def test_every_hour_is_worth_what_freqtrade_says(self, audit: Audit) -> None:
        """The wallet freqtrade captures is ours once its two habits are granted: the entry's fee
        is booked at the exit, and positions are marked at the open without an exit fee."""
        ours = [hour.wallet for hour in audit.ledger.hours]
        assert ours == pytest.approx(list(audit.result.equity), abs=1e-4)

    def test_equity_lies_below_the_wallet_by_fees_and_one_tick_of_the_clock(
        self, audit: Audit
    ) -> None:
        """NIJA's equity has paid the fees already; the last close and the next open differ by no
        more than a jump between two candles."""
        for hour in audit.ledger.hours:
            if not hour.moment.held:
                assert hour.moment.equity == pytest.approx(hour.wallet, abs=1e-6)
            else:
                assert 0.95 < hour.moment.equity / hour.wallet < 1.005


class TestTiers:
    """Tiers change when equity crosses, and when it has fallen through the buffer."""

    def test_changes_are_recorded_as_derived(self, audit: Audit) -> None:
        recorded = [
            (hour_of(change["time"]), change["from_tier"], change["to_tier"])
            for change in audit.result.nija_run["tier_changes"]
        ]
        derived = audit.ledger.changes
        assert recorded == [(change.hour, change.before, change.after) for change in derived]
        equities = [change["equity"] for change in audit.result.nija_run["tier_changes"]]
        assert equities == pytest.approx([change.equity for change in derived], abs=CENT / 10)

    def test_a_tier_changes_where_equity_crosses(self, audit: Audit) -> None:
        """The first change is the start; $240 and $990 begin just below a tier; the loosened
        account also falls through the buffer of one."""
        names = [None, *(tier.name for tier in TIERS)]
        rises = [names.index(c.after) > names.index(c.before) for c in audit.ledger.changes]
        assert rises[0]
        if audit.case.balance in (240, 990):
            assert sum(rises) > 1
        if audit.case.rules == LOOSENED:
            assert not all(rises)


class TestStakes:
    """The stake of every trade, derived again from the account and the candles."""

    def test_better_than_to_the_cent(self, audit: Audit) -> None:
        for entry in audit.ledger.entries:
            sizing = size(entry.offer, entry.moment, audit.case.rules)
            slack = max(EXACT, STEP * entry.offer.price)
            assert entry.trade.stake == pytest.approx(sizing.stake, abs=slack), f"{entry} {sizing}"

    def test_the_cuts_were_put_to_use(self, audit: Audit) -> None:
        """Which rules decided a stake: agreement on rules that never matter proves little."""
        sizings = [size(e.offer, e.moment, audit.case.rules) for e in audit.ledger.entries]
        deciding = {sizing.by for sizing in sizings}
        if audit.case.rules == LOOSENED:
            assert deciding >= {"wish", "risk", "buffer"}
        elif audit.case.rules == STRICT:
            assert "day" in deciding
        elif audit.case.rules == PEAKED:
            assert "drawdown" in deciding
        elif audit.case.balance == 15:
            assert deciding == {"lifted"}
        else:
            assert "wish" in deciding
            assert audit.case.balance == 100 or deciding >= {"drawdown", "day"}

    def test_amount_times_price_is_the_stake(self, audit: Audit) -> None:
        for entry in audit.ledger.entries:
            t = entry.trade
            assert t.amount * t.open_rate == pytest.approx(t.stake, abs=1e-6)
            assert t.amount / STEP == pytest.approx(round(t.amount / STEP), abs=1e-3)
