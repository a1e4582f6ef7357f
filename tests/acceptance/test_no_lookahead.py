"""freqtrade's own lookahead-analysis on NijaMicro, on real candles."""

import re
import shutil
from pathlib import Path

import pytest

from tests.conftest import ROOT, nija

CANDLES = ROOT.parent / "shared" / "data" / "binance"


def real_candles(datadir: Path) -> Path:
    """The shared candles under the names freqtrade expects of Kraken."""
    datadir.mkdir(parents=True, exist_ok=True)
    for asset in ("BTC", "ETH", "SOL"):
        for timeframe in ("1h", "1d"):
            shutil.copy(
                CANDLES / f"{asset}_USDT-{timeframe}.feather",
                datadir / f"{asset}_USD-{timeframe}.feather",
            )
    return datadir


@pytest.mark.slow
@pytest.mark.skipif(not CANDLES.is_dir(), reason="needs the shared candles, which are not here")
@pytest.mark.parametrize("ai_filter", ["false", "true"])
def test_no_bias_in_twenty_signals(house: Path, free_port: int, ai_filter: str) -> None:
    real_candles(house / "user_data/data/kraken")
    ran = nija(
        house,
        *("offline", "--exchange", "kraken", "--port", str(free_port), "lookahead-analysis"),
        *("--strategy", "NijaMicro", "--timerange", "20230101-20240701"),
        *("--minimum-trade-amount", "20", "--targeted-trade-amount", "25"),
        AI_TRADE_FILTER=ai_filter,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    row = next(line for line in ran.stdout.splitlines() if "NijaMicro.py" in line)
    cells = [cell.strip() for cell in re.split("│", row)][1:-1]
    assert cells[2] == "No"
    assert int(cells[3]) >= 20
    assert cells[4:6] == ["0", "0"]
