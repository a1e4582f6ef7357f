"""Builds the plugin manager: built-ins, installed packages, a user's own single files.

Three doors, one room: NIJA's own rules are plugins like anybody's. *Essential* ones (the risk
rules, the account) cannot be unloaded; *default* ones can, with `nija.plugins.disable`; *optional*
ones stand in for a default one when `nija.plugins.enable` names them.
"""

import hashlib
import importlib
import importlib.util
import inspect
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points, version
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import pluggy
from freqtrade.exceptions import OperationalException

from nija_plugins import hookspecs
from nija_plugins.redaction import masked
from nija_plugins.settings import Settings, SettingsError, nearest

ENTRY_POINTS = "nija_plugins"
"""Entry point group under which installed packages offer plugins."""

ESSENTIAL = (
    "risk.account",
    "risk.locks",
    "risk.tier",
    "risk.minimum_balance",
    "risk.live_switch",
    "risk.trade_only",
    "risk.daily_loss",
    "risk.drawdown",
    "risk.streak",
    "risk.errors",
    "risk.unsettled_cash",
    "risk.unreconciled",
    "risk.cash_buffer",
    "risk.minimum_trade",
    "trade_filter.broken_candles",
    "trade_filter.signal_score",
    "trade_filter.reward_risk",
    "trade_filter.confidence",
    "trade_filter.expectancy",
)
"""Modules of nija_plugins that no setting can unload."""

DEFAULT = (
    "regime.engine",
    "signals.trend",
    "signals.momentum",
    "signals.range_break",
    "signals.expansion",
    "signals.mean_reversion",
    "signals.volume",
    "signals.higher_timeframe",
    "signals.ensemble",
    "signals.plan",
    "trade_filter.filter",
    "sizing.hybrid",
    "sizing.leverage",
)
"""Modules of nija_plugins that `nija.plugins.disable` can unload or a plugin can replace."""


OPTIONAL: Mapping[str, str] = {"regime.mixture": "regime.engine"}
"""Modules of nija_plugins that `nija.plugins.enable` loads, each in the place of the default one
named here: two answers to one question would leave the second unheard."""

SCALING = "scaling"
"""Name of the scaling plugin, which every run registers anew: it has a memory."""


