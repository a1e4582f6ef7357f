import pytest, numpy as np
from nija_plugins.venue.app import build_app
from nija_plugins.venue.server import serve
from tests.integration.live import *

@pytest.fixture(scope="module")
def venue():
    market = PaintedMarket()
    with serve(build_app(market), port=0) as url:
        yield url, market

@pytest.fixture
def home(tmp_path, venue, monkeypatch):
    with a_home(tmp_path, *venue, monkeypatch) as home:
        yield home

@pytest.mark.parametrize("exchange", ["coinbase", "kraken"])
def test_x(home, exchange):
    t = np.arange(-HISTORY*24, 0)/24
    closes = 40_000*np.exp(0.003*np.minimum(t+20, 0))*(1+0.05*np.sin(2*np.pi*t/5+np.pi)*(t>-20))
    closes *= 1+np.random.default_rng(3).normal(0, 0.0008, len(t))
    home.market.shape("BTC", np.concatenate([closes, np.full(DAYS*24, closes[-1])]))
    home.market.paint("BTC", 4, [1.02, 1.04, 1.06, 1.08])
    bot = home.start(exchange=exchange)
    for h in (3, 4, 5,6,7,8): 
        bot.at(h)
        print(h, Trade.get_open_trade_count())
    df, _ = bot.strategy.dp.get_analyzed_dataframe("BTC/USD", "1h")
    print(df[["date", "close", *[c for c in df if c.startswith("nija")]]].iloc[-6:].T.to_string())
    print("\n".join(bot.said("refused")))
    for t in Trade.get_trades_proxy(): print(t, t.stop_loss, t.fee_open, t.fee_close, t.orders)
