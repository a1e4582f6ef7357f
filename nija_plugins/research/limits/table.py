"""What was measured, as the tables of docs/risk-table.md."""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from nija_plugins.research.limits.case import ENTRIES, PAUSE_DAYS, REAL, Case
from nija_plugins.research.limits.marking import Gap, Worst
from nija_plugins.research.limits.measured import DAY_LIMIT, FALL_LIMIT, Measured

Found = tuple[Case, Measured]

HOW_TO_READ = f"""\
*As shipped*, a used-up drawdown locks until a person unlocks it, which nobody does in a backtest.
*With the pause* (`drawdown_pause_days` {PAUSE_DAYS:g}) the lock ends by itself and the peak
restarts, so that the limits are tried again and again; the drawdown is then measured from each
restarted peak. Where the lock never came, the two are one backtest, told twice. A coin flip and
"always enter" run with `min_risk_reward` 0, and all of them with `ai_trade_filter` off: it would
need a year of candles before each market, and refuse entries that the limits should survive.
Everything else is as shipped.

- **Worst day**: the lowest equity within a UTC day against that at 00:00, **drawdown**: against the
  highest so far at the start of an hour. Both worked out from trades and candles alone, not from
  NIJA's own record: every open position at its candle's low, all lows at the same moment, less the
  fee to get out. A position whose stop lay at or above the low left at its stop, or at the open
  where the candle gapped. The candle of the entry counts like any other.
- **At closes**: the drawdown in NIJA's own record, which looks at closed candles and, unlike the
  column before it, goes on over restarts.
- **freqtrade**: its wallet-based `max_drawdown_account`. It marks at opens, does not deduct the fee
  to get out and books the entry's fee at the exit, so its peaks are higher than NIJA's, by up to
  the fees of a round trip on what is invested; and it goes on over restarts too.
"""


def document(found: Sequence[Found], command: str, days: int) -> str:
    """The whole page; `days` is how long each synthetic market was traded."""
    real = [one for one in found if one[0].market == REAL]
    made = [one for one in found if one[0].market != REAL]
    markets = len({case.market for case, _ in made})
    parts = [
        "# Do the loss limits hold?\n",
        f"Made by `{command}`; do not edit.\n",
        f"The promise: a day loses at most {DAY_LIMIT:.0%}, the account at most {FALL_LIMIT:.0%} "
        "from its peak, whatever is entered, but for gaps through a stop. "
        f"{len(found)} runs through freqtrade's engine.\n",
        _verdict(found),
        HOW_TO_READ,
    ]
    if real:
        parts += ["## Recorded candles, 2021-01-01 to 2024-12-31\n", _real(real)]
    if made:
        parts += [
            f"## {markets} synthetic markets of {days} days\n",
            "Seeded, with fat tails, jumps, clustered volatility, and storms on top: every fifth "
            "day a gap of 2–8% (SOL 2.5–10%), every month a crash of 20–40% (SOL 25–50%) within 2 "
            "to 12 hours, all assets at once. $15 on Coinbase, $100, $1,000 and $5,000 on Kraken "
            "in turn. Worst and, in brackets, median market.\n",
            _made(made),
        ]
    parts += ["## Every exception\n", _exceptions(found)]
    parts += ["## Days on which each rule acted\n", _acted(real, made)]
    return "\n".join(parts)


def _verdict(found: Sequence[Found]) -> str:
    over = [(case, name, worst) for case, m in found for name, worst in m.over]
    unexplained = sum(not worst.explained for _, _, worst in over)
    broken = len({case for case, _, _ in over})
    if unexplained:
        return f"**{unexplained} times a limit was broken by more than gaps explain: see below.**\n"
    return (
        f"**In {len(found) - broken} of them both limits held. In the other {broken}, candles that "
        "opened beyond a stop broke one; without what those gaps cost, none was broken.**\n"
    )


def _real(found: Sequence[Found]) -> str:
    rows = [
        [
            *(case.exchange, f"${case.balance:,}", _name(case.entries), _mode(case)),
            *(m.trades, f"${m.final_balance:,.2f}", _percent(m.worst_day), _percent(m.drawdown)),
            *(_percent(m.own_drawdown), _percent(m.wallet_drawdown), m.restarts, len(m.over)),
        ]
        for case, m in sorted(found, key=_order)
    ]
    names = (
        "exchange",
        "from",
        "entries",
        "drawdown lock",
        "trades",
        "ends with",
        "worst day",
        "drawdown",
        "at closes",
        "freqtrade",
        "restarts",
        "exceptions",
    )
    return _markdown(names, rows)


