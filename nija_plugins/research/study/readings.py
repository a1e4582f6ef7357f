"""What each voter, regime and exit is worth by itself: the tables of docs/market.md.

    python -m nija_plugins.research.study.readings --data FOLDER

prints them. Every 4h close of BTC, ETH and SOL is an entry here (see `research.entries`), so they
rest on thousands of bars; the bars overlap, and the standard errors know it (weeks are drawn, not
bars).
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import numpy.typing as npt
import pandas as pd
import typer

from nija_plugins import manager
from nija_plugins.research.study.case import FEES, HALVES
from nija_plugins.research.study.engine import ASSETS, copy_candles
from nija_plugins.research.study.entries import (
    AS_SHIPPED,
    Look,
    WayOut,
    look,
    one_at_a_time,
    outcomes,
)
from nija_plugins.research.study.tables import number, table
from nija_plugins.settings import Settings
from nija_plugins.signals import ensemble
from nija_plugins.view import Regime

Mask = npt.NDArray[np.bool_]
SPEAKS = 0.75
"""A vote from here on counts as one."""
WAYS_OUT = {
    "as shipped": AS_SHIPPED,
    "break-even from 1 R": WayOut(break_even=1.0),
    "break-even from 2 R": WayOut(break_even=2.0),
    "half sold at 1 R": WayOut(half_at=1.0),
    "half sold at 2 R": WayOut(half_at=2.0),
}


@dataclass(frozen=True)
class Bars:
    """One pair at one fee: what the market side says, and the outcome of every 4h close."""

    look: Look
    outcomes: pd.DataFrame
    score: npt.NDArray[np.float64]

    def vote(self, name: str) -> npt.NDArray[np.float64]:
        """A voter's scores on the rows of `outcomes`."""
        (found,) = (vote for vote in self.look.votes if vote.name == name)
        return self.rows(found.score)

    def rows(self, series: pd.Series) -> npt.NDArray[np.float64]:
        """A series of the candles on the rows of `outcomes`."""
        on_rows: npt.NDArray[np.float64] = series.to_numpy(dtype=float)[self.outcomes["row"]]
        return on_rows

    def in_regime(self, regime: Regime) -> Mask:
        """Where the market was in `regime`."""
        told = self.look.regime.to_numpy()[self.outcomes["row"].to_numpy()]
        return np.asarray(told == regime.value, dtype=bool)

    def pays(self, settings: Settings) -> Mask:
        """Where the reward/risk rule lets pass."""
        return (self.outcomes["gain_over_loss"] >= settings.min_risk_reward).to_numpy()

    def entered(self, settings: Settings) -> Mask:
        """Where score and reward/risk allow an entry."""
        return np.asarray((self.score >= settings.min_signal_score) & self.pays(settings))


def gather(
    datadir: Path, settings: Settings, fee: float, way_out: WayOut = AS_SHIPPED
) -> list[Bars]:
    """Every pair's bars; `fee` a side, a fraction."""
    built = manager.build(settings)
    found = []
    for asset in ASSETS:
        seen = look(f"{asset}/USD", datadir, built, settings)
        score = ensemble.nija_score(seen.votes, seen.regime, settings)
        made = outcomes(seen, fee, way_out)
        found.append(Bars(seen, made, score.to_numpy(dtype=float)[made["row"].to_numpy()]))
    return found


def every_bar(bars: list[Bars], chosen: Callable[[Bars], Mask]) -> list[str]:
    """Bars, mean R and its standard error in each half, as cells."""
    cells = []
    for half in HALVES:
        r = pd.concat([_of_half(one.outcomes[chosen(one)], half) for one in bars])
        mean, error = _by_week(r)
        cells += [f"{len(r)}", f"{number(mean)} ± {number(error)}"]
    return cells


