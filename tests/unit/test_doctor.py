"""nija doctor: each check both ways, what it prints, how it ends, and what it never shows."""

import errno
import importlib.metadata
import json
import logging
import os
import shutil
import socket
from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import ccxt
import pytest
import typer
from freqtrade.exceptions import OperationalException
from typer.testing import CliRunner

from nija_plugins.cli.doctor import doctor
from nija_plugins.doctor import CHECKS, Context, Finding, Level, examine, machine, network
from nija_plugins.doctor.network import NoAnswer, exchange_time
from nija_plugins.venue.files import MARKER, write_synthetic_candles
from tests.conftest import ROOT

NOW = datetime(2026, 11, 22, 14, 0, 0, 500_000, tzinfo=UTC)
KEY, SECRET = "AKIA-fake-key-0123", "-----BEGIN EC KEY-----\nfakeline1234\n-----END EC KEY-----\n"

CONFIG: dict[str, Any] = {
    "dry_run": True,
    "dry_run_wallet": 100,
    "stake_currency": "USD",
    "exchange": {"name": "coinbase", "pair_whitelist": ["BTC/USD"]},
    "nija": {},
}


def told(moment: datetime = NOW) -> Callable[[Mapping[str, Any]], datetime]:
    """An exchange that says `moment`, in whole seconds as exchanges do."""
    return lambda _exchange: moment.replace(microsecond=0)


def silent(offline: bool = True) -> Callable[[Mapping[str, Any]], datetime]:
    def ask(_exchange: Mapping[str, Any]) -> datetime:
        raise NoAnswer("NetworkError: nobody there", offline=offline)

    return ask


@pytest.fixture
def look(tmp_path: Path) -> Callable[..., list[Finding]]:
    """The findings of one check; `changes` go into the configuration, dots lead deeper."""
    (tmp_path / "user_data").mkdir()

    def _look(check: str, changes: Mapping[str, Any] | None = None, **given: Any) -> list[Finding]:
        config = deepcopy(CONFIG) | {"user_data_dir": tmp_path / "user_data"}
        for path, value in (changes or {}).items():
            *sections, name = path.split(".")
            place = config
            for section in sections:
                place = place[section]
            place[name] = value
        usual = {"environ": {}, "clock": lambda: NOW, "ask_time": told()}
        context = Context(**{"load": lambda: config} | usual | given)
        return examine(context, {check: CHECKS[check]})

    return _look


Look = Callable[..., list[Finding]]


def only(findings: list[Finding], level: Level) -> str:
    """The one finding, of this level, with its advice."""
    (finding,) = findings
    assert finding.level is level, finding
    assert finding.text
    assert bool(finding.advice) is (level is not Level.OK)
    return f"{finding.text} {finding.advice}"


# versions


def test_versions_of_this_environment(look: Look) -> None:
    text = only(look("versions"), Level.OK)
    for name in ("Python 3.", "freqtrade 20", "TA-Lib", "scikit-learn", "pluggy"):
        assert name in text


