"""The tables of docs/ai-filter.md, as Markdown, from stored candles."""

import pandas as pd

from nija_plugins.candles.history import History
from nija_plugins.guard import Hooks
from nija_plugins.report.words import number, percent
from nija_plugins.research.filter_study import (
    Figures,
    at_random,
    auc,
    brier,
    candidates_with_votes,
    figures,
    own_signals,
    same_share,
    walk,
)
from nija_plugins.settings import Settings

TOLD_APART = 2023
"""What the filter is made of was chosen before this year's candles were looked at for it."""

HEAD = (
    "| years | what passes | candidates | passed | win passed | win refused "
    "| R passed [95%] | R refused [95%] | difference [95%] |\n|" + "---|" * 9
)


def judged_candidates(history: History, hooks: Hooks, settings: Settings) -> pd.DataFrame:
    """Every candidate that a model judged which had not learned from it: see `filter_study.walk`,
    and the sum of its `votes`."""
    return _judged(history, candidates_with_votes(history, hooks, settings))


def report(history: History, hooks: Hooks, settings: Settings, judged: pd.DataFrame) -> str:
    """Skill, calibration, benchmarks and NIJA's own signals, each for the years before and from
    `TOLD_APART` on; `judged` are the candidates."""
    lines = [f"Fee {history.fee:.2%} a side, candles to {history.ends:%Y-%m-%d}.", "", HEAD]
    skill = []
    for years, part in periods(judged):
        passes = (part["rank"] >= settings.min_ai_confidence).to_numpy()
        lines.append(_row(years, "the filter's rank", figures(part, passes)))
        by_votes = same_share(part["votes"], passes)
        lines.append(_row(years, "as many by votes", figures(part, by_votes)))
        drawn = at_random(part, int(passes.sum()))
        lines.append(
            f"| {years} | as many at random | {len(part)} | {passes.mean():.0%} "
            f"| {(part['r'] > 0).mean():.0%} | | {drawn} | | |"
        )
        skill.append(
            f"| {years} | {number(auc(part), 3)} | {number(auc(part, 'votes'), 3)} "
            f"| {brier(part, 'chance'):.4f} | {brier(part, 'base'):.4f} "
            f"| {part['chance'].mean():.0%} | {(part['r'] > 0).mean():.0%} "
            f"| {part['chance'].max():.0%} |"
        )
    shuffled = _judged(history, None, shuffled=7)
    lines += [
        "",
        "| years | AUC of the rank | AUC of the votes | Brier | Brier of the base rate "
        "| mean probability | winners | highest probability |\n|" + "---|" * 8,
        *skill,
        "",
        f"With shuffled labels the rank's AUC is {number(auc(shuffled), 3)}.",
        "",
        HEAD.replace("candidates", "NIJA's signals"),
    ]
    for years, part in periods(_judged(history, own_signals(history, hooks, settings))):
        ranked = (part["rank"] >= settings.min_ai_confidence).to_numpy()
        pays = (part["chance"] * part["b"] - (1 - part["chance"]) > 0).to_numpy()
        lines.append(_row(years, "rank", figures(part, ranked)))
        lines.append(_row(years, "expectancy", figures(part, pays)))
        lines.append(_row(years, "both", figures(part, ranked & pays)))
    return "\n".join(lines)


def _judged(
    history: History, tested: dict[str, pd.DataFrame] | None, shuffled: int | None = None
) -> pd.DataFrame:
    quarters = walk(history, tested=tested, shuffled=shuffled)
    found = [quarter.judged for quarter, _ in quarters if quarter.problem is None]
    if not found:
        raise ValueError(
            "No quarter has a model: it needs a year of candles before it. "
            "Run: freqtrade download-data --timeframes 1h 1d --days 900"
        )
    return pd.concat(found, ignore_index=True)


def periods(judged: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """The candidates entered before `TOLD_APART`, and those from then on, by their years."""
    year = pd.to_datetime(judged["entered"], unit="s").dt.year
    parts = [judged[year < TOLD_APART], judged[year >= TOLD_APART]]
    names = [year[year < TOLD_APART], year[year >= TOLD_APART]]
    return [
        (f"{years.min()}–{years.max() % 100}", part.reset_index(drop=True))
        for years, part in zip(names, parts, strict=True)
        if len(part)
    ]


def _row(years: str, what: str, found: Figures) -> str:
    won = f"{percent(found.win_passed, 0)} | {percent(found.win_refused, 0)}"
    return (
        f"| {years} | {what} | {found.candidates} | {found.share:.0%} | {won} "
        f"| {found.passed} | {found.refused} | {found.difference} |"
    )