def _made(found: Sequence[Found]) -> str:
    groups: dict[tuple[str, bool], list[Measured]] = {}
    for case, measured in sorted(found, key=_order):
        groups.setdefault((case.entries, case.pause_days is not None), []).append(measured)
    rows = []
    for (entries, paused), all_of in groups.items():
        limits = Counter(name for m in all_of for name in {name for name, _ in m.over})
        rows.append(
            [
                *(_name(entries), "7-day pause" if paused else "as shipped"),
                sum(m.trades for m in all_of),
                *(_spread([getattr(m, name) for m in all_of]) for name in _FIGURES),
                sum(m.restarts for m in all_of),
                sum(m.gaps for m in all_of),
                *(limits["worst day"], limits["drawdown"]),
            ]
        )
    names = (
        "entries",
        "drawdown lock",
        "trades",
        "worst day",
        "drawdown",
        "at closes",
        "freqtrade",
        "restarts",
        "gaps through stops",
        "markets over 6%",
        "markets over 12%",
    )
    return _markdown(names, rows)


_FIGURES = ("worst_day", "drawdown", "own_drawdown", "wallet_drawdown")


def _exceptions(found: Sequence[Found]) -> str:
    """Each broken limit once: a paused run repeats what the shipped one did before its lock."""
    rows, told = [], set()
    for case, measured in sorted(found, key=_order):
        for name, worst in measured.over:
            key = (case.market, case.exchange, case.balance, case.entries, name, worst.hour)
            if key in told:
                continue
            told.add(key)
            rows.append(
                [
                    "2021–2024" if case.market == REAL else case.market,
                    f"{case.exchange} ${case.balance:,}",
                    *(_name(case.entries), _mode(case), name, _percent(worst.fall)),
                    _time(worst.hour),
                    f"${worst.missing:,.2f}",
                    _gaps(worst),
                ]
            )
    if not rows:
        return "None.\n"
    names = (
        *("market", "account", "entries", "drawdown lock", "limit", "fell by", "at (UTC)"),
        *("beyond the limit", "because of"),
    )
    return (
        "A gap is shown as: pair, candle, stop → open, what it cost beyond the stop (or the last "
        "close where that was lower), after the fee. Listed are those since an hour last began "
        "with equity above the limit. A run with the pause repeats what the one as shipped did "
        "before its lock: what broke in both stands here once.\n\n" + _markdown(names, rows)
    )


def _gaps(worst: Worst) -> str:
    told = "; ".join(map(_gap, worst.gaps))
    return told if worst.explained else f"**NOT EXPLAINED** {told}"


def _gap(gap: Gap) -> str:
    return f"{gap.pair} {_time(gap.hour)}, {gap.stop:,.2f} → {gap.open:,.2f}, ${gap.beyond:,.2f}"


def _acted(real: Sequence[Found], made: Sequence[Found]) -> str:
    """Days per rule, over all runs of one kind."""
    columns: dict[str, Counter[str]] = {}
    for title, found in (("recorded", real), ("synthetic", made)):
        for entries in ENTRIES:
            for paused in (False, True):
                chosen = [
                    m
                    for case, m in found
                    if case.entries == entries and (case.pause_days is not None) == paused
                ]
                if chosen:
                    days: Counter[str] = Counter({_ALL: sum(m.days for m in chosen)})
                    for m in chosen:
                        days.update(m.acted)
                    mode = "pause" if paused else "shipped"
                    columns[f"{title}, {_name(entries)}, {mode}"] = days
    names = sorted({rule for days in columns.values() for rule in days} - {_ALL})
    rows = [[rule, *(days[rule] for days in columns.values())] for rule in (_ALL, *names)]
    return (
        "A day counts once for each rule. `risk.` and `trade_filter.` rules refused a candidate, "
        "`engine.` are candidates that freqtrade asked nobody about. The drawdown lock as shipped "
        "lasts to the end of the run.\n\n" + _markdown(("rule", *columns), rows)
    )


_ALL = "all days"


def _order(one: Found) -> tuple[object, ...]:
    case = one[0]
    number = case.market if isinstance(case.market, int) else 0
    paused = case.pause_days is not None
    return (number, case.exchange, case.balance, ENTRIES.index(case.entries), paused)


def _name(entries: str) -> str:
    return entries.replace("_", " ")


def _mode(case: Case) -> str:
    return "as shipped" if case.pause_days is None else f"{case.pause_days:g}-day pause"


def _percent(share: float) -> str:
    return f"{share + 0.0:.2%}"


def _spread(shares: Iterable[float]) -> str:
    values = list(shares)
    return f"{_percent(max(values))} ({_percent(float(np.median(values)))})"


def _time(hour: int) -> str:
    return f"{pd.Timestamp(hour * 3600, unit='s'):%Y-%m-%d %H:%M}"


def _markdown(names: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [names, ["---"] * len(names), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines) + "\n"