class PluginError(OperationalException):
    """A plugin that cannot be loaded; the message names it and what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(masked(message))


@dataclass(frozen=True, slots=True)
class Loaded:
    """One loaded plugin, as `nija plugins` shows it."""

    name: str
    kind: Literal["essential", "default", "optional", "package", "file"]
    version: str
    origin: str
    hooks: tuple[str, ...]


def build(settings: Settings, plugins_dir: Path | None = None) -> pluggy.PluginManager:
    """The manager with every plugin registered and checked.

    `plugins_dir` is a user's folder of single-file plugins, usually user_data/plugins.
    Raises PluginError naming the plugin and the misspelt hook or argument, and SettingsError when
    `nija.plugins.disable` names something that cannot be unloaded or `nija.plugins.enable`
    something that is no optional plugin.
    """
    disabled = set(settings.plugins.disable)
    stand_ins = _stand_ins(settings.plugins.enable)
    defaults = [stand_ins.get(name, name) for name in DEFAULT]
    manager = pluggy.PluginManager("nija")
    manager.add_hookspecs(hookspecs)
    for name in (*defaults, *ESSENTIAL):
        if name not in disabled:
            _register(manager, importlib.import_module(f"nija_plugins.{name}"), name)
    packages = _packages()
    files = {path.stem: path for path in sorted(plugins_dir.glob("*.py"))} if plugins_dir else {}
    _refuse_clashes(packages, files)
    _refuse_impossible(disabled, known=[*defaults, *packages, *files])
    for name, point in packages.items():
        if name not in disabled:
            _register(manager, _load_package(point), name)
    for name, path in files.items():
        if name not in disabled:
            _register(manager, _load_file(path), name)
    for name, plugin in manager.list_name_plugin():
        if plugin is not None:
            _check_names(name, plugin)
    try:
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        raise PluginError(_explain(error)) from error
    return manager


def describe(manager: pluggy.PluginManager) -> Iterator[Loaded]:
    """Every loaded plugin, in the order they registered."""
    packages = _packages()
    ours = version("nija-micro")
    for name, plugin in manager.list_name_plugin():
        if plugin is None:
            continue
        hooks = tuple(caller.name for caller in manager.get_hookcallers(plugin) or ())
        origin = getattr(plugin, "__file__", None) or inspect.getfile(type(plugin))
        kind: Literal["essential", "default", "optional", "package", "file"] = "file"
        number = str(getattr(plugin, "__version__", "-"))
        if name in packages:
            distribution = packages[name].dist
            kind, number = "package", distribution.version if distribution else number
        elif name in ESSENTIAL or name == SCALING:
            kind, number = "essential", ours
        elif name in DEFAULT:
            kind, number = "default", ours
        elif name in OPTIONAL:
            kind, number = "optional", ours
        yield Loaded(name, kind, number, str(origin), hooks)


def fingerprint(manager: pluggy.PluginManager, settings: Settings, *more: Any) -> str:
    """A hash of everything that decides a backtest and that freqtrade's cache cannot see: NIJA's
    and every plugin's source, the effective settings, and `more` (the tier table)."""
    digest = hashlib.sha256()
    own = Path(__file__).parent
    sources = {str(path.relative_to(own)): path for path in own.rglob("*.py")}
    for name, plugin in manager.list_name_plugin():
        source = inspect.getsourcefile(plugin if inspect.ismodule(plugin) else type(plugin))
        if source and not Path(source).is_relative_to(own):
            sources[f"{name}: {Path(source).name}"] = Path(source)
            sources |= {f"{name}: {path}": path for path in _beside(plugin)}
    for label, path in sorted(sources.items()):
        digest.update(label.encode() + b"\0" + path.read_bytes())
    digest.update(settings.model_dump_json().encode())
    digest.update(repr(more).encode())
    return digest.hexdigest()


def _beside(plugin: object) -> Iterator[Path]:
    """Every source of the package that the plugin is a module of: it may do its work in another."""
    module = inspect.getmodule(plugin if inspect.ismodule(plugin) else type(plugin))
    package = sys.modules.get(module.__name__.partition(".")[0]) if module else None
    for folder in getattr(package, "__path__", ()):
        yield from Path(folder).rglob("*.py")


def _packages() -> dict[str, EntryPoint]:
    """What installed packages offer, by name. Raises PluginError when two offer one name."""
    found: dict[str, EntryPoint] = {}
    for point in entry_points(group=ENTRY_POINTS):
        twin = found.setdefault(point.name, point)
        if twin.value != point.value:
            raise PluginError(
                f'Two installed packages offer a plugin "{point.name}": {twin.value} and '
                f"{point.value}. Uninstall one of them."
            )
    return found


def _refuse_clashes(packages: Mapping[str, EntryPoint], files: Mapping[str, Path]) -> None:
    """A name belongs to one plugin: two of them could not be told apart in a log."""
    built_in = {*ESSENTIAL, *DEFAULT, *OPTIONAL, SCALING}
    origins = {name: point.value for name, point in packages.items()}
    origins |= {name: path.name for name, path in files.items()}
    for name, where in origins.items():
        if name in built_in:
            raise PluginError(f'Plugin "{name}" ({where}) has the name of a built-in: rename it.')
    for name in packages.keys() & files.keys():
        raise PluginError(
            f'Plugin file "{files[name].name}" has the name of an installed one '
            f"({packages[name].value}): rename it."
        )


def _register(manager: pluggy.PluginManager, plugin: object, name: str) -> None:
    try:
        manager.register(plugin, name=name)
    except (pluggy.PluginValidationError, ValueError) as error:
        raise PluginError(_explain(error, name)) from error


def _load_package(point: EntryPoint) -> object:
    """What an installed package offers under its entry point."""
    try:
        return point.load()
    except Exception as error:
        raise PluginError(
            f'Plugin "{point.name}" ({point.value}) cannot be loaded: '
            f"{type(error).__name__}: {error}"
        ) from error