def test_versions_below_the_floor(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.metadata.version

    def version(name: str) -> str:
        if name == "TA-Lib":
            raise importlib.metadata.PackageNotFoundError(name)
        return {"freqtrade": "2025.1", "pluggy": "1.0"}.get(name) or real(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    monkeypatch.setattr(machine.sys, "version_info", (3, 10, 4, "final", 0))
    texts = [f.text for f in look("versions") if f.level is Level.FAILED]
    assert any("Python 3.10.4, NIJA needs >=3.11" in text for text in texts)
    assert "freqtrade 2025.1 is too old, NIJA needs >=2026.9." in texts
    assert "TA-Lib is not installed." in texts
    assert len(texts) == 4


def test_a_ta_lib_that_does_not_load(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    def import_module(name: str) -> None:
        raise ImportError(f"lib{name}.so: cannot open shared object file")

    monkeypatch.setattr(machine.importlib, "import_module", import_module)
    assert any("TA-Lib cannot be loaded" in f.text for f in look("versions"))


def test_without_nija_installed(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    def metadata(name: str) -> None:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "metadata", metadata)
    assert "pip install" in only(look("versions"), Level.FAILED)


# configuration, strategy, plugins, leftovers


def test_a_good_configuration(look: Look) -> None:
    assert "dry-run on coinbase" in only(look("configuration"), Level.OK)
    assert "LIVE on coinbase" in only(look("configuration", {"dry_run": False}), Level.OK)


def test_a_configuration_that_does_not_load(look: Look, tmp_path: Path) -> None:
    def load() -> dict[str, Any]:
        raise OperationalException(
            "Parse error at offset 12\nPlease verify the following segment of your "
            f'configuration:\n"key": "{KEY}"'
        )

    text = only(look("configuration", load=load), Level.FAILED)
    assert "offset 12" in text
    assert KEY not in text
    for check in CHECKS.keys() - {"versions", "port", "configuration"}:
        assert "configuration cannot be loaded" in only(look(check, load=load), Level.WARNING)


def test_settings_that_are_wrong(look: Look) -> None:
    wrong = {"nija": {"max_positon_pct": 18, "kelly_weight": "much"}}
    findings = look("configuration", wrong)
    assert [f.level for f in findings] == [Level.FAILED] * 2
    assert any('did you mean "max_position_pct"' in f.text for f in findings)
    text = only(look("configuration", environ={"MAX_POSITION_PCT": "lots"}), Level.FAILED)
    assert "MAX_POSITION_PCT" in text
    assert "settings are not valid" in only(look("balance", wrong), Level.WARNING)


def test_a_configuration_without_an_exchange(look: Look) -> None:
    for section in ({}, None, "coinbase"):
        assert "exchange.name" in only(look("configuration", {"exchange": section}), Level.FAILED)
        assert "no exchange" in only(look("balance", {"exchange": section}), Level.WARNING)


@pytest.fixture
def shipped(house: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(house)
    return house


def in_the_house(*checks: str) -> list[Finding]:
    from nija_plugins.cli.configuration import DEFAULT_CONFIG, load

    context = Context(load=lambda: load([DEFAULT_CONFIG]), environ={}, ask_time=told())
    return examine(context, {name: CHECKS[name] for name in checks})


def test_the_shipped_strategy_on_its_candles(shipped: Path) -> None:
    assert "1h" in only(in_the_house("strategy"), Level.OK)


def changed(house: Path, before: str, after: str) -> None:
    file = house / "config.micro_capital.json"
    assert before in file.read_text()
    file.write_text(file.read_text().replace(before, after))


def test_other_candles_than_the_strategys(shipped: Path) -> None:
    changed(shipped, '"timeframe": "1h"', '"timeframe": "5m"')
    assert 'Set "timeframe" to "1h"' in only(in_the_house("strategy"), Level.FAILED)


def test_what_freqtrade_would_refuse_and_not_the_keys_it_logs(
    shipped: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    changed(shipped, '"stake_amount": "unlimited"', '"stake_amount": []')
    changed(shipped, '"key": ""', f'"key": "{KEY}"')
    text = only(in_the_house("strategy"), Level.FAILED)
    assert "freqtrade would not start" in text
    assert KEY not in text + caplog.text + "".join(capfd.readouterr())
    assert logging.root.manager.disable == 0


def test_a_strategy_that_is_gone(shipped: Path) -> None:
    (shipped / "user_data/strategies/NijaMicro.py").unlink()
    assert "NijaMicro" in only(in_the_house("strategy"), Level.FAILED)
    assert "strategy cannot be loaded" in only(in_the_house("stoploss"), Level.WARNING)


def test_plugins_are_counted_and_errors_named(look: Look, tmp_path: Path) -> None:
    assert "loaded" in only(look("plugins"), Level.OK)
    folder = tmp_path / "user_data" / "plugins"
    folder.mkdir()
    (folder / "mine.py").write_text("VALUE = 1\n")
    assert "not NIJA's own: mine" in only(look("plugins"), Level.OK)
    (folder / "broken.py").write_text("1 / 0\n")
    text = only(look("plugins"), Level.FAILED)
    assert "broken.py" in text
    assert "ZeroDivisionError" in text


def test_parameters_that_hyperopt_left(look: Look, tmp_path: Path) -> None:
    only(look("leftovers"), Level.OK)
    folder = tmp_path / "user_data" / "strategies"
    folder.mkdir()
    (folder / "NijaMicro.json").write_text("{}")
    text = only(look("leftovers"), Level.WARNING)
    assert str(folder / "NijaMicro.json") in text
    assert "silently" in text


# keys


def test_keys_are_not_needed_for_play_money(look: Look) -> None:
    assert "not needed" in only(look("keys", {"exchange.key": KEY}), Level.OK)


@pytest.mark.parametrize(
    ("key", "secret", "told_"),
    [("", "", "key and secret"), (KEY, None, "secret"), (None, SECRET, "key")],
)
def test_keys_that_are_missing(look: Look, key: Any, secret: Any, told_: str) -> None:
    changes = {"dry_run": False, "exchange.key": key, "exchange.secret": secret}
    assert f"exchange's {told_} is unset" in only(look("keys", changes), Level.FAILED)


def test_keys_that_are_there(look: Look) -> None:
    for name in ("key", "api_key", "apiKey"):
        changes = {"dry_run": False, f"exchange.{name}": KEY, "exchange.secret": SECRET}
        text = only(look("keys", changes), Level.OK)
        assert KEY not in text
        assert "fakeline1234" not in text
    sample = {"dry_run": False, "exchange.key": "your_exchange_key", "exchange.secret": SECRET}
    assert "example's" in only(look("keys", sample), Level.FAILED)


# exchange and clock


def test_an_exchange_that_answers(look: Look) -> None:
    assert "coinbase answers" in only(look("exchange"), Level.OK)


def test_an_exchange_out_of_reach(look: Look) -> None:
    assert "no network: nija offline" in only(look("exchange", ask_time=silent()), Level.FAILED)
    assert "did not answer" in only(look("clock", ask_time=silent()), Level.WARNING)
    refusing = look("exchange", ask_time=silent(offline=False))
    assert "exchange.name" in only(refusing, Level.FAILED)


def test_the_exchange_is_asked_once() -> None:
    asked = []

    def ask(exchange: Mapping[str, Any]) -> datetime:
        asked.append(exchange["name"])
        return NOW

    context = Context(load=lambda: CONFIG, environ={}, clock=lambda: NOW, ask_time=ask)
    examine(context, {name: CHECKS[name] for name in ("exchange", "clock")})
    assert asked == ["coinbase"]


@pytest.mark.parametrize(
    ("ahead", "level"),
    [
        (0.0, Level.OK),
        (0.9, Level.OK),
        (-0.9, Level.OK),
        (2.0, Level.WARNING),
        (-2.0, Level.WARNING),
        (5.4, Level.FAILED),
        (-3600.0, Level.FAILED),
    ],
)
def test_a_clock_that_is_off(look: Look, ahead: float, level: Level) -> None:
    exchange = told(NOW - timedelta(seconds=round(ahead)))
    off = NOW + timedelta(seconds=ahead - round(ahead))
    text = only(look("clock", ask_time=exchange, clock=lambda: off), level)
    if level is not Level.OK:
        assert ("ahead of" if ahead > 0 else "behind") in text
        assert "NTP" in text


def test_a_slow_connection_is_no_wrong_clock(look: Look) -> None:
    readings = iter([NOW, NOW + timedelta(seconds=4)])
    only(look("clock", clock=lambda: next(readings)), Level.OK)


def test_an_exchange_without_a_clock(look: Look) -> None:
    assert "tells no time" in only(look("clock", ask_time=lambda _: None), Level.OK)


def test_no_key_is_sent_and_errors_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[dict[str, Any]] = []
    error: Exception | None = None

    class Coinbase:
        has: Mapping[str, bool] = {"fetchTime": True}
        session = SimpleNamespace(close=lambda: None)

        def __init__(self, options: dict[str, Any]) -> None:
            seen.append(options)

        def fetch_time(self) -> int:
            if error:
                raise error
            return 1_795_356_000_000

    monkeypatch.setattr(ccxt, "coinbase", Coinbase)
    section = {
        "name": "coinbase",
        "key": KEY,
        "secret": SECRET,
        "ccxt_config": {"apiKey": KEY, "urls": {"api": {"rest": "http://127.0.0.1:1"}}},
    }
    assert exchange_time(section) == datetime.fromtimestamp(1_795_356_000, UTC)
    assert KEY not in repr(seen)
    assert seen[0]["urls"] == {"api": {"rest": "http://127.0.0.1:1"}}
    assert seen[0]["timeout"] == network.TIMEOUT * 1000
    for raised, offline in ((ccxt.RequestTimeout("slow"), True), (ccxt.ExchangeError("no"), False)):
        error = raised
        with pytest.raises(NoAnswer) as caught:
            exchange_time(section)
        assert caught.value.offline is offline
    with pytest.raises(NoAnswer, match="nobodys"):
        exchange_time({"name": "nobodys"})


# balance, stoploss


@pytest.mark.parametrize(
    ("changes", "level", "text"),
    [
        ({}, Level.OK, "starts at $15.00"),
        ({"dry_run_wallet": 15}, Level.OK, "$15.00"),
        ({"dry_run_wallet": 14.99}, Level.FAILED, 'Set "dry_run_wallet" to 15'),
        ({"dry_run_wallet": {"USD": 20}}, Level.OK, "$20.00"),
        ({"dry_run_wallet": {"EUR": 20}}, Level.FAILED, "$0.00"),
        ({"exchange.name": "kraken", "dry_run_wallet": 40}, Level.FAILED, "50"),
        ({"exchange.name": "kraken"}, Level.OK, "$50.00"),
        ({"nija": {"min_balance_to_trade": 1}, "dry_run_wallet": 12}, Level.FAILED, "15"),
        ({"dry_run": False, "dry_run_wallet": 1}, Level.OK, "starts at $15.00"),
    ],
)
def test_minimum_balances(look: Look, changes: dict[str, Any], level: Level, text: str) -> None:
    assert text in only(look("balance", changes), level)


def test_who_holds_the_stop(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    on_exchange = False
    strategy = property(
        lambda _: SimpleNamespace(order_types={"stoploss_on_exchange": on_exchange})
    )
    monkeypatch.setattr(Context, "strategy", strategy)
    assert "only while the bot runs" in only(look("stoploss"), Level.OK)
    live = {"dry_run": False}
    assert "only while the bot runs" in only(look("stoploss", live), Level.WARNING)
    on_exchange = True
    assert "will not start" in only(look("stoploss", live), Level.FAILED)
    assert "order on kraken" in only(look("stoploss", {"exchange.name": "kraken"}), Level.OK)


# candles


def test_no_candles_yet(look: Look) -> None:
    text = only(look("candles"), Level.WARNING)
    assert "BTC/USD: 1h none; 1d none" in text
    assert "freqtrade download-data --timeframes 1h 1d --days 900" in text
    files = (Path("user_data/config.json"), Path("config.kraken.json"))
    text = only(look("candles", {"exchange.name": "kraken"}, files=files), Level.WARNING)
    assert "--dl-trades -c user_data/config.json -c config.kraken.json" in text


@pytest.fixture
def candles(tmp_path: Path) -> Path:
    datadir = tmp_path / "user_data" / "data" / "coinbase"
    midnight = datetime(2026, 11, 22, tzinfo=UTC)
    write_synthetic_candles(datadir, midnight - timedelta(days=40), midnight)
    (datadir / MARKER).unlink()
    return datadir


def test_candles_with_dates_count_and_age(look: Look, candles: Path) -> None:
    text = only(look("candles"), Level.OK)
    assert "1h 960 from 2026-10-13 to 2026-11-21, 14 h old" in text
    assert "1d 40 from 2026-10-13 to 2026-11-21, 14 h old" in text
    later = look("candles", clock=lambda: NOW + timedelta(days=60))
    assert "61 days old" in only(later, Level.WARNING)
    (candles / "BTC_USD-1d.feather").unlink()
    assert "1d none" in only(look("candles"), Level.WARNING)


def test_candles_that_are_damaged_or_never_happened(look: Look, candles: Path) -> None:
    (candles / MARKER).touch()
    _, finding = look("candles")
    assert finding.level is Level.WARNING
    assert "synthetic" in finding.text
    (candles / MARKER).unlink()
    (candles / "BTC_USD-1h.feather").write_bytes(b"ARROW1 and then nothing")
    assert "BTC_USD-1h.feather is damaged" in only(look("candles"), Level.FAILED)


def test_no_pairs_and_patterns(look: Look) -> None:
    assert "empty" in only(look("candles", {"exchange.pair_whitelist": []}), Level.FAILED)
    pattern = look("candles", {"exchange.pair_whitelist": [".*/USD"]})
    assert "pattern" in only(pattern, Level.WARNING)


# state file


GOOD = {
    "schema_version": 1,
    "account": "coinbase dry_run",
    "current_tier": "GROWTH",
    "last_equity": 300.0,
}


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "user_data" / ".auto_scaling_state.json"


@pytest.mark.parametrize(
    ("content", "level", "text"),
    [
        (b"", Level.OK, "no tier"),
        (json.dumps(GOOD).encode(), Level.OK, "GROWTH at $300.00"),
        (json.dumps(GOOD | {"account": None}).encode(), Level.OK, "GROWTH"),
        (json.dumps(GOOD | {"account": "kraken live"}).encode(), Level.WARNING, "kraken live"),
        (b"{oops", Level.WARNING, "sets it aside"),
        (b'{"schema_version": 2}', Level.FAILED, "will not start. Update NIJA"),
    ],
)
def test_the_state_files_content(
    look: Look, state: Path, content: bytes, level: Level, text: str
) -> None:
    state.write_bytes(content)
    before = sorted(state.parent.iterdir())
    assert text in only(look("state file"), level)
    assert state.read_bytes() == content  # looked at, not touched
    assert sorted(state.parent.iterdir()) == before


def test_no_state_file_yet(look: Look, state: Path) -> None:
    assert "none yet" in only(look("state file"), Level.OK)
    assert list(state.parent.iterdir()) == []
    state.parent.rmdir()
    assert "does not exist" in look("state file")[0].text
    assert look("state file")[0].level is Level.FAILED


def test_something_else_in_its_place(look: Look, state: Path) -> None:
    state.mkdir()
    assert "is a directory" in only(look("state file"), Level.FAILED)
    state.rmdir()
    os.mkfifo(state)
    assert "no ordinary file" in only(look("state file"), Level.FAILED)
    state.unlink()
    for suffix in (".lock", ".tmp"):
        beside = state.with_name(state.name + suffix)
        beside.mkdir()
        assert beside.name in only(look("state file"), Level.FAILED)
        beside.rmdir()


def test_a_state_file_out_of_reach(
    look: Look, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state.write_text(json.dumps(GOOD))
    with monkeypatch.context() as denied:
        denied.setattr(os, "access", lambda *_: False)
        assert "cannot be written" in only(look("state file"), Level.FAILED)

    def refuse(_path: Path) -> bytes:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    text = only(look("state file"), Level.FAILED)
    assert "Permission denied" in text
    assert "chmod" in text


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read and write everything")
def test_a_state_file_that_really_is_out_of_reach(look: Look, state: Path) -> None:
    state.write_text(json.dumps(GOOD))
    state.chmod(0)
    assert "cannot be read" in only(look("state file"), Level.FAILED)
    state.parent.chmod(0o500)
    try:
        assert any("cannot be written" in f.text for f in look("state file"))
    finally:
        state.parent.chmod(0o700)


# disk, port


@pytest.mark.parametrize(
    ("free", "level", "text"),
    [
        (5 * 1024**3, Level.OK, "5.0 GB"),
        (500 * 1024**2, Level.WARNING, "500 MB"),
        (50 * 1024**2, Level.FAILED, "50 MB"),
    ],
)
def test_free_disk(
    look: Look, monkeypatch: pytest.MonkeyPatch, free: int, level: Level, text: str
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    assert text in only(look("disk"), level)


def test_the_port(look: Look, free_port: int) -> None:
    only(look("port", port=free_port), Level.OK)
    with socket.socket() as somebody:
        somebody.bind(("127.0.0.1", free_port))
        somebody.listen()
        text = only(look("port", port=free_port), Level.WARNING)
    assert f"--port {free_port + 1}" in text


# the whole


def test_a_check_that_crashes_is_a_cross_with_its_name_and_the_rest_goes_on() -> None:
    def crash(_context: Context) -> list[Finding]:
        raise RuntimeError(f"boom {KEY}")

    config = deepcopy(CONFIG) | {"exchange": {"name": "coinbase", "key": KEY}}
    context = Context(load=lambda: config, environ={}, ask_time=told())
    crashed, fine = examine(context, {"odd": crash, "keys": CHECKS["keys"]})
    assert (crashed.check, crashed.level) == ("odd", Level.FAILED)
    assert crashed.text == "The check itself failed: RuntimeError: boom ***."
    assert (fine.check, fine.level) == ("keys", Level.OK)


@pytest.mark.parametrize(
    "message", ["{0}", "{0!r}", "one line: fakeline1234", "-----BEGIN EC KEY----- fakeline1234"]
)
def test_a_key_of_several_lines_is_struck_out_however_it_is_quoted(message: str) -> None:
    def leak(_context: Context) -> list[Finding]:
        raise RuntimeError(message.format(SECRET))

    config = deepcopy(CONFIG) | {"telegram": {"token": "123:abcdef"}}
    environ = {"FREQTRADE__EXCHANGE__SECRET": SECRET}
    context = Context(load=lambda: config, environ=environ, ask_time=told())
    (finding,) = examine(context, {"odd": leak})
    assert "fakeline1234" not in finding.text


def run(*arguments: str) -> Any:
    app = typer.Typer()
    app.command()(doctor)
    return CliRunner().invoke(app, list(arguments))


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> None:
    defaults = Context.__dataclass_fields__["ask_time"]
    assert defaults.default is exchange_time
    original = Context.__init__

    def init(self: Context, *args: Any, **given: Any) -> None:
        original(self, *args, **{"ask_time": lambda _: datetime.now(UTC)} | given)

    monkeypatch.setattr(Context, "__init__", init)
    monkeypatch.setenv("COLUMNS", "160")


def test_a_healthy_house_ends_with_0(shipped: Path, answering: None) -> None:
    result = run()
    assert result.exit_code == 0, result.output
    assert "✓" in result.output
    assert "0 to mend" in result.output
    assert result.output.count("freqtrade download-data") == 1  # not once a pair
    facts = json.loads(run("--json").stdout)
    assert facts["healthy"] is True
    assert {one["check"] for one in facts["findings"]} == set(CHECKS)
    assert set(facts["findings"][0]) == {"check", "level", "text", "advice"}


def test_a_cross_ends_with_1_and_no_key_is_ever_shown(shipped: Path, answering: None) -> None:
    changed(shipped, '"dry_run_wallet": 100', '"dry_run_wallet": 10')
    changed(shipped, '"key": ""', f'"key": "{KEY}"')
    changed(shipped, '"secret": ""', f'"secret": {json.dumps(SECRET)}')
    changed(shipped, '"name": "coinbase"', f'"name": "{KEY}"')  # a key in the wrong place
    for arguments in ((), ("--json",)):
        result = run(*arguments)
        assert result.exit_code == 1
        assert KEY not in result.output
        assert "fakeline1234" not in result.output
    assert "✗" in run().output


def test_without_a_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = run()
    assert result.exit_code == 1
    assert "Run nija from the repository's folder" in " ".join(result.output.split())
    assert "Traceback" not in result.output


def test_every_check_is_tested_here() -> None:
    source = (ROOT / "tests/unit/test_doctor.py").read_text()
    for name in CHECKS:
        assert f'look("{name}"' in source or f'in_the_house("{name}"' in source
