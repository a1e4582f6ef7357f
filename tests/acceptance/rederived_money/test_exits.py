"""Where each trade left."""

import pytest

from tests.acceptance.exits import LONGEST
from tests.acceptance.money import DISASTER_STOP
from tests.acceptance.rederived_money.audit import TINY, Audit


class TestExits:
    """Where the stop stood, and that the trade left there."""

    def test_exits_are_as_derived(self, audit: Audit) -> None:
        """Hour, reason and price of every exit, and the stop by then, from the candles alone."""
        last = audit.ledger.hours[-1].moment.hour
        for entry in audit.ledger.entries:
            t, life = entry.trade, entry.life
            if life.hour is None:
                assert (t.closed, t.reason) == (last, "force_exit"), entry
            else:
                derived = (life.hour, life.reason, pytest.approx(life.rate, rel=1e-9))
                assert (t.closed, t.reason, t.close_rate) == derived, entry
            assert t.stop == pytest.approx(life.stop, rel=1e-9), entry

    def test_stops_only_rise_and_begin_inside_the_disaster_stop(self, audit: Audit) -> None:
        for entry in audit.ledger.entries:
            stops = list(entry.life.stops.values())
            assert stops == sorted(stops)
            assert stops[0] > entry.offer.price * (1 - DISASTER_STOP)
            assert stops[0] == pytest.approx(entry.offer.price * (1 - entry.offer.stop), rel=1e-3)

    def test_no_stop_sells_above_itself(self, audit: Audit) -> None:
        for entry in audit.ledger.entries:
            if "stop_loss" in entry.trade.reason or "gap" in entry.trade.reason:
                assert entry.trade.close_rate <= entry.life.stop * (1 + TINY)

    def test_nothing_outlives_the_time_stop(self, audit: Audit) -> None:
        assert all(e.trade.closed - e.trade.opened <= LONGEST for e in audit.ledger.entries)
