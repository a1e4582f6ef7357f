"""A plugin that misbehaves, in the real bot in dry-run: it costs an entry, never money.

Every hook in every way is the table of `misbehaviour`: one bot a hook, which misbehaves in one way
after the other (a start is what nija_run_started is told of: there, one bot a way).
"""

from collections.abc import Callable, Iterator

import pytest
from freqtrade.persistence import Trade

from nija_plugins import hookspecs
from nija_plugins.guard import LATE_SECONDS
from tests.integration import misbehaviour
from tests.integration.live import (
    RAISES,
    Bot,
    Home,
    Served,
    a_home,
    broken,
    closed_trade,
    equity,
    open_pairs,
    open_trade,
    script,
)
from tests.integration.misbehaviour import (
    BTC,
    CULPRIT,
    ETH,
    EVENTS,
    MARKET,
    MATRIX,
    MONEY,
    PLUGIN,
    START,
    Cell,
    Seen,
    cells,
    judge,
)

# One exchange serves all of them.
pytestmark = pytest.mark.xdist_group("live")

TICK = 0.01
STOP = 0.02
FALL = [1.0, 1.0, 1.0, 0.975, 1.0, 1.0, 1.0, 1.0]
RISE_AND_FALL = [1.0, 1.0, 1.40, 1.03, 1.0, 1.0, 1.0, 1.0]
"""A cell's closes of BTC as multiples of its entry; the second crosses $250 upwards and back."""
LATER = [1.0, 1.0, 1.0, 1.0, 1.0, 0.975, 0.975, 0.975]
"""SOL's, where it was entered: gone before the next cell begins."""


def prepare(home: Home, hook: str) -> None:
    """The market and the plugins of all cells of `hook`."""
    number = len(MATRIX[hook])
    home.plugin("script", script(misbehaviour.signals(hook, number), stop=STOP))
    home.plugin("voter", misbehaviour.VOTER)
    home.plugin(PLUGIN, misbehaviour.source(hook))
    closes = RISE_AND_FALL if hook == "nija_tier_changed" else FALL
    home.market.paint("BTC", 8, closes * number)
    home.market.paint("SOL", 8, LATER * number)


def start(home: Home, hook: str) -> Bot:
    config = {"dry_run_wallet": 245, **misbehaviour.config(hook)}
    return home.start(misbehaviour.pairs(hook), nija=misbehaviour.settings(hook), **config)


def held() -> set[str]:
    """The pairs with an open trade, under their names in spot markets."""
    return {misbehaviour.plain(pair) for pair in open_pairs()}


def watch(bot: Bot, hours: float) -> Seen:
    """The decisive loop, `hours` after START."""
    bot.at(hours)
    closed = [
        trade
        for trade in Trade.get_trades_proxy(is_open=False)
        if misbehaviour.plain(trade.pair) == BTC
    ]
    last = max(closed, key=lambda trade: trade.close_date_utc)
    left = {} if BTC in held() else {BTC: str(last.exit_reason)}
    return Seen(held(), left, list(bot.log), CULPRIT.now in CULPRIT.acted)


def rehearse(home: Home, hook: str) -> dict[str, Seen]:
    """One bot that misbehaves in every way in turn. What → what came of it."""
    prepare(home, hook)
    bot = start(home, hook)
    found = {}
    for number, cell in enumerate(MATRIX[hook]):
        hours = 8.0 * (number + 1)
        bot.at(hours)
        assert held() == {BTC}
        if hook == "nija_tier_changed":
            bot.at(hours + 3)
        bot.log.clear()
        CULPRIT.now = cell.what
        found[cell.what] = watch(bot, hours + 4)
        CULPRIT.now = None
    return found


def rehearse_start(home: Home, hook: str) -> dict[str, Seen]:
    """For every way, a bot that is well, and after its end one that misbehaves as it starts."""
    prepare(home, hook)
    found = {}
    for number, cell in enumerate(MATRIX[hook]):
        hours = 8.0 * (number + 1)
        start(home, hook).at(hours)
        assert open_pairs() == {BTC}
        home.kill()
        home.clock.sleep(60)
        CULPRIT.now = cell.what
        found[cell.what] = watch(start(home, hook), hours + 4)
        CULPRIT.now = None
        home.kill()
    return found


@pytest.fixture(scope="module")
def rehearsed(
    tmp_path_factory: pytest.TempPathFactory, served: Served
) -> Iterator[Callable[[str], dict[str, Seen]]]:
    """What came of every cell of a hook, played when first asked for."""
    found: dict[str, dict[str, Seen]] = {}

    def of(hook: str) -> dict[str, Seen]:
        if hook not in found:
            CULPRIT.begin(hook)
            play = rehearse_start if hook in START else rehearse
            with (
                pytest.MonkeyPatch.context() as patch,
                a_home(tmp_path_factory.mktemp(hook), *served, patch) as home,
                misbehaviour.sleeping_without_waiting(),
            ):
                found[hook] = play(home, hook)
        return found[hook]

    yield of
    CULPRIT.begin("")


@pytest.mark.parametrize("cell", cells(*MARKET, *MONEY, *EVENTS, *START), ids=str)
def test_every_hook_in_every_way(rehearsed: Callable[[str], dict[str, Seen]], cell: Cell) -> None:
    judge(cell, rehearsed(cell.hook)[cell.what])