def traded(bars: list[Bars], chosen: Callable[[Bars], Mask]) -> list[str]:
    """The same for entries one at a time a pair: trades, mean R, without the best three."""
    cells = []
    for half in HALVES:
        r = pd.concat([one_at_a_time(_of_half(one.outcomes[chosen(one)], half)) for one in bars])[
            "r"
        ]
        error = float(r.std()) / max(len(r), 1) ** 0.5
        best = r.sort_values().iloc[:-3].mean()
        cells += [f"{len(r)}", f"{number(float(r.mean()))} ± {number(error)}", number(float(best))]
    return cells


def _of_half(rows: pd.DataFrame, half: str) -> pd.DataFrame:
    first, end = (pd.Timestamp(day, tz="UTC") for day in HALVES[half].split("-"))
    return rows[(rows["date"] >= first) & (rows["date"] < end)]


def _by_week(rows: pd.DataFrame) -> tuple[float | None, float | None]:
    """Mean R, and its standard error with weeks (of all pairs) as the unit; one week has none."""
    if rows.empty:
        return None, None
    mean = float(rows["r"].mean())
    week = rows["date"].dt.strftime("%G%V")
    if week.nunique() < 2:
        return mean, None
    surplus = (rows["r"] - mean).groupby(week).sum()
    return mean, float(np.sqrt((surplus**2).sum())) / len(rows)


def _of_votes(bars: Bars, count: int, settings: Settings) -> Mask:
    """Candidates on which exactly `count` families speak."""
    families: dict[str, npt.NDArray[np.float64]] = {}
    for vote in bars.look.votes:
        score = np.nan_to_num(bars.rows(vote.score))
        families[vote.family.value] = np.maximum(families.get(vote.family.value, 0.0), score)
    speaking = np.sum([score >= SPEAKS for score in families.values()], axis=0)
    return np.asarray((speaking == count) & bars.entered(settings))


def readings(
    data: Annotated[Path, typer.Option(help="As for nija_plugins.research.study.results.")] = Path(
        "user_data/data/binance"
    ),
) -> None:
    """Print the tables of docs/market.md."""
    datadir = copy_candles(data, Path.cwd() / ".nija/results/candles")
    settings = Settings.load({}, {})
    mixture = Settings.load({"nija": {"plugins": {"enable": ["regime.mixture"]}}}, {})
    halves = [f"{half}: {what}" for half in HALVES for what in ("bars", "mean R")]
    trades = [
        f"{half}: {what}" for half in HALVES for what in ("trades", "mean R", "without best 3")
    ]
    for fee in FEES.values():
        bars = gather(datadir, settings, fee / 100)
        rows = [["any bar", *every_bar(bars, lambda one: np.full(len(one.outcomes), True))]]
        for vote in bars[0].look.votes:
            name = vote.name
            said = every_bar(bars, lambda one, name=name: one.vote(name) >= SPEAKS)  # type: ignore[misc]
            rows.append([name.replace("_", " "), *said])
        for count in (2, 3, 4, 5):
            said = every_bar(bars, lambda one, n=count: _of_votes(one, n, settings))  # type: ignore[misc]
            rows.append([f"entry with {count} families", *said])
        _print(f"Votes, fee {fee}% a side", ["", *halves], rows)

        rows, whole = [], []
        for kind, using in (("engine", settings), ("mixture", mixture)):
            told = bars if using is settings else gather(datadir, using, fee / 100)
            for regime in Regime:
                said = every_bar(told, lambda one, r=regime: one.in_regime(r))  # type: ignore[misc]
                rows.append([kind, regime.value.replace("_", " "), *said])
            entered = traded(told, lambda one: one.entered(settings))
            whole.append([f"regime by {kind}", *entered])
        _print(f"Regimes, fee {fee}% a side", ["by", "regime", *halves], rows)

        for name, way_out in WAYS_OUT.items():
            told = gather(datadir, settings, fee / 100, way_out)
            whole.append([name, *traded(told, lambda one: one.entered(settings))])
        _print(f"Entries of the ensemble, fee {fee}% a side", ["", *trades], whole)


def _print(title: str, header: list[str], rows: list[list[str]]) -> None:
    typer.echo(f"### {title}\n\n{table(header, rows)}\n")


if __name__ == "__main__":
    typer.run(readings)
