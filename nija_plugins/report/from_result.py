"""A backtest's result as `Performance`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from nija_plugins.locks import DRAWDOWN
from nija_plugins.report.performance import DAYS, REFUSED, TRADES, Performance, with_tiers
from nija_plugins.research.result import Result
from nija_plugins.settings import Settings
from nija_plugins.venue.market.marker import MARKER

ANATOMY = ("stop", "target", "trail", "loss", "equity", "win_probability", "by", "wish")


def performance(result: Result, candles: Path | None) -> Performance:
    """What `result` says; `candles` is the folder it was made from, if anybody knows."""
    stats, run = result.statistics, result.nija_run
    changes = tuple(run.get("tier_changes", ()))
    days = _days(run, result.equity)
    trades = closed_trades(
        result.trades.rename(
            columns={
                "open_date": "opened",
                "close_date": "closed",
                "stake_amount": "stake",
                "profit_abs": "profit",
                "enter_tag": "regime",
            }
        ),
        {(one["pair"], pd.Timestamp(one["opened"])): one for one in run.get("stakes", ())},
        changes,
    )
    told = run.get("refused", {})
    return Performance(
        name=f"{result.strategy}, a backtest",
        source=result.path.name,
        exchange=result.exchange,
        currency=stats["stake_currency"],
        start=pd.Timestamp(stats["backtest_start"], tz="UTC"),
        end=pd.Timestamp(stats["backtest_end"], tz="UTC"),
        starting=float(stats["starting_balance"]),
        final=float(stats["final_balance"]),
        trades=trades,
        days=days,
        worst_day=result.worst_day if "equity" in run else float((days.low / days.open).min() - 1),
        drawdown=result.drawdown if "equity" in run else _deepest(days),
        settings=_settings(run.get("settings", {})),
        halts=_halts(stats),
        tier_changes=changes,
        refused=_refused(told.get("records", ())),
        candidates=int(told.get("candidates", 0)),
        own_words=own_words(stats),
        notes=_notes(run, trades, candles),
        candles=candles,
    )


def closed_trades(
    trades: pd.DataFrame,
    anatomies: Mapping[tuple[str, pd.Timestamp], Mapping[str, Any]],
    changes: tuple[Mapping[str, Any], ...],
) -> pd.DataFrame:
    """`trades` with the columns `TRADES`, from what is known of their stakes by (pair, opened)."""
    if trades.empty:
        return pd.DataFrame(columns=TRADES)
    trades = trades.copy()
    for name in ("opened", "closed"):
        trades[name] = pd.to_datetime(trades[name], utc=True)
    trades = trades.sort_values("closed", kind="stable").reset_index(drop=True)
    keys = zip(trades["pair"], trades["opened"], strict=True)
    known = [anatomies.get(key, {}) for key in keys]
    for name in ANATOMY:
        empty = None if name == "by" else float("nan")
        trades[name] = [_or(one.get(name), empty) for one in known]
    for name in ("legs", "cuts"):
        trades[name] = pd.Series([dict(one.get(name, {})) for one in known], dtype=object)
    trades["regime"] = trades["regime"].fillna("none").astype(str)
    trades["exit_reason"] = trades["exit_reason"].fillna("none").astype(str)
    trades["tier"] = with_tiers(trades, changes)
    bought = trades["amount"] * trades["open_rate"]
    sold = trades["amount"] * trades["close_rate"]
    trades["fees"] = bought * trades["fee_open"] + sold * trades["fee_close"]
    at_best = trades["amount"] * trades["max_rate"] * (1 - trades["fee_close"])
    trades["r"] = trades["profit"] / (bought * trades["loss"])
    trades["best_r"] = (at_best - bought * (1 + trades["fee_open"])) / (bought * trades["loss"])
    return trades[TRADES]


def own_words(stats: Mapping[str, Any]) -> dict[str, str]:
    """freqtrade's figures, as it names them."""
    wallet = stats.get("wallet_stats") or {}
    unit = stats["stake_currency"]
    words = {
        "Total trades": f"{stats['total_trades']}",
        "Absolute profit": f"{stats['profit_total_abs']:.3f} {unit}",
        "Total profit": f"{stats['profit_total']:.2%}",
        "CAGR": f"{stats['cagr']:.2%}",
        "Profit factor": f"{stats['profit_factor']:.2f}",
        "Sharpe": f"{stats['sharpe']:.2f}",
        "Win rate": f"{stats['winrate']:.1%}",
        "Drawdown of closed trades": f"{stats['max_drawdown_account']:.2%}",
        "Market change": f"{stats['market_change']:.2%}",
    }
    if "max_drawdown_account" in wallet:
        words["Drawdown of the wallet"] = f"{wallet['max_drawdown_account']:.2%}"
    return {name: text.replace("-", "−") for name, text in words.items()}


def _or(value: Any, otherwise: Any) -> Any:
    return otherwise if value is None else value


def _days(run: Mapping[str, Any], wallet: pd.Series) -> pd.DataFrame:
    """NIJA's own record of equity; for another strategy what freqtrade saw in the wallet."""
    if "equity" not in run:
        return wallet.resample("1D").ohlc().dropna().set_axis(DAYS, axis=1)
    recorded = pd.DataFrame(run["equity"]["days"], columns=["date", *DAYS])
    return recorded.set_index(pd.to_datetime(recorded.pop("date"), utc=True))


def _settings(recorded: Mapping[str, Any]) -> Settings:
    """As they were, but for those that a newer or older NIJA does not have."""
    return Settings.model_validate(
        {name: value for name, value in recorded.items() if name in Settings.model_fields}
    )


def _deepest(days: pd.DataFrame) -> float:
    peak = days["high"].cummax().shift(fill_value=0.0).clip(lower=days["open"])
    return float((1 - days["low"] / peak).clip(lower=0).max())


def _halts(stats: Mapping[str, Any]) -> tuple[tuple[pd.Timestamp, pd.Timestamp], ...]:
    """When entries were locked because the drawdown was used up."""
    last = int(stats["backtest_end_ts"])
    return tuple(
        (
            pd.Timestamp(lock["lock_timestamp"], unit="ms", tz="UTC"),
            pd.Timestamp(min(lock["lock_end_timestamp"], last), unit="ms", tz="UTC"),
        )
        for lock in stats.get("locks", ())
        if lock["reason"] == DRAWDOWN
    )


def _refused(records: Any) -> pd.DataFrame:
    rows = [
        (record["time"], record["pair"], rule, sentence)
        for record in records
        for rule, sentence in record["reasons"].items()
    ]
    found = pd.DataFrame(rows, columns=REFUSED)
    found["time"] = pd.to_datetime(found["time"], utc=True)
    return found


def _notes(run: Mapping[str, Any], trades: pd.DataFrame, candles: Path | None) -> tuple[str, ...]:
    notes = []
    if candles and (candles / MARKER).exists():
        notes.append(
            "A synthetic market: a random walk that knows nothing of the strategy, so this shows "
            "the machine at work and not what it earns."
        )
    if not run:
        notes.append(
            "Not NIJA's: no tiers, refusals or stakes are recorded. Equity is freqtrade's wallet."
        )
    elif len(trades) and trades["loss"].isna().all():
        notes.append(
            "Made before NIJA recorded plans and stakes: run the backtest again to see them."
        )
    return tuple(notes)
