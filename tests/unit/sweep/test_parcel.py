"""What travels to the workers, and what must not."""

import json
import os
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from nija_plugins.cli.configuration import load
from nija_plugins.sweep import worker
from nija_plugins.sweep.parcel import Parcel, Span, pack, section_of, span
from nija_plugins.venue.market.files import write_synthetic_candles
from tests.unit.sweep.rows import a_case


@pytest.fixture
def home(house: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(house)
    first, end = datetime(2023, 1, 1, tzinfo=UTC), datetime(2023, 2, 20, tzinfo=UTC)
    write_synthetic_candles(house / "candles", first, end, seed=3)
    return house


def packed(home: Path, **environ: str) -> Parcel:
    config: dict[str, Any] = load([Path("user_data/config.json")])
    config["exchange"]["name"] = "kraken"
    return pack(config, section_of(config, environ), home / "candles")


def test_no_secret_and_no_path_of_this_machine_leaves_it(home: Path) -> None:
    shipped = home / "config.micro_capital.json"
    text = shipped.read_text().replace('"secret": ""', '"secret": "TheSecretOfTheExchange"')
    text = text.replace('"nija": {', '"nija": {"portfolio_url": "postgresql://n:TheirSecret@h/n",')
    text = text.replace('"dry_run": true', '"dry_run": true, "telegram": {"token": "ATokenSecret"}')
    shipped.write_text(text.replace("{", f'{{"datadir": "{home}/data", ', 1))
    sent = json.dumps([*packed(home).files])
    assert "Secret" not in sent
    assert str(home) not in sent
    names = {name for name, _ in packed(home).files}
    assert names == {"user_data/config.json", "user_data/strategies/NijaMicro.py"}


def test_the_same_house_is_the_same_basis_and_every_change_another(home: Path) -> None:
    first = packed(home).basis
    assert packed(home).basis == first
    assert packed(home, MAX_POSITION_PCT="15").basis != first
    changes = {
        "user_data/plugins/mine.py": "# a plugin\n",
        "user_data/strategies/NijaMicro.json": "{}",
        "user_data/strategies/other.py": "# imported by the strategy\n",
    }
    seen = {first}
    for name, text in changes.items():
        (home / name).write_text(text)
        seen.add(packed(home).basis)
    write_synthetic_candles(
        home / "candles",
        datetime(2023, 1, 1, tzinfo=UTC),
        datetime(2023, 2, 20, tzinfo=UTC),
        seed=4,
    )
    seen.add(packed(home).basis)
    assert len(seen) == len(changes) + 2


def test_the_days_that_all_candles_cover(home: Path) -> None:
    assert span(packed(home)) == Span(date(2023, 1, 1), date(2023, 2, 20))
    (home / "candles/BTC_USD-1h.feather").write_bytes(b"nonsense")
    with pytest.raises(ValueError, match=r"BTC_USD-1h\.feather holds no candles"):
        span(packed(home))


def test_a_worker_with_other_code_refuses_and_leaves_nothing(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "_folder", lambda: tmp_path / "place")
    environ = dict(os.environ)
    other = replace(packed(home), code="another")
    with pytest.raises(worker.OtherCode, match="another version of NIJA"):
        worker.backtest(a_case(), other)
    assert not (tmp_path / "place").exists()
    assert dict(os.environ) == environ
