"""Writes docs/results.md and docs/results.json from the figures of finished backtests."""

import json
from collections.abc import Mapping
from pathlib import Path
from statistics import mean, median, stdev
from typing import Any

from nija_plugins.research.study import grid, pictures
from nija_plugins.research.study.case import FEES, HALVES, Case
from nija_plugins.research.study.holding import buy_and_hold
from nija_plugins.research.study.luck import best_of, bootstrap, deflated_sharpe
from nija_plugins.research.study.tables import (
    COLUMNS,
    MISSING,
    cells,
    mean_of,
    number,
    percent,
    table,
)

Found = Mapping[Case, dict[str, Any]]

VARIANTS_TRIED = 111
"""How many variants were looked at on these candles before the shipped one stood: about 35 while
entries and exits were chosen, 42 voters, 24 ensembles and 2 regime engines for docs/market.md, 8
for partial exits and break-even; `bent` and the ablations below are added when they are counted."""

PAUSE = "NijaMicro, $100, pause 14 days"


def write(
    root: Path, page: Path, data: Path, found: Found, datadir: Path, with_filter: bool
) -> str:
    """Writes both files and the picture; returns their names."""
    tables = {
        **grid.shipped(),
        **grid.ablations(with_filter),
        **grid.random_entries(),
        **grid.references(),
        **grid.drawdown_control(),
    }
    rows = {name: grid.everywhere(case) for name, case in tables.items()}
    holding = {
        (exchange, half): buy_and_hold(datadir, exchange, half, 100)
        for exchange in FEES
        for half in HALVES
    }
    parts = [
        INTRODUCTION.format(run=len(found), all=len(grid.all_cases(root, with_filter))),
        "## Side by side\n",
        SIDE_BY_SIDE,
        *(_side_by_side(rows, found, holding, *place) for place in holding),
        "## What each part earns\n",
        _parts(rows, found, grid.ablations(with_filter)),
        "## By year, pair, regime and tier\n",
        *(_groups(rows[PAUSE], found, exchange) for exchange in FEES),
        "## Halt, pause, or a cushion\n",
        _drawdown(rows, found),
        "## How much of it is luck\n",
        _bootstrap(rows[PAUSE], found),
        _starts(found),
        _bent(root, found),
        _deflated(root, rows, found, grid.ablations(with_filter)),
        CONCLUSIONS_MARK,
    ]
    kept = _kept_conclusions(page)
    page.write_text("\n\n".join(part.rstrip("\n") for part in [*parts, kept]) + "\n", "utf-8")
    data.write_text(_json(rows, found, root), encoding="utf-8")
    picture = pictures.accounts(
        page.parent / "img" / "accounts.png",
        {exchange: _months(rows[PAUSE], found, exchange) for exchange in FEES},
    )
    return f"{page}, {data} and {picture}"


INTRODUCTION = """# What it was worth, measured

Every number here is made by one command, in {run} backtests (of {all}) through freqtrade itself:

```
make results DATA=folder     # or: pip install -e '.[research]', then
python -m nija_plugins.research.study.results --data folder
```

`folder` holds BTC_USDT, ETH_USDT and SOL_USDT candles (1h, 4h, 1d; freqtrade's feather files) from
2020-08 to 2024-12. They are not part of NIJA; Binance has them, and without `DATA` they are looked
for where this puts them:

```
freqtrade download-data --exchange binance --pairs BTC/USDT ETH/USDT SOL/USDT \\
    --timeframes 1h 4h 1d --timerange 20200811-20250101 --datadir user_data/data/binance
```

Finished backtests
are kept in `.nija/results`: an interrupted run goes on, a changed source starts over.

- Two halves, each from a fresh account: **2021–22**, on which choices were made, and **2023–24**
  apart. Earlier work has looked at both: neither is untouched.
- Two fee rows: **kraken 0.4%** and **coinbase 1.2%** a side, the worse of maker and taker.
- Return, drawdown, worst day, Sharpe, Sortino and Calmar come from the wallet freqtrade captures,
  open positions included; daily returns, 365 days a year, no riskless rate (freqtrade prints
  another Sortino and Calmar). Exposure is the mean share of the account in coins. Fees are dollars
  paid.
- Fills are the backtest's: the next open, no slippage.
- The command behind a number is in [results.json](results.json), under the row's name, with the
  files to lay over `user_data` where there are any. `make results` begins by putting your
  candles into `.nija/results/candles`, under the pairs' names in USD. For the first row it is

```
nija offline --exchange kraken backtesting --strategy NijaMicro --timerange 20210101-20230101 \\
    --dry-run-wallet 100 --datadir .nija/results/candles
```

![The account from $100, pause 14 days](img/accounts.png)"""