def _load_file(path: Path) -> ModuleType:
    """The module of a single-file plugin; an unchanged file is loaded once per process, so that
    a plugin which appends a tier does not append it again for every backtest."""
    content = hashlib.sha256(path.read_bytes()).hexdigest()
    module_name = f"nija_user_plugins.{path.stem}_{content[:12]}"
    if module_name in sys.modules:
        module = sys.modules[module_name]
        module.__file__ = str(path)  # where it was loaded from may be gone
        return module
    spec = importlib.util.spec_from_file_location(module_name, path)
    if spec is None or spec.loader is None:
        raise PluginError(f'Plugin file "{path.name}" cannot be loaded.')
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[module_name]
        raise PluginError(
            f'Plugin file "{path.name}" cannot be loaded: {type(error).__name__}: {error}'
        ) from error
    return module


@cache
def _specs() -> Mapping[str, tuple[str, ...]]:
    return {
        name: tuple(inspect.signature(function).parameters)
        for name, function in vars(hookspecs).items()
        if name.startswith("nija_")
    }


def _check_names(name: str, plugin: object) -> None:
    """pluggy ignores a function whose mark was forgotten, and words its errors for its own
    authors: say it in ours."""
    for attribute, function in inspect.getmembers(plugin, inspect.isroutine):
        if not attribute.startswith("nija_"):
            continue
        specs = _specs()
        options = getattr(function, "nija_impl", None)
        if attribute not in specs:
            known = nearest(attribute, list(specs))
            raise PluginError(
                f'Plugin "{name}" implements {attribute}, which is not a hook'
                + (f"; did you mean {known}?" if known else ".")
            )
        if options is None:
            raise PluginError(f'Plugin "{name}": {attribute} lacks the @hookimpl mark.')
        if options.get("hookwrapper") or options.get("wrapper"):
            raise PluginError(f'Plugin "{name}": {attribute} is a wrapper; NIJA allows none.')


def _explain(error: Exception, name: str = "") -> str:
    """pluggy's validation error with the nearest spelling of a wrong argument or hook."""
    text = str(error).replace("\n", " ")
    plugin = getattr(error, "plugin", None)
    specs = _specs()
    for attribute, function in inspect.getmembers(plugin, inspect.isroutine):
        if not attribute.startswith("nija_"):
            continue
        if attribute not in specs:
            known = nearest(attribute, list(specs))
            hint = f"; did you mean {known}?" if known else "."
            return f'Plugin "{name or plugin}" implements {attribute}, which is not a hook{hint}'
        arguments = [a for a in inspect.signature(function).parameters if a != "self"]
        for argument in arguments:
            if argument not in specs[attribute]:
                known = nearest(argument, list(specs[attribute]))
                return (
                    f'Plugin "{name or plugin}": {attribute} takes no argument "{argument}"'
                    + (f'; did you mean "{known}"?' if known else ".")
                    + f" It offers: {', '.join(specs[attribute])}."
                )
    return f'Plugin "{name or plugin}" cannot be registered: {text}'


def _stand_ins(enabled: tuple[str, ...]) -> dict[str, str]:
    """The optional plugin that stands in for a default one, by the default one's name."""
    for name in enabled:
        if name not in OPTIONAL:
            raise SettingsError(
                f'Setting "nija.plugins.enable" names "{name}", which is no optional plugin; there '
                f"are: {', '.join(OPTIONAL)}. Others are loaded unless disabled."
            )
    return {OPTIONAL[name]: name for name in enabled}


def _refuse_impossible(disabled: set[str], known: list[str]) -> None:
    for name in sorted(disabled):
        if name in ESSENTIAL or name == SCALING:
            raise SettingsError(
                f'Setting "nija.plugins.disable" names "{name}", which is essential: '
                "risk rules cannot be unloaded."
            )
        if name not in known:
            meant = nearest(name, known)
            raise SettingsError(
                f'Setting "nija.plugins.disable" names "{name}", which is not loaded'
                + (f'; did you mean "{meant}"?' if meant else ".")
            )
