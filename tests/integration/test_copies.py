"""Both sides of a copy in the real bot: what a leader says of its trades, what a follower takes."""

from threading import Lock, Thread
from typing import Any

import pytest
from freqtrade.persistence import Trade
from freqtrade.rpc import RPC, RPCException

from nija_plugins.copying.standing import WORD, parse
from nija_plugins.copying.tag import Copy, TradeKey
from nija_plugins.plans import KEY
from tests.integration.live import Bot, Home, broken, closed_trade, open_trade, script
from tests.integration.painted_market import after

BTC, ETH = "BTC/USD", "ETH/USD"
FOLLOWS = {"mode": "MASTER_FOLLOW"}
LEADER_PRICE = 50_000.0


def leader(home: Home, wallet: float = 600, pairs: tuple[str, ...] = (BTC,), **nija: Any) -> Bot:
    home.plugin("script", script({BTC: [8], ETH: [12]}))
    return home.start(pairs, dry_run_wallet=wallet, nija=nija).at(8)


def follower(home: Home, wallet: float = 600, **nija: Any) -> Bot:
    """A bot that has looked once, and whose market says nothing at all."""
    bot = home.start(
        (BTC, ETH), force_entry_enable=True, dry_run_wallet=wallet, nija=FOLLOWS | nija
    )
    return bot.at(8)


def a_copy(trade: int = 1, opened: float = 0, **changes: Any) -> Copy:
    """A copy of a BTC trade that filled `opened` seconds after the follower's last look."""
    moment = int(after(8, 5 + opened).timestamp() * 1000)
    facts: dict[str, Any] = {"price": LEADER_PRICE, "stop": 0.04, "target": 0.6, "trail": 0.06}
    return Copy(TradeKey("main", trade, moment), moment, **facts | changes)


def force(bot: Bot, copy: Copy | str, pair: str = BTC) -> Trade | None:
    tag = copy if isinstance(copy, str) else copy.tag
    return RPC(bot.worker.freqtrade)._rpc_force_entry(pair, None, enter_tag=tag)


def refused(bot: Bot, copy: Copy | str, pair: str = BTC) -> str:
    """The reasons of a copy that must be refused."""
    with pytest.raises(RPCException):
        force(bot, copy, pair)
    return bot.log[-1] if isinstance(copy, str) else bot.said(f"Copy {copy.key} refused: ")[-1]


class TestLeader:
    """A leader's word is stored with each trade when it fills."""

    def word(self) -> Any:
        return open_trade().get_custom_data(WORD)

    def test_from_advanced_on_a_trade_may_be_copied(self, home: Home) -> None:
        bot = leader(home, 600)
        assert self.word() == {"copied": True, "tier": "ADVANCED"}
        assert open_trade().get_custom_data(KEY) == {"stop": 0.04, "trail": 0.06, "target": 0.6}
        standing = parse(bot.strategy.version())
        assert standing is not None
        assert (standing.tier, standing.copied, standing.mode) == ("ADVANCED", True, "MASTER_ONLY")

    def test_below_it_may_not(self, home: Home) -> None:
        bot = leader(home, 490)
        assert self.word() == {"copied": False, "tier": "GROWTH"}
        standing = parse(bot.strategy.version())
        assert standing is not None and not standing.copied

    def test_a_tier_that_falls_closes_the_gate_for_what_comes_next(self, home: Home) -> None:
        """18% in BTC at a stop of 4% cannot lose enough: the wallet shrinks over a restart."""
        leader(home, 510, (BTC, ETH)).at(9)
        home.kill()
        bot = home.start((BTC, ETH), dry_run_wallet=470)
        bot.at(10).at(11).at(12)
        assert self.word()["copied"] is True
        assert open_trade(ETH).get_custom_data(WORD) == {"copied": False, "tier": "GROWTH"}

    def test_copy_trading_allows_it_where_there_are_no_tiers(self, home: Home) -> None:
        leader(home, 100, micro_capital_mode=False, copy_trading=True)
        assert self.word() == {"copied": True, "tier": "STARTER"}

    def test_without_tiers_nothing_is_copied_unasked(self, home: Home) -> None:
        leader(home, 2000, micro_capital_mode=False)
        assert self.word()["copied"] is False

    def test_the_environment_forbids_it(self, home: Home, monkeypatch: Any) -> None:
        monkeypatch.setenv("COPY_TRADING", "false")
        bot = leader(home, 600)
        assert self.word() == {"copied": False, "tier": "ADVANCED"}
        standing = parse(bot.strategy.version())
        assert standing is not None and not standing.copied