SIDE_BY_SIDE = """"Pause 14 days" is `drawdown_pause_days`: without it the first account to fall 12%
below its peak stays locked, because nobody unlocks a backtest. The rows "without ..." and "random
entries" are $100 with that pause; random entries (mean of three draws) use our plan, exits, vetoes
and sizes. The references are other people's rules
([references/](../nija_plugins/research/study/references), freqtrade's own SampleStrategy on 1h
candles because there are no 5m ones), $100 in three equal shares and no loss limit; on daily
candles their drawdown is seen once a day. Coinbase itself serves no 4h candles: those rows are
about its fee."""

CONCLUSIONS_MARK = "<!-- What follows is written by hand; `make results` keeps it. -->"


def _side_by_side(
    rows: Mapping[str, Mapping[tuple[str, str], Case]],
    found: Found,
    holding: Mapping[tuple[str, str], dict[str, Any]],
    exchange: str,
    half: str,
) -> str:
    place = (exchange, half)
    shown: list[list[str]] = []
    draws: list[dict[str, Any]] = []
    for name, cases in rows.items():
        figures = found.get(cases[place])
        if name.startswith("cushion"):
            continue
        if name.startswith("random entries"):
            draws += [figures] if figures else []
            continue
        if draws:
            shown.append(["random entries", *cells(mean_of(draws))])
            draws = []
        shown.append([name, *cells(figures)])
    shown.append(["buy and hold, thirds", *cells(holding[place])])
    title = f"### {half}, {exchange} {FEES[exchange]}% a side\n\n"
    return title + table(["", *COLUMNS.values()], shown)


def _parts(
    rows: Mapping[str, Mapping[tuple[str, str], Case]], found: Found, parts: Mapping[str, Case]
) -> str:
    """The whole less the account without the part; random entries are the reading of the market."""
    places = list(rows[PAUSE])
    draws = [name for name in rows if name.startswith("random entries")]
    removed: dict[str, list[str]] = {name: [name] for name in parts}
    removed["random entries (no reading of the market)"] = draws
    shown = []
    for name, members in removed.items():
        line, signs = [name], []
        for place in places:
            whole = found.get(rows[PAUSE][place])
            others = [figures for one in members if (figures := found.get(rows[one][place]))]
            if whole is None or not others:
                line.append(MISSING)
                continue
            earned = whole["total_return"] - mean(one["total_return"] for one in others)
            signs.append(earned > 0)
            line.append(f"{earned * 100:+.1f}".replace("-", "−"))
        verdict = "in all four" if all(signs) else "in none" if not any(signs) else "not in all"
        shown.append([*line, verdict if len(signs) == len(places) else MISSING])
    header = ["", *(f"{half}, {FEES[exchange]}%" for exchange, half in places), "earns"]
    text = (
        "Return of the whole ($100, pause 14 days) less the return of the account in the row, in "
        "points. Above zero, the part that the row lacks (or replaces) earned something.\n\n"
    )
    return text + table(header, shown)


