"""The configuration, the strategy, plugins, leftovers, keys."""

import logging
from pathlib import Path
from typing import Any

import pytest
from freqtrade.exceptions import OperationalException

from nija_plugins import manager
from nija_plugins.doctor import CHECKS, Context, Finding, Level, examine
from tests.unit.doctor.looking import KEY, SECRET, Look, changed, only, told


def test_a_good_configuration(look: Look) -> None:
    assert "dry-run on coinbase" in only(look("configuration"), Level.OK)
    assert "LIVE on coinbase" in only(look("configuration", {"dry_run": False}), Level.OK)


def test_a_misspelt_variable(look: Look) -> None:
    warned, fine = look("configuration", environ={"MAX_POSITON_PCT": "15"})
    assert (warned.level, fine.level) == (Level.WARNING, Level.OK)
    assert warned.text == "MAX_POSITON_PCT sets nothing: did you mean MAX_POSITION_PCT?"


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


def in_the_house(*checks: str) -> list[Finding]:
    from nija_plugins.cli.configuration import DEFAULT_CONFIG, load

    context = Context(load=lambda: load([DEFAULT_CONFIG]), environ={}, ask_time=told())
    return examine(context, {name: CHECKS[name] for name in checks})


def test_the_shipped_strategy_on_its_candles(shipped: Path) -> None:
    assert "1h" in only(in_the_house("strategy"), Level.OK)


def test_a_pair_that_is_never_entered(shipped: Path) -> None:
    changed(shipped, '["BTC", "ETH", "SOL"],', '["BTC", "ETHH", "SOL"],')
    warned, fine = in_the_house("strategy")
    assert (warned.level, fine.level) == (Level.WARNING, Level.OK)
    assert warned.text == "Never entered, as trade_only names other assets: ETH/USD."


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


def test_the_key_of_a_value_that_freqtrade_would_refuse(shipped: Path) -> None:
    """The value is a secret and struck out: without its key nobody knows what is too short."""
    api = '"api_server": {"enabled": true, "listen_ip_address": "127.0.0.1", "listen_port": 8080, '
    api += '"username": "nija", "password": "x", "jwt_secret_key": "abc"}, '
    changed(shipped, '"stake_amount": "unlimited"', f'{api}"stake_amount": "unlimited"')
    text = only(in_the_house("strategy"), Level.FAILED)
    assert '"api_server.jwt_secret_key": ' in text and "is too short" in text


def test_a_strategy_that_is_gone(shipped: Path) -> None:
    (shipped / "user_data/strategies/NijaMicro.py").unlink()
    assert "NijaMicro" in only(in_the_house("strategy"), Level.FAILED)
    assert "strategy cannot be loaded" in only(in_the_house("stoploss"), Level.WARNING)


def test_plugins_are_counted_and_errors_named(look: Look, tmp_path: Path) -> None:
    known = len({*manager.ESSENTIAL, *manager.DEFAULT, manager.SCALING})
    assert only(look("plugins"), Level.OK) == f"{known} loaded "  # as `nija plugins` lists them
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


def test_keys_where_freqtrade_would_log_them(look: Look) -> None:
    misplaced, _ = look("keys", {"exchange.ccxt_config": {"apiKey": KEY, "urls": {}}})
    assert misplaced.level is Level.FAILED
    assert "exchange.ccxt_config holds apiKey" in misplaced.text
    assert KEY not in misplaced.text + misplaced.advice


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
