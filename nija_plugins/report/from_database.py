"""A bot's database, with the journal and the memory beside it, as `Performance`.

freqtrade keeps no history of equity: between closings it is not known, and the page says so.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from freqtrade.persistence import Trade
from freqtrade.persistence.pairlock import PairLock
from sqlalchemy import select

from nija_plugins.locks import ALL, DRAWDOWN
from nija_plugins.memory.values import Snapshot
from nija_plugins.plans import KEY as PLAN
from nija_plugins.records.journal import JOURNAL_FILE, read
from nija_plugins.records.stakes import KEY as STAKE
from nija_plugins.report.from_result import closed_trades
from nija_plugins.report.performance import DAYS, REFUSED, Performance, falls
from nija_plugins.run import state_file
from nija_plugins.scaling.state import DamagedStateError, FutureStateError, parse_state
from nija_plugins.settings import Settings

REALISED = (
    "A bot keeps no record of its equity: the curve moves when a trade closes, so falls within "
    "trades are not in it. Deposits and withdrawals are not either."
)


def performance(
    config: Mapping[str, Any],
    settings: Settings,
    snapshot: Snapshot | None,
    database: Path | None,
    candles: Path,
) -> Performance:
    """The account of the database that freqtrade has open. `snapshot` is what its bot saw last,
    `database` the file, when it is one. Raises ValueError when no trade has closed yet, and for
    another exchange's configuration."""
    closed = list(Trade.get_trades_proxy(is_open=False))
    if not closed:
        raise ValueError("No trade has closed yet: there is nothing to report.")
    folder = Path(config["user_data_dir"])
    exchange, mode = (
        config["exchange"]["name"],
        "dry_run" if config.get("dry_run", True) else "live",
    )
    if exchange not in (traded := sorted({one.exchange for one in closed})):
        raise ValueError(
            f"These trades are of {', '.join(traded)}, and the configuration is of {exchange}: "
            "give their bot's own, as in -c user_data/config.json -c config.kraken.json."
        )
    changes = _changes(state_file(config, settings))
    known = {(one.pair, pd.Timestamp(one.open_date_utc)): _anatomy(one) for one in closed}
    trades = closed_trades(pd.DataFrame(map(_row, closed)), known, changes)
    starting, final = bounds(trades, config, snapshot)
    start = trades["opened"].min()
    seen = pd.Timestamp(snapshot.time).tz_convert(start.tz) if snapshot else start
    end = max(trades["closed"].max(), seen)
    days = _days(trades, starting, final, start, end)
    halts = _halts(end)
    restarts = tuple(over for _, over in halts if over < end)
    refused = _refused(database, folder, f"{exchange} {mode}")
    return Performance(
        name=f"{config.get('strategy', 'NijaMicro')}, {mode.replace('_', '-')}",
        source=database.name if database else "its database",
        exchange=exchange,
        currency=config["stake_currency"],
        start=start,
        end=end,
        starting=starting,
        final=final,
        trades=trades,
        days=days,
        worst_day=float(min(0.0, (days["low"] / days["open"] - 1).min())),
        drawdown=float(falls(days, restarts).max()),
        settings=settings,
        halts=halts,
        tier_changes=changes,
        refused=refused,
        candidates=int(refused[["time", "pair"]].drop_duplicates().shape[0]),
        notes=(REALISED,),
        candles=candles,
    )


def _row(trade: Trade) -> dict[str, Any]:
    return {
        "pair": trade.pair,
        "opened": trade.open_date_utc,
        "closed": trade.close_date_utc,
        "open_rate": trade.open_rate,
        "close_rate": trade.close_rate,
        "amount": trade.amount,
        "stake": trade.stake_amount,
        "profit": trade.close_profit_abs,
        "profit_ratio": trade.close_profit,
        "regime": trade.enter_tag,
        "exit_reason": trade.exit_reason,
        "max_rate": trade.max_rate,
        "fee_open": trade.fee_open,
        "fee_close": trade.fee_close,
    }


def _anatomy(trade: Trade) -> dict[str, Any]:
    """What was stored with the trade; of an older one its plan alone."""
    facts = trade.get_custom_data(STAKE)
    plan = trade.get_custom_data(PLAN)
    if facts or not plan:
        return dict(facts or {})
    loss = (1 + trade.fee_open) - (1 - plan["stop"]) * (1 - trade.fee_open)
    return {"stop": plan["stop"], "trail": plan["trail"], "loss": loss}


def bounds(
    trades: pd.DataFrame, config: Mapping[str, Any], snapshot: Snapshot | None
) -> tuple[float, float]:
    """Equity before the first entry and now."""
    earned = float(trades["profit"].sum())
    # Of those entered at one moment the first has paid no other's fee.
    recorded = trades.sort_values(["opened", "equity"], ascending=[True, False])["equity"].iloc[0]
    if pd.notna(recorded):
        starting = float(recorded)
    elif snapshot is not None:
        starting = snapshot.equity - earned
    else:
        starting = float(config.get("dry_run_wallet", 0) or 0)
    return starting, snapshot.equity if snapshot is not None else starting + earned


def _days(
    trades: pd.DataFrame,
    starting: float,
    final: float,
    start: pd.Timestamp,
    end: pd.Timestamp,
) -> pd.DataFrame:
    earned = trades.set_index("closed")["profit"].groupby(level=0).sum().cumsum()
    last = pd.Series([final], index=pd.DatetimeIndex([end]))
    worth = pd.concat([starting + earned[earned.index < end], last])
    days = pd.date_range(start.normalize(), end.normalize(), freq="1D")
    daily = worth.resample("1D").agg(["max", "min", "last"]).reindex(days)
    close = daily["last"].ffill().fillna(starting)
    opened = close.shift(fill_value=starting)
    high, low = np.fmax(daily["max"], opened), np.fmin(daily["min"], opened)
    table: pd.DataFrame = pd.concat([opened, high, low, close], axis=1, keys=DAYS)
    return table


def _changes(file: Path) -> tuple[dict[str, Any], ...]:
    """The changes of tier that the state file remembers."""
    try:
        state = parse_state(file.read_bytes())
    except (OSError, DamagedStateError, FutureStateError):
        return ()
    return tuple(
        {
            "time": one.timestamp.isoformat(),
            "from_tier": one.from_tier,
            "to_tier": one.to_tier,
            "equity": one.equity,
        }
        for one in state.upgrade_history
    )


def _halts(end: pd.Timestamp) -> tuple[tuple[pd.Timestamp, pd.Timestamp], ...]:
    query = select(PairLock).where(PairLock.pair == ALL, PairLock.reason == DRAWDOWN)
    spans = [
        (pd.Timestamp(lock.lock_time, tz="UTC"), pd.Timestamp(lock.lock_end_time, tz="UTC"))
        for lock in PairLock.session.scalars(query)
    ]
    return tuple((begin, min(over, end)) for begin, over in spans if begin < end)


def _refused(database: Path | None, folder: Path, account: str) -> pd.DataFrame:
    beside = database.parent / JOURNAL_FILE if database else folder / JOURNAL_FILE
    journal = beside if beside.is_file() else folder / JOURNAL_FILE
    told = [
        (one.time, one.pair, one.rule, one.sentence)
        for one in read(journal)
        if one.account == account
    ]
    found = pd.DataFrame(told, columns=REFUSED)
    found["time"] = pd.to_datetime(found["time"], utc=True)
    return found
