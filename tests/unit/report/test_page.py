"""The page about a made-up account: what it holds, and what it must not let in."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import plotly.offline
import pytest

from nija_plugins.report.html import numbers, page, part, write
from nija_plugins.report.panels.account import counted_drawdown, daily, drawdown, equity
from nija_plugins.report.panels.calibration import promises
from nija_plugins.report.panels.groups import groups
from nija_plugins.report.panels.panel import Bar
from nija_plugins.report.panels.refusals import refusals
from nija_plugins.report.panels.stakes import stakes
from nija_plugins.report.panels.trades import DRAWN, trades
from nija_plugins.report.performance import Performance, falls
from tests.unit.report.accounts import an_account, some_trades

EVIL = '<img src=x onerror=alert(1)></script><a href="javascript:alert(2)">'


class Elements(HTMLParser):
    """Which elements a page has, and what they refer to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes += attrs


def data_of(text: str) -> dict:
    (found,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', text)
    return json.loads(found)


@pytest.fixture(scope="module")
def account() -> Performance:
    return an_account()


@pytest.fixture(scope="module")
def text(account: Performance) -> str:
    return page(account)


def test_an_interrupted_page_leaves_the_one_before(
    account: Performance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "new" / "report.html"
    write(account, file)
    before = file.read_text(encoding="utf-8")

    def interrupted(self: Path, *_: object, **__: object) -> int:
        self.write_bytes(before[:1000].encode())
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_text", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write(account, file)
    assert file.read_text(encoding="utf-8") == before
    assert list(file.parent.iterdir()) == [file]


def test_every_part_is_there_with_its_reading(text: str) -> None:
    for key in ("equity", "drawdown", "days", "trades", "groups", "refusals", "stakes"):
        assert f'<section id="{key}">' in text
    assert '<section id="calibration">' in text
    assert text.count('<p class="reading">') == text.count("<section ")
    assert set(data_of(text)["figures"]) == {
        f"chart-{key}"
        for key in (
            *("equity", "drawdown", "days", "trades"),
            *("refusals", "stakes", "calibration", "outlook"),
        )
    }


def test_it_loads_nothing_and_may_load_nothing(text: str) -> None:
    elements = Elements(text)
    referred = [value for name, value in elements.attributes if name in ("src", "href")]
    assert all(value.startswith(("#", "data:")) for value in referred)
    assert "default-src 'none'" in text
    assert len(text.encode()) < 5_000_000


def test_the_five_numbers(account: Performance) -> None:
    told = {one["name"]: (one["value"], one["detail"]) for one in numbers(account)}
    assert told["Ends with"][0] == f"${account.final:,.2f}"
    assert told["Trades"][0] == "60"
    assert "12% is the floor" in told["Deepest fall"][1]
    assert "6% is a day's limit" in told["Worst day"][1]
    assert told["Tier"] == ("GROWTH", "at the end, after 1 change")


def test_a_name_with_html_in_it_stays_text() -> None:
    table = some_trades(30, pair=EVIL, regime=EVIL, exit_reason=EVIL, by=EVIL)
    told = an_account().refused.assign(sentence=EVIL, rule=EVIL, pair=EVIL)
    text = page(an_account(table, name=EVIL, source=EVIL, notes=(EVIL,), refused=told))
    clean = Elements(page(an_account(some_trades(30)))).names
    names = Elements(text).names
    for element in ("img", "a", "script"):
        assert names.count(element) == clean.count(element), element
    assert "<img" not in text
    (trade, *_) = data_of(text)["trades"]["all"]
    assert EVIL in trade["title"]  # shown as it is, as text
    # Plotly takes some HTML in what it writes: there it must be spelt out.
    assert "<a" not in json.dumps(data_of(text)["figures"])


def test_without_trades_it_says_so() -> None:
    text = page(an_account(some_trades(0), refused=an_account().refused.iloc[:0], candidates=0))
    assert "No trade was closed." in text
    assert "No refused entry is on record." in text
    assert "No odds: There is no closed trade" in text
    assert '<section id="stakes">' not in text
    assert '<section id="calibration">' not in text


def test_without_a_filter_there_is_no_calibration() -> None:
    assert promises(an_account(some_trades(30, win_probability=float("nan")))) is None


def test_without_plans_results_are_in_percent() -> None:
    panel = trades(an_account(some_trades(30, r=float("nan"), stop=float("nan"), trail=1.0)))
    assert panel.figure.layout.yaxis.title.text == "result, % of the stake"
    assert "R;" not in panel.reading


def test_groups_add_up_to_the_whole(account: Performance) -> None:
    for table in groups(account).tables:
        assert sum(int(row[1]) for row in table.rows) == 60
        bars = [row[-1] for row in table.rows]
        assert all(isinstance(bar, Bar) and -1 <= bar.share <= 1 for bar in bars)
        assert max(abs(bar.share) for bar in bars) == 1


def test_many_trades_keep_the_page_small() -> None:
    panel = trades(an_account(some_trades(1000)))
    assert len(panel.figure.data[0].x) == 1000
    assert panel.trades["first"] == 1000 - DRAWN
    assert len(panel.trades["all"]) == DRAWN
    assert f"the last {DRAWN} of 1,000 trades" in panel.note


def test_missing_candles_are_said_and_named(account: Performance) -> None:
    assert "No hourly candles of BTC/USD, ETH/USD, SOL/USD" in trades(account).note


def test_refusals_are_counted_per_rule_and_month(account: Performance) -> None:
    panel = refusals(account)
    for trace in panel.figure.data:
        assert sum(trace.y) == len(account.refused) / 2
    assert "86 candidates" in panel.reading


def test_legs_are_shares_of_equity(account: Performance) -> None:
    panel = stakes(account)
    kelly = next(trace for trace in panel.figure.data if trace.name == "kelly leg")
    assert list(kelly.y) == pytest.approx([round(100 * 5 / 300, 3)] * 60)
    (deciders, every) = panel.tables
    assert {row[0] for row in deciders.rows} == {"wish", "drawdown"}
    assert len(every.rows) == 60


class TestFalls:
    days = pd.DataFrame(
        {
            "open": [100, 110, 90, 90],
            "high": [112, 112, 95, 95],
            "low": [100, 88, 88, 88],
            "close": [110, 90, 90, 90],
        },
        index=pd.date_range("2024-01-01", periods=4, tz="UTC"),
        dtype=float,
    )

    def test_below_the_peak_before(self) -> None:
        assert falls(self.days, ()).to_list() == pytest.approx([0, 24 / 112, 24 / 112, 24 / 112])

    def test_a_restart_begins_anew(self) -> None:
        restart = pd.Timestamp("2024-01-03 14:00", tz="UTC")
        assert falls(self.days, (restart,)).to_list() == pytest.approx(
            [0, 24 / 112, 2 / 90, 7 / 95]
        )

    def test_what_is_told_is_measured_against_the_peak_that_counts(self) -> None:
        account = replace(an_account(), drawdown=0.25)
        assert counted_drawdown(account) == falls(account.days, account.restarts).max()
        assert "below the highest ever it was 25.0%" in drawdown(account).reading
        assert counted_drawdown(replace(account, halts=())) == 0.25


def test_a_halt_that_nobody_ended_is_told(account: Performance) -> None:
    begin = account.end - pd.Timedelta(days=30)
    reading = equity(replace(account, halts=((begin, account.end),))).reading
    assert f"since {begin:%Y-%m-%d} it waits for a person to unlock it" in reading


def test_the_bundled_plotly_is_the_one_that_figures_are_made_for() -> None:
    (bundled,) = re.findall(r"finance - minified\) v(\d+\.\d+)", part("plotly-finance.min.js"))
    assert plotly.offline.get_plotlyjs_version().startswith(bundled + ".")


def test_days_stand_at_their_dates_also_when_none_moved() -> None:
    account = an_account()
    still = account.days.assign(open=100.0, high=100.0, low=100.0, close=100.0)
    panel = daily(replace(account, days=still))
    assert "0 moved" in panel.reading
    assert panel.figure and panel.figure.layout.xaxis.type == "date"
