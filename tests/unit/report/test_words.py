"""Numbers as a person reads them."""

import pytest

from nija_plugins.report.words import count, harmless, money, number, percent, price, readable


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (money(1234.5), "$1,234.50"),
        (money(-3.2), "−$3.20"),
        (money(3.2, sign=True), "+$3.20"),
        (money(-0.001, sign=True), "$0.00"),
        (money(float("nan")), "–"),
        (percent(-0.0604), "−6.0%"),
        (percent(0.123, 0, sign=True), "+12%"),
        (percent(-0.00001), "0.0%"),
        (number(-1, 2), "−1.00"),
        (price(60_394.13), "60,394.1"),
        (price(0.0000123), "0.0000123"),
        (price(175.31), "175.31"),
        (count(1, "trade"), "1 trade"),
        (count(1200, "entry", "entries"), "1,200 entries"),
        (readable("trade_filter.reward_risk"), "reward risk"),
        (harmless("<b>BTC</b>"), "&lt;b&gt;BTC&lt;/b&gt;"),
    ],
)
def test_words(made: str, text: str) -> None:
    assert made == text