def _groups(cases: Mapping[tuple[str, str], Case], found: Found, exchange: str) -> str:
    shown = []
    for half in HALVES:
        figures = found.get(cases[exchange, half])
        if figures is None:
            continue
        for year, facts in figures["years"].items():
            shown.append(["year", year, f"{facts['trades']}", MISSING, percent(facts["return"])])
        for kind in ("pairs", "regimes", "tiers"):
            for key, facts in figures[kind].items():
                shown.append(
                    [
                        f"{kind[:-1]}, {half}",
                        key.replace("_", " "),
                        str(facts["trades"]),
                        percent(facts["wins"] / facts["trades"], 0),
                        f"{facts['profit']:+.2f}".replace("-", "−"),
                    ]
                )
    title = f"### {exchange} {FEES[exchange]}%, $100, pause 14 days\n\n"
    header = ["by", "", "trades", "won", "return, or profit in $"]
    return title + table(header, shown)


def _drawdown(rows: Mapping[str, Mapping[tuple[str, str], Case]], found: Found) -> str:
    shown = []
    for balance in (100, 1000):
        names = {
            "halt until unlocked": f"NijaMicro, ${balance}",
            "resume after 14 days": f"NijaMicro, ${balance}, pause 14 days",
            "cushion": f"cushion, ${balance}",
        }
        for how, name in names.items():
            for (exchange, half), case in rows[name].items():
                figures = found.get(case)
                if figures is None:
                    continue
                shown.append(
                    [
                        f"${balance}",
                        how,
                        half,
                        f"{FEES[exchange]}%",
                        percent(figures["total_return"]),
                        percent(figures["drawdown"]),
                        percent(figures["worst_day"]),
                        f"{figures['trades']}",
                        figures["last_entry"] or MISSING,
                    ]
                )
    header = ["from", "at the limit", "half", "fee", "return", "drawdown", "worst day", "trades"]
    text = (
        "The cushion "
        "([experiments/cushion.py](../nija_plugins/research/study/experiments/cushion.py)) "
        "multiplies the wished stake by what is left of the 12%: Grossman and Zhou's drawdown "
        "control. The cuts and the halt stay.\n\n"
    )
    return text + table([*header, "last entry"], shown)


def _bootstrap(cases: Mapping[tuple[str, str], Case], found: Found) -> str:
    shown = []
    for (exchange, half), case in cases.items():
        figures = found.get(case)
        if figures is None or not figures["profits"]:
            continue
        middle, low, high, lucky = bootstrap(figures["profits"])
        without = sorted(figures["profits"])[:-3]
        shown.append(
            [
                half,
                f"{FEES[exchange]}%",
                f"{len(figures['profits'])}",
                percent(middle, 2),
                f"{percent(low, 2)} to {percent(high, 2)}",
                percent(lucky, 0),
                percent(mean(without), 2) if without else MISSING,
            ]
        )
    text = (
        "### The mean trade\n\n$100, pause 14 days; profit of a trade as a share of its stake, "
        "after fees; 10,000 bootstrap samples.\n\n"
    )
    header = ["half", "fee", "trades", "mean", "90% of samples", "samples ≤ 0", "without best 3"]
    return text + table(header, shown)


def _starts(found: Found) -> str:
    shown = [(day, found[case]) for day, case in grid.starts().items() if case in found]
    title = "### Twenty start dates\n\n"
    if not shown:
        return title + "Not run."
    returns = [figures["total_return"] for _, figures in shown]
    falls = [figures["drawdown"] for _, figures in shown]
    text = (
        f"Kraken, $100, pause 14 days, each followed for a year: {len(shown)} accounts, "
        f"{sum(one > 0 for one in returns)} of them with a profit; median "
        f"{percent(median(returns))}, worst {percent(min(returns))}, best "
        f"{percent(max(returns))}; deepest drawdown {percent(max(falls))}.\n\n"
    )
    rows = [
        [
            day,
            percent(figures["total_return"]),
            percent(figures["drawdown"]),
            f"{figures['trades']}",
        ]
        for day, figures in shown
    ]
    return title + text + table(["from", "return", "drawdown", "trades"], rows)