class TestFollower:
    """A follower takes the leader's plan and its own stake."""

    def test_it_enters_what_its_own_market_rules_would_not(self, home: Home) -> None:
        bot = follower(home)
        with pytest.raises(RPCException):
            force(bot, "force_entry")
        trade = force(bot, a_copy(stop=0.05, trail=0.07))
        assert trade is not None
        assert trade.stop_loss == pytest.approx(trade.open_rate * 0.95, abs=0.02)
        assert trade.get_custom_data(KEY) == {"stop": 0.05, "trail": 0.07, "target": 0.6}
        assert trade.get_custom_data(WORD)["copied"] is False, "a copy is not copied"

    @pytest.mark.parametrize("where", ["coinbase", "kraken"])
    def test_with_real_money(self, home: Home, where: str) -> None:
        home.account(where, USD="600")
        bot = home.start(
            (BTC,), exchange=where, live=True, force_entry_enable=True, nija=FOLLOWS
        ).at(8)
        force(bot, a_copy())
        bot.at(8, 10)
        trade = open_trade()
        assert trade.stop_loss == pytest.approx(trade.open_rate * 0.96, abs=0.5)
        bought = [one for one in home.books(where).orders if one.ticket.side == "buy"]
        assert len(bought) == 1
        RPC(bot.worker.freqtrade)._rpc_force_exit(str(trade.id))
        bot.at(8, 20)
        assert closed_trade().exit_reason == "force_exit"
        assert home.books(where).total("BTC") == 0
        assert not bot.said("Incident")

    def test_its_own_sizer_and_tier_decide(self, home: Home) -> None:
        small = force(follower(home, 100), a_copy())
        assert small is not None and small.stake_amount <= 18
        stake = small.stake_amount
        home.kill()
        (home.path / "trades.sqlite").unlink()
        half = force(follower(home, 100), a_copy(share=0.5))
        assert half is not None
        assert half.stake_amount == pytest.approx(stake / 2, rel=0.01)

    def test_a_share_below_the_smallest_lot_is_refused(self, home: Home) -> None:
        reason = refused(follower(home, 50), a_copy(share=0.1))
        assert "A share of 10%" in reason and "less than the smallest lot" in reason

    def test_the_leaders_trail_takes_it_out(self, home: Home) -> None:
        home.market.paint("BTC", 8, [1.0, 1.2, 1.2, 1.1])
        bot = follower(home)
        force(bot, a_copy(trail=0.05))
        for hours in (9, 10, 11, 12):
            bot.at(hours)
        assert closed_trade().exit_reason == "trailing_stop_loss"

    def test_each_trade_once_also_when_it_is_closed_and_after_a_restart(self, home: Home) -> None:
        bot = follower(home)
        trade = force(bot, a_copy())
        assert trade is not None
        assert "is copied already, as trade 1" in refused(bot, a_copy(), ETH)
        RPC(bot.worker.freqtrade)._rpc_force_exit(str(trade.id))
        assert closed_trade().exit_reason == "force_exit"
        assert "is copied already, as trade 1" in refused(bot, a_copy())
        home.kill()
        home.clock.move_to(after(8, 20))
        bot = home.start((BTC, ETH), force_entry_enable=True, dry_run_wallet=600, nija=FOLLOWS)
        bot.at(8, 30)
        assert "is copied already, as trade 1" in refused(bot, a_copy())
        assert force(bot, a_copy(trade=11)) is not None, "1 is another trade than 11"

    def test_a_copy_that_is_too_late_or_too_wide(self, home: Home) -> None:
        bot = follower(home)
        for changes, reason in (
            ({"opened": -61}, "is 61 s old; after 60 s it is not chased"),
            ({"opened": 30}, "30 s in the future by this clock: the clocks are apart"),
            ({"price": 52_500.0}, "has fallen through the leader's stop at 50400"),
            ({"price": 49_000.0}, "has run away from the leader's 49000"),
            ({"stop": 0.4}, "stop or trail of 40.0% is wider than the 27.0% here"),
            ({"trail": 0.4}, "stop or trail of 40.0% is wider"),
        ):
            assert reason in refused(bot, a_copy(**changes))

    @pytest.mark.parametrize(
        ("settings", "wallet", "reason"),
        [
            ({"trade_only": ["ETH"]}, 600, "BTC is not in trade_only"),
            ({"mode": "MASTER_ONLY"}, 600, "takes no copies"),
            ({}, 14.5, "No tier for an equity of $14.50"),
            ({"force_cash_buffer": 99}, 20, "99% of equity stays in cash"),
            ({"max_drawdown": 0.01}, 600, "above the drawdown floor"),
        ],
    )
    def test_every_money_rule_stands(
        self, home: Home, settings: dict[str, Any], wallet: float, reason: str
    ) -> None:
        assert reason in refused(follower(home, wallet, **settings), a_copy())

    def test_other_peoples_vetoes_stand(self, home: Home) -> None:
        home.plugin("weekend", broken("nija_veto", "request", "return f'No {request.copy_of}.'"))
        assert "No main:1:" in refused(follower(home), a_copy())

    def test_a_pair_it_does_not_look_at(self, home: Home) -> None:
        assert "has not been analysed here" in refused(follower(home), a_copy(), "SOL/USD")

    def test_a_malformed_tag_enters_nothing(self, home: Home) -> None:
        bot = follower(home)
        for tag in ("nija_copy:", "nija_copy:main:1", "nija_copy:m:1:2:3:nan:0.04:0.6:0.06:1.0"):
            assert f"No entry into BTC/USD: '{tag}'" in refused(bot, tag)

    def test_it_has_no_signals_of_its_own(self, home: Home) -> None:
        bot = leader(home, 600, **FOLLOWS)
        assert not Trade.get_trades_proxy(is_open=True)
        assert bot.said("mode is MASTER_FOLLOW")
        assert not bot.said("refused")

    def test_a_refusal_is_in_the_journal_once(self, home: Home) -> None:
        bot = follower(home, trade_only=["ETH"])
        refused(bot, a_copy())
        refused(bot, a_copy())
        assert len(bot.said("refused: BTC is not in trade_only")) == 3, "each copy, and the journal"
        assert bot.run.refusals.totals["by_rule"] == {"risk.trade_only": 1}


