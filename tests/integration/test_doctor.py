"""nija doctor as it is installed, against the simulated exchange on a real socket."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from nija_plugins.cli.offline import freqtrade_environment
from nija_plugins.venue.app import build_app
from nija_plugins.venue.market.candles import SyntheticCandles
from nija_plugins.venue.server import serve

KEY = "organizations/fake-key-0123"
DOCTOR = "import typer; from nija_plugins.cli.doctor import doctor; typer.run(doctor)"

ahead = timedelta(0)


@pytest.fixture(scope="module")
def venue() -> Iterator[str]:
    """The simulated exchange; its clock is `ahead` of ours."""
    with serve(build_app(SyntheticCandles(), lambda: datetime.now(UTC) + ahead), port=0) as url:
        yield url


def diagnose(house: Path, url: str, *arguments: str, **environ: str) -> tuple[int, dict, str]:
    """Exit code, findings by check, and everything that was printed."""
    done = subprocess.run(
        [sys.executable, "-c", DOCTOR, "--json", *arguments],
        cwd=house,
        env={**os.environ, **freqtrade_environment(url, "test", {}), **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert "Traceback" not in done.stderr
    findings = {one["check"]: one for one in json.loads(done.stdout)["findings"]}
    return done.returncode, findings, done.stdout + done.stderr


@pytest.mark.parametrize(
    "overlay", [(), ("-c", "user_data/config.json", "-c", "config.kraken.json")]
)
def test_a_fresh_house_is_healthy(house: Path, venue: str, overlay: tuple[str, ...]) -> None:
    code, findings, _ = diagnose(house, venue, *overlay)
    assert code == 0, findings
    name = "kraken" if overlay else "coinbase"
    assert findings["exchange"]["text"].startswith(f"{name} answers")
    assert findings["clock"]["level"] == "ok"
    assert findings["strategy"]["level"] == "ok"
    assert not list((house / "user_data").glob(".auto_scaling_state*"))


def test_a_wrong_clock_and_keys_that_are_never_shown(
    house: Path, venue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules[__name__], "ahead", timedelta(seconds=30))
    keys = {"FREQTRADE__EXCHANGE__KEY": KEY, "FREQTRADE__EXCHANGE__SECRET": "fake-secret-4567"}
    code, findings, printed = diagnose(house, venue, FREQTRADE__DRY_RUN="false", **keys)
    assert code == 1
    assert "behind coinbase's" in findings["clock"]["text"]
    assert findings["clock"]["level"] == "failed"
    assert findings["keys"] == {
        "check": "keys",
        "level": "ok",
        "text": "key and secret are set (not tried, not shown)",
        "advice": "",
    }
    assert findings["stoploss"]["level"] == "warning"
    assert "fake" not in printed


def test_nobody_there(house: Path, free_port: int) -> None:
    began = time.monotonic()
    code, findings, _ = diagnose(house, f"http://127.0.0.1:{free_port}")
    assert time.monotonic() - began < 60
    assert code == 1
    assert findings["exchange"]["level"] == "failed"
    assert findings["exchange"]["advice"].startswith("No network: nija offline")
    assert findings["clock"]["level"] == "warning"


def test_the_bot_of_a_broker_with_its_key_from_the_env_file(house: Path, venue: str) -> None:
    live = {"FREQTRADE__DRY_RUN": "false"}
    code, findings, _ = diagnose(house, venue, "--broker", "kraken", **live)
    assert code == 1
    assert "the exchange's key and secret is unset" in findings["keys"]["text"]
    env_file = house / ".env"
    env_file.write_text(f"KRAKEN_MASTER_API_KEY={KEY}\n")
    code, findings, printed = diagnose(house, venue, "--broker", "kraken", **live)
    assert code == 1
    assert findings["keys"]["text"].startswith("KRAKEN_MASTER_API_SECRET is not set")
    assert findings["exchange"]["text"].startswith("kraken answers")
    env_file.write_text(f"KRAKEN_MASTER_API_KEY={KEY}\nKRAKEN_MASTER_API_SECRET=fake-secret-4567\n")
    code, findings, printed = diagnose(house, venue, "--broker", "kraken", **live)
    assert code == 0, findings
    assert findings["keys"]["text"].startswith("key and secret are set")
    assert "LIVE on kraken" in findings["configuration"]["text"]
    assert KEY not in printed and "fake-secret" not in printed