def _bent(root: Path, found: Found) -> str:
    shown = []
    for name, signs in grid.bent(root).items():
        line = [name]
        for half in HALVES:
            for case in signs.values():
                figures = found.get(grid.halves(case)[half])
                line.append(percent(figures["total_return"]) if figures else MISSING)
        shown.append(line)
    base = grid.shipped()[PAUSE]
    whole = [found.get(case) for case in grid.halves(base).values()]
    told = [percent(one["total_return"]) if one else MISSING for one in whole]
    header = ["", *(f"{half}, {sign}" for half in HALVES for sign in ("−20%", "+20%"))]
    text = (
        "### Each parameter 20% lower and higher\n\nKraken, $100, pause 14 days; return. As "
        f"shipped: {' and '.join(told)}.\n\n"
    )
    return text + table(header, shown)


def _deflated(
    root: Path,
    rows: Mapping[str, Mapping[tuple[str, str], Case]],
    found: Found,
    parts: Mapping[str, Case],
) -> str:
    """Against what the best of all variants would have shown without skill."""
    varied = [case for signs in grid.bent(root).values() for case in signs.values()]
    varied += list(parts.values())
    tried = VARIANTS_TRIED + len(varied)
    shown = []
    for half in HALVES:
        figures = found.get(rows[PAUSE]["kraken", half])
        others = [found.get(grid.halves(case)[half]) for case in varied]
        daily = [one["sharpe"] / 365**0.5 for one in others if one and one["sharpe"] is not None]
        if figures is None or figures["sharpe"] is None or len(daily) < 3:
            continue
        threshold = best_of(tried, stdev(daily))
        sharpe = figures["sharpe"] / 365**0.5
        chance = deflated_sharpe(
            sharpe, threshold, figures["days"], figures["skewness"], figures["kurtosis"]
        )
        shown.append(
            [half, number(figures["sharpe"]), number(threshold * 365**0.5), percent(chance, 0)]
        )
    text = (
        f"### Deflated Sharpe ratio\n\nAbout {tried} variants have been looked at on these "
        "candles. The best of as many without any skill, spread as the variants above, would show "
        "the Sharpe ratio in the third column; the last is the probability that ours is truly "
        "higher. The variants above are neighbours of one another, so the spread, and with it the "
        "hurdle, is rather too small.\n\n"
    )
    return text + table(["half", "Sharpe", "best of the unskilled", "probability"], shown)


def _months(
    cases: Mapping[tuple[str, str], Case], found: Found, exchange: str
) -> dict[str, list[list[Any]]]:
    return {
        half: found[cases[exchange, half]]["months"]
        for half in HALVES
        if cases[exchange, half] in found
    }


def _json(rows: Mapping[str, Mapping[tuple[str, str], Case]], found: Found, root: Path) -> str:
    """Row → place → command, files, figures: what can be checked by typing it."""
    told: dict[str, Any] = {}
    for name, cases in rows.items():
        told[name] = {f"{e}, {half}": _told(case, found) for (e, half), case in cases.items()}
    told["starts"] = {day: _told(case, found) for day, case in grid.starts().items()}
    for name, signs in grid.bent(root).items():
        for sign, case in signs.items():
            told[f"{name} {sign}"] = {
                f"kraken, {half}": _told(one, found) for half, one in grid.halves(case).items()
            }
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"


def _told(case: Case, found: Found) -> dict[str, Any]:
    figures = found.get(case)
    told: dict[str, Any] = {"command": case.command}
    # A whole strategy is too long to repeat; its difference is the row's name.
    files = {path: text for path, text in case.files if path != grid.STRATEGY}
    if files:
        told["files"] = files
    if figures:
        told |= {
            name: round(value, 6) if isinstance(value, float) else value
            for name in (*COLUMNS, "final")
            if not isinstance(value := figures[name], list | dict)
        }
    return told


def _kept_conclusions(page: Path) -> str:
    """What a person wrote below the mark, which a new run must not lose."""
    if not page.is_file():
        return ""
    return page.read_text(encoding="utf-8").partition(CONCLUSIONS_MARK)[2].strip("\n")
