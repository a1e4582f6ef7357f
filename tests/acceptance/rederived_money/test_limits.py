"""Each limit by itself, on the trades as they were made."""

import pytest

from tests.acceptance.ledger import Entry
from tests.acceptance.money import ASSET, BROKERS, LIFTED, REWARD_RISK, SMALLEST_TRADE
from tests.acceptance.rederived_money.audit import TINY, Audit, broken


class TestLimits:
    """Each limit by itself, on the trades as they were made."""

    def test_risk_per_trade_fees_included(self, audit: Audit) -> None:
        def good(entry: Entry) -> bool:
            t, moment = entry.trade, entry.moment
            at_stop = t.open_rate * (1 - entry.offer.stop)
            loss = t.cost - t.amount * at_stop * (1 - t.fee)
            return loss <= moment.tier.risk * moment.equity * (1 + TINY)

        assert not broken(audit, good)

    def test_position_or_the_smallest_lot(self, audit: Audit) -> None:
        def good(entry: Entry) -> bool:
            share = entry.trade.stake / entry.moment.equity
            is_lot = entry.trade.stake <= entry.offer.lot * (1 + 1e-5)
            return share <= (min(LIFTED, ASSET) if is_lot else audit.case.rules.position) * (
                1 + TINY
            )

        assert not broken(audit, good)

    def test_cash_buffer_stays(self, audit: Audit) -> None:
        def good(entry: Entry) -> bool:
            left = entry.moment.cash - entry.trade.cost
            return left >= audit.case.rules.buffer * entry.moment.equity * (1 - TINY)

        assert not broken(audit, good)

    @pytest.mark.parametrize("floor", ["day", "peak"])
    def test_worst_case_stays_above_the_floors(self, audit: Audit, floor: str) -> None:
        def good(entry: Entry) -> bool:
            t, moment = entry.trade, entry.moment
            at_stop = t.open_rate * (1 - entry.offer.stop)
            after = moment.worst_case - t.cost + t.amount * at_stop * (1 - t.fee)
            rules = audit.case.rules
            least = {
                "day": (1 - rules.daily_loss) * moment.day_open,
                "peak": (1 - rules.drawdown) * moment.peak,
            }
            return after >= least[floor] * (1 - TINY)

        assert not broken(audit, good)

    def test_positions_of_the_tier_and_one_per_pair(self, audit: Audit) -> None:
        def good(entry: Entry) -> bool:
            held, tier = entry.moment.held, entry.moment.tier
            return tier is not None and len(held) < tier.positions and entry.trade.pair not in held

        assert not broken(audit, good)

    def test_smallest_trade_and_the_exchange_s_minimum(self, audit: Audit) -> None:
        """The exchange's minimum as it would be live, where a smaller order is refused."""

        def good(entry: Entry) -> bool:
            least = max(SMALLEST_TRADE, entry.offer.exchange_minimum)
            return entry.trade.stake >= least

        assert not broken(audit, good)

    def test_reward_over_risk_after_fees(self, audit: Audit) -> None:
        assert not broken(audit, lambda e: e.offer.gain >= REWARD_RISK * e.offer.loss * (1 - TINY))

    def test_minimum_balance(self, audit: Audit) -> None:
        """The account's and the broker's minimum gate the start; then 5% less is enough."""
        needed = BROKERS[audit.case.exchange].balance
        assert audit.case.balance >= needed
        assert not broken(audit, lambda entry: entry.moment.equity >= needed * 0.95)

    def test_entries_follow_a_closed_4h_bar(self, audit: Audit) -> None:
        assert not broken(audit, lambda entry: entry.trade.opened % 4 == 0)
