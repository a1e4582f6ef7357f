"""Which backtests the results page is made of. Order matters: what is told first is run first."""

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from nija_plugins.research.study.case import FEES, HALVES, PAUSED, Case

BALANCES = (15, 100, 1000)
SEEDS = (1, 2, 3)
"""Random entries, drawn so many times."""
STARTS, STEP, LASTS = 20, 56, 365
"""Start dates, days between two of them, and days each account is followed."""
VOTERS = ("trend", "momentum", "range_break", "expansion", "mean_reversion", "volume")
PLUGIN = "user_data/plugins/experiment.py"
PARAMETERS = "user_data/strategies/NijaMicro.json"
STRATEGY = "user_data/strategies/NijaMicro.py"
EXPERIMENTS = "nija_plugins.research.study.experiments"


def everywhere(case: Case) -> dict[tuple[str, str], Case]:
    """`case` at both fees in both halves, by (exchange, half)."""
    return {
        (exchange, half): replace(case, exchange=exchange, timerange=timerange)
        for exchange in FEES
        for half, timerange in HALVES.items()
    }


def shipped() -> dict[str, Case]:
    """NijaMicro as shipped, halted for good at its drawdown limit, and with a pause instead."""
    found = {}
    for balance in (100, *(one for one in BALANCES if one != 100)):
        base = Case("kraken", HALVES["2021–22"], balance=balance)
        found[f"NijaMicro, ${balance}"] = base
        found[f"NijaMicro, ${balance}, pause 14 days"] = replace(base, nija=PAUSED)
    return found


def ablations(with_filter: bool) -> dict[str, Case]:
    """NijaMicro without one of its parts, $100, pause 14 days. The AI filter has a row when a
    plugin serves it."""
    base = Case("kraken", HALVES["2021–22"], nija=PAUSED)
    found = {
        "without regime engine": _set(base, market_regime_engine=False),
        "without weights": replace(
            base, files=_plugin(f"from {EXPERIMENTS}.flat_weights import nija_score")
        ),
        "without hybrid sizer (equal shares)": _set(base, position_sizer="EQUITY"),
        "regime by mixture": replace(base, enable=("regime.mixture",)),
    }
    if with_filter:
        found["without AI filter"] = _set(base, ai_trade_filter=False)
    return found


def random_entries() -> dict[str, Case]:
    """Random entries under our exits, rules and sizes."""
    base = Case("kraken", HALVES["2021–22"], nija=PAUSED)
    base = _set(base, market_regime_engine=False, signal_ensemble=False)
    voters = tuple(f"signals.{name}" for name in (*VOTERS, "higher_timeframe"))
    source = f"from {EXPERIMENTS}.random_entries import seeded\n\nnija_votes = seeded({{}})"
    return {
        f"random entries {seed}": replace(base, disable=voters, files=_plugin(source.format(seed)))
        for seed in SEEDS
    }


def references() -> dict[str, Case]:
    """Other people's rules, $100 in three equal shares, each on its own timeframe."""
    frames = {
        "SuperTrend": "4h",
        "EmaCrossAdx": "4h",
        "BollingerRsi": "1h",
        "DonchianTurtle": "1d",
        "SampleStrategy": "1h",
    }
    return {
        f"{name} ({frame})": Case(
            "kraken", HALVES["2021–22"], strategy=name, timeframe=frame, nija=()
        )
        for name, frame in frames.items()
    }


def drawdown_control() -> dict[str, Case]:
    """What may stand in for the halt: the cushion's sizing, from $100 and $1,000."""
    files = _plugin(f"from {EXPERIMENTS}.cushion import nija_stake")
    return {
        f"cushion, ${balance}": Case("kraken", HALVES["2021–22"], balance=balance, files=files)
        for balance in (100, 1000)
    }


def starts() -> dict[str, Case]:
    """One account per start date, followed for a year, on Kraken, $100."""
    first = date(2021, 1, 1)
    days = [first + timedelta(days=STEP * number) for number in range(STARTS)]
    return {
        str(day): Case("kraken", f"{day:%Y%m%d}-{day + timedelta(days=LASTS):%Y%m%d}", nija=PAUSED)
        for day in days
    }


def bent(root: Path) -> dict[str, dict[str, Case]]:
    """Each parameter 20% lower and higher, on Kraken, $100: name → "−20%" or "+20%" → case."""
    base = Case("kraken", HALVES["2021–22"], nija=PAUSED)
    found: dict[str, dict[str, Case]] = {}
    for sign, factor in (("−20%", 0.8), ("+20%", 1.2)):
        cases = {
            "min_signal_score": _set(base, min_signal_score=round(0.75 * factor, 2)),
            "min_risk_reward": _set(base, min_risk_reward=round(1.8 * factor, 2)),
            "stop distance": replace(base, files=_parameters("buy", "stops", factor)),
            "trail distance": replace(base, files=_parameters("sell", "trails", factor)),
            "time stop": replace(base, files=_time_stop(root, round(30 * factor))),
            "breakout range": _length(base, "range_break", factor),
            "momentum length": _length(base, "momentum", factor),
        }
        for name, case in cases.items():
            found.setdefault(name, {})[sign] = case
    return found


def halves(case: Case) -> dict[str, Case]:
    """`case` in both halves."""
    return {half: replace(case, timerange=timerange) for half, timerange in HALVES.items()}


def all_cases(root: Path, with_filter: bool) -> list[Case]:
    """Every backtest once, the most important ones first."""
    account = shipped()
    first = {name: account.pop(name) for name in list(account)[:2]}
    drawn = random_entries()
    tables = (
        first,
        references(),
        {**ablations(with_filter), **dict([drawn.popitem()])},
        drawdown_control(),
        account,
        drawn,
    )
    found: list[Case] = []
    for table in tables:
        for case in table.values():
            found += everywhere(case).values()
    found += starts().values()
    for signs in bent(root).values():
        for case in signs.values():
            found += halves(case).values()
    return list(dict.fromkeys(found))


def _set(case: Case, **nija: object) -> Case:
    return replace(case, nija=(*case.nija, *nija.items()))


def _plugin(*lines: str) -> tuple[tuple[str, str], ...]:
    return ((PLUGIN, "\n".join((*lines, ""))),)


def _parameters(space: str, name: str, value: float) -> tuple[tuple[str, str], ...]:
    """What hyperopt leaves beside the strategy."""
    content = {"strategy_name": "NijaMicro", "params": {space: {name: value}}, "ft_stratparam_v": 1}
    return ((PARAMETERS, json.dumps(content)),)


def _time_stop(root: Path, days: int) -> tuple[tuple[str, str], ...]:
    source = (root / STRATEGY).read_text(encoding="utf-8")
    changed = source.replace("timedelta(days=30)", f"timedelta(days={days})")
    if changed == source:
        raise ValueError(f"{STRATEGY} has no time stop of 30 days any more.")
    return ((STRATEGY, changed),)


def _length(case: Case, voter: str, factor: float) -> Case:
    source = (
        f"from {EXPERIMENTS}.bent import votes",
        f"from nija_plugins.signals import {voter}",
        "",
        f"nija_votes = votes({voter}, LENGTH={round(42 * factor)})",
    )
    return replace(case, disable=(f"signals.{voter}",), files=_plugin(*source))
