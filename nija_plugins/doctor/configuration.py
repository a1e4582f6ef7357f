"""The configuration, and what is loaded because of it."""

from collections.abc import Iterator
from pathlib import Path

from freqtrade.configuration.config_validation import validate_config_consistency
from freqtrade.exceptions import OperationalException

from nija_plugins import manager
from nija_plugins.doctor.context import STRATEGY, Context
from nija_plugins.doctor.finding import Finding, NotPossible, failed, ok, warning
from nija_plugins.scaling.engine import AutoScalingEngine
from nija_plugins.scaling.plugin import ScalingPlugin
from nija_plugins.settings import Settings, misspelt, never_entered

MEND = "Correct it in config.micro_capital.json, or in the environment variable that is named."


def configuration(context: Context) -> Iterator[Finding]:
    """It loads, and NIJA's section is valid."""
    try:
        config = context.load()
    except (OperationalException, ValueError, OSError) as error:
        # freqtrade shows the lines around a mistake, and a key may stand in them.
        reason = str(error).partition("\nPlease verify the following segment")[0]
        yield failed(f"The configuration cannot be loaded: {reason}", "Correct that file.")
        return
    try:
        Settings.load(config, context.environ)
        exchange = context.exchange
    except NotPossible:
        yield failed("The configuration names no exchange.", 'Set "exchange.name".')
        return
    except OperationalException as error:
        for line in str(error).splitlines():
            yield failed(line, MEND)
        return
    for name, meant in misspelt(context.environ).items():
        yield warning(f"{name} sets nothing: did you mean {meant}?", "Correct it, or unset it.")
    files = ", ".join(Path(file).name for file in config.get("config_files", []))
    mode = "dry-run" if context.dry_run else "LIVE"
    yield ok(f"{mode} on {exchange}; {files or 'no files'}; settings valid")


def strategy(context: Context) -> Iterator[Finding]:
    """It loads, freqtrade accepts the configuration it completes, its candles are its own, and it
    may enter what it watches."""
    try:
        loaded, config = context.started
        validate_config_consistency(config)
    except NotPossible:
        raise
    except Exception as error:
        yield failed(
            f"freqtrade would not start with {STRATEGY}: {_key(error)}"
            f"{str(error) or type(error).__name__}",
            f"Correct the configuration, or restore user_data/strategies/{STRATEGY}.py.",
        )
        return
    own = type(loaded).timeframe
    if loaded.timeframe != own:
        yield failed(
            f'"timeframe" is {loaded.timeframe}, but {STRATEGY} is made for {own} candles.',
            f'Set "timeframe" to "{own}", or remove it.',
        )
        return
    pairs = map(str, config["exchange"].get("pair_whitelist", []))
    if idle := never_entered(context.settings, pairs):
        yield warning(
            f"Never entered, as trade_only names other assets: {', '.join(idle)}.",
            "Add the asset to trade_only, or take the pair out of pair_whitelist.",
        )
    yield ok(f"{STRATEGY} loads, on {own} candles")


def _key(error: Exception) -> str:
    """The key whose value the schema refuses, as `"api_server.jwt_secret_key": `, which freqtrade
    leaves out of its sentence; nothing for any other error."""
    path = getattr(error.__context__, "absolute_path", None)  # jsonschema's ValidationError
    return f'"{".".join(map(str, path))}": ' if path else ""


def plugins(context: Context) -> Iterator[Finding]:
    """Every plugin can be loaded; a user's own files are executed by that, as at a start."""
    settings = context.settings
    try:
        built = manager.build(settings, context.user_data / "plugins")
    except OperationalException as error:
        yield failed(
            str(error), "Correct the plugin, or move it away; `nija plugins` lists the rest."
        )
        return
    built.register(ScalingPlugin(AutoScalingEngine(), settings), name=manager.SCALING)
    loaded = list(manager.describe(built))
    others = [one.name for one in loaded if one.kind in ("package", "file")]
    of_others = f", of which not NIJA's own: {', '.join(others)}" if others else ""
    yield ok(f"{len(loaded)} loaded{of_others}")


def leftovers(context: Context) -> Iterator[Finding]:
    """A file of parameters that hyperopt left, and that freqtrade reads without being asked."""
    folders = [context.user_data / "strategies"]
    if extra := context.config.get("strategy_path"):
        folders.append(Path(extra))
    stray = [path for folder in folders if (path := folder / f"{STRATEGY}.json").exists()]
    for path in stray:
        yield warning(
            f"{path} exists: hyperopt wrote it, and every later run, live too, silently takes its "
            "parameters.",
            "If you did not mean that, move it away; hyperopt writes none with "
            "--disable-param-export.",
        )
    if not stray:
        yield ok("no hyperopt parameters lie beside the strategy")