def test_the_matrix_has_every_hook() -> None:
    assert set(MATRIX) == set(LATE_SECONDS) == set(hooks_of_the_specification())
    assert dict(LATE_SECONDS) == dict(misbehaviour.LIMITS)


def hooks_of_the_specification() -> list[str]:
    return [name for name in vars(hookspecs) if name.startswith("nija_")]


class TestBesidesTheMatrix:
    """What else a failing plugin leaves alone, and what it is said of."""

    @pytest.fixture
    def trading(self, home: Home) -> Home:
        """BTC is entered at 8h and falls through its stop in the hour before 14h; ETH signals at
        12h, when the broken plugin is asked."""
        home.plugin("script", script({BTC: [8], ETH: [12]}, stop=0.04))
        home.market.paint("BTC", 13, [0.90])
        return home

    def assert_closed(self, home: Home, bot: Bot, plugin: str, hook: str) -> None:
        """Nothing was entered on it; the log says who failed where, once; the exit happened."""
        assert open_pairs() == {BTC}
        errors = bot.said(f'ERROR Plugin "{plugin}" failed in {hook}: ')
        assert len(errors) == 1
        bot.at(12, 10)
        assert open_pairs() == {BTC}
        assert bot.said(f'ERROR Plugin "{plugin}" failed in {hook}: ') == errors
        bot.at(14)
        assert not open_pairs()
        assert closed_trade().close_rate < closed_trade().stop_loss

    def test_no_stake_from_anybody(self, trading: Home) -> None:
        trading.plugin("quiet", broken("nija_stake", "request", "return None"))
        disable = {"plugins": {"disable": ["sizing.hybrid"]}}
        bot = trading.start((BTC, ETH), nija=disable).at(8)
        assert not open_pairs()
        assert len(bot.said("No loaded plugin sizes entries")) == 1

    def test_a_greedy_stake_is_cut(self, trading: Home) -> None:
        """Whatever is wished, the cuts decide: here 18% of equity."""
        trading.plugin("greedy", broken("nija_stake", "request", "return 1e9"))
        trading.start((BTC, ETH)).at(8)
        assert open_trade().stake_amount == pytest.approx(18.0, abs=1e-3)

    def test_market(self, trading: Home) -> None:
        """From 11h on every dataframe is spoilt, also that of the open trade."""
        spoilt = "dataframe['date'].iloc[-1] >= pd.Timestamp('2025-03-04T10:00Z')"
        trading.plugin("zz_broken", broken("nija_votes", "dataframe", RAISES, spoilt))
        trading.market.paint("BTC", 8, [1.03, 1.03, 1.03, 1.03, 1.03, 0.90])
        bot = trading.start((BTC, ETH)).at(8).at(12)
        assert open_trade().stop_loss == pytest.approx(
            trading.market.price("BTC") * 1.03 * 0.94, abs=TICK * 1.01
        ), "the trade keeps its plan"
        self.assert_closed(trading, bot, "zz_broken", "nija_votes")

    @pytest.mark.parametrize("hook", ["nija_entry_filled", "nija_exit_filled"])
    def test_events_are_told_not_asked(self, trading: Home, hook: str) -> None:
        """A listener that fails is named and stops nothing."""
        trading.plugin("deaf", broken(hook, "", RAISES))
        bot = trading.start((BTC, ETH)).at(8).at(12)
        assert open_pairs() == {BTC, ETH}
        plan = {"stop": 0.04, "trail": 0.06, "target": 0.6}
        assert open_trade().get_custom_data("nija_plan") == plan
        bot.at(14)
        assert open_pairs() == {ETH}
        assert len(bot.said(f'ERROR Plugin "deaf" failed in {hook}: RuntimeError')) == 1

    def test_a_loop_that_a_plugin_could_not_follow(self, trading: Home) -> None:
        """nija_equity is the exception: a plugin that lost sight of the account may be a limit."""
        late = "account.time.hour >= 12"
        trading.plugin("broken", broken("nija_equity", "account", RAISES, late))
        bot = trading.start((BTC, ETH)).at(8).at(12)
        refused = "Entry into ETH/USD refused: This loop could not value the account."
        assert len(bot.said(refused)) == 1
        assert trading.tier_state["last_equity"] == pytest.approx(
            equity(100, {BTC: trading.market.price("BTC")})
        ), "the others heard"
        self.assert_closed(trading, bot, "broken", "nija_equity")

    @pytest.mark.parametrize(
        "body",
        [
            "dataframe['close'] = dataframe['close'] * 10",
            "dataframe.drop(dataframe.index[-1], inplace=True)",
        ],
    )
    def test_a_plugin_that_changes_the_candles(self, trading: Home, body: str) -> None:
        """A careless voter must not reach what the account is valued with."""
        spoilt = "dataframe['date'].iloc[-1] >= pd.Timestamp('2025-03-04T10:00Z')"
        trading.plugin("careless", broken("nija_votes", "dataframe", body, spoilt))
        bot = trading.start((BTC, ETH), dry_run_wallet=240).at(8).at(11).at(11, 10)
        worth = equity(240, {BTC: trading.market.price("BTC")})
        assert bot.account().equity == pytest.approx(worth)
        assert bot.said("AUTO-SCALING") == ["INFO AUTO-SCALING UPGRADE: $240.00 → STARTER tier"]
        assert bot.run.memory.benchmarks is not None
        assert bot.run.memory.benchmarks.peak == 240