class TestThreads:
    """freqtrade's API enters and exits in threads of its own, whatever the loop is doing."""

    def test_an_entry_waits_for_the_loop(self, home: Home) -> None:
        bot = follower(home)
        found: list[Trade | None] = []
        thread = Thread(target=lambda: found.append(force(bot, a_copy())))

        def meanwhile(*_: Any) -> None:
            thread.start()
            thread.join(0.5)
            assert thread.is_alive(), "an account that is being valued decided about an entry"

        bot.run.see = meanwhile  # type: ignore[method-assign]
        bot.at(8, 10)
        del bot.run.see
        thread.join()
        assert found[0] is not None
        assert not bot.said("ERROR")

    def test_the_loop_waits_for_an_exit(self, home: Home) -> None:
        bot = follower(home)
        looked: list[Bot] = []
        thread = Thread(target=lambda: looked.append(bot.at(8, 10)))
        with bot.worker.freqtrade._exit_lock:
            thread.start()
            thread.join(1)
            assert thread.is_alive() and bot.run.loop == after(8)
        thread.join()
        assert bot.run.loop == after(8, 10)

    def test_a_freqtrade_without_that_lock_enters_nothing(self, home: Home) -> None:
        bot = follower(home)
        del bot.worker.freqtrade._exit_lock
        with pytest.raises(AttributeError):
            bot.strategy.bot_loop_start(current_time=after(8, 10))
        bot.worker.freqtrade._exit_lock = Lock()
        assert "could not value the account" in refused(bot, a_copy())

    def test_an_exit_between_two_looks_at_the_trades(self, home: Home) -> None:
        """freqtrade reads its trades as an iteration begins; the exit falls into that moment."""
        bot = follower(home)
        trade = force(bot, a_copy())
        assert trade is not None
        known = Trade.get_open_trades()
        assert known[0].close_date is None
        leaving = RPC(bot.worker.freqtrade)._rpc_force_exit
        thread = Thread(target=lambda: leaving(str(trade.id)))
        thread.start()
        thread.join()
        bot.at(8, 10)
        assert bot.run.loop == after(8, 10)
        assert (bot.run.wins, bot.run.losses) == (0, 1)
        assert not bot.said("ERROR")
