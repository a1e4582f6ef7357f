"""Real answers of both exchanges with something wrong in them, through ccxt and the real bot's
loop: freqtrade's own handled errors, no second order for one signal, and NIJA's loop goes on."""

import time
import traceback
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from tempfile import mkdtemp
from types import SimpleNamespace

import pytest
from freqtrade.enums import State
from hypothesis import example, given
from hypothesis import strategies as st

from nija_plugins.venue.app import build_app
from nija_plugins.venue.orders import Side
from nija_plugins.venue.server import serve
from nija_plugins.venue.venue import Venue
from tests.fuzz.depth import examples
from tests.fuzz.garbled import Flaw, Garbler, flaws
from tests.integration.live import Bot, Home, a_home, script
from tests.integration.painted_market import PaintedMarket

# freqtrade's database is one per process.
pytestmark = pytest.mark.xdist_group("live")

BTC, ETH = PAIRS = "BTC/USD", "ETH/USD"

Exchange = tuple[str, PaintedMarket, Venue, Garbler]


@pytest.fixture(scope="module")
def served() -> Iterator[Exchange]:
    market = PaintedMarket()
    venue = Venue(market)
    garbler = Garbler(build_app(venue))
    with serve(garbler, port=0) as url:  # type: ignore[arg-type]
        yield url, market, venue, garbler


FOLDER = [""]


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory: pytest.TempPathFactory) -> None:
    FOLDER[0] = str(tmp_path_factory.mktemp("weather"))


def lived(served: Exchange, name: str, weather: list[Flaw | None]) -> Counter[str]:
    """A live bot from START + 3 hours on; BTC signals at 4 and ETH at 8, BTC falls through its stop
    at 6. Each iteration has the next flaw; then nothing is wrong any more."""
    url, market, venue, garbler = served
    garbler.flaw = None
    found: Counter[str] = Counter()
    # Kept until the end: NIJA loads an unchanged plugin once per process, from its first file.
    folder = Path(mkdtemp(dir=FOLDER[0]))
    with (
        pytest.MonkeyPatch.context() as patch,
        a_home(folder, url, market, venue, patch) as home,
    ):
        patch.setattr(
            "freqtrade.worker.time",
            SimpleNamespace(**{**vars(time), "sleep": home.clock.sleep}),
        )
        home.plugin("scripted", script({BTC: [4], ETH: [8]}, stop=0.04))
        market.paint("BTC", 5, [1.0, 0.95])
        bot: Bot | None = started(home, name)
        hours = [4.0, 4.02, 4.04, 4.1, 5.0, 6.0, 6.02, 7.0, 7.02, 8.0, 8.02, 8.04, 8.1, 9.0]
        for number, hour in enumerate([*hours, 9.02, 9.04, 10.0, 10.02]):
            garbler.flaw = weather[number] if number < min(len(weather), len(hours)) else None
            bot = bot or started(home, name)
            if bot is not None and not iterated(bot, hour, found):
                home.kill()
                bot = None
            home.clock.sleep(1)
            twice(home, name)
        assert bot is not None, "it starts and goes on when nothing is wrong"
        assert bot.run.loop is not None, "its last loop valued the account"
        found["entries"] += sum(1 for _ in entries(home, name))
    return found


def started(home: Home, name: str) -> Bot | None:
    """None when the exchange's answers prevent it: freqtrade's own matter."""
    try:
        return home.start(PAIRS, exchange=name, live=True, timeout=2_000)
    except Exception as error:
        not_nijas(error)
        return None


def iterated(bot: Bot, hour: float, found: Counter[str]) -> bool:
    """One iteration; False when freqtrade stopped or ended in it."""
    try:
        bot.at(hour)
    except Exception as error:
        not_nijas(error)
        found[f"crash: {type(error).__name__}"] += 1
        return False
    # freqtrade catches what a strategy's callback raises, and says so.
    swallowed = [line for line in bot.log if "Unexpected error" in line]
    assert not swallowed, swallowed
    if bot.worker.freqtrade.state is State.STOPPED:
        found["stopped"] += 1
        return False
    return True


def not_nijas(error: Exception) -> None:
    """The innermost frames are freqtrade's or ccxt's, called by nobody of ours."""
    frames = [frame.filename for frame in traceback.extract_tb(error.__traceback__)]
    ours = [name for name in frames if "/nija_plugins/" in name and "/replay/clock" not in name]
    refused = "start_checks" in " ".join(ours) or not ours
    assert refused, "".join(traceback.format_exception(error))


def entries(home: Home, name: str) -> Iterator[str]:
    """The pairs of purchases that were filled or still may be."""
    for order in home.books(name).orders:
        filled = order.filled > Decimal(0)
        if order.ticket.side is Side.BUY and (filled or order in home.books(name).open_orders):
            yield order.ticket.pair


def twice(home: Home, name: str) -> None:
    bought = Counter(entries(home, name))
    assert all(number == 1 for number in bought.values()), bought


@examples(2, 60)
@given(
    name=st.sampled_from(("kraken", "coinbase")), weather=st.lists(st.none() | flaws, max_size=14)
)
@example(name="coinbase", weather=[])
def test_in_any_weather(served: Exchange, name: str, weather: list[Flaw | None]) -> None:
    found = lived(served, name, weather)
    if not weather:
        assert found == Counter({"entries": 2}), "in good weather both are entered"
