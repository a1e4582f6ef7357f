"""Sets of parameters as a person writes them: `--set name=value,value` and a file of named sets."""

import importlib.util
import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

from freqtrade.strategy import BooleanParameter, CategoricalParameter, IntParameter
from freqtrade.strategy.hyper import detect_all_parameters
from freqtrade.strategy.parameters import BaseParameter

from nija_plugins.brief import brief, told
from nija_plugins.settings import SECRET, Settings, nearest, parse_setting
from nija_plugins.sweep.cases import ParameterSet, Values

CONFIGURED = "as configured"
"""The name of the set that changes nothing."""

Named = dict[str, dict[str, Any]]


def sets(
    options: Sequence[str],
    file: Path | None,
    section: Mapping[str, Any],
    parameters: Mapping[str, BaseParameter],
) -> tuple[ParameterSet, ...]:
    """The product of the values that `options` list, with each set of `file`, if there is one.

    `section` is the configured "nija"; `parameters` are the strategy's own by name. Raises
    ValueError or SettingsError naming what is misspelt or out of bounds.
    """
    named = _from_file(file) if file else {"": {}}
    swept = _from_options(options, parameters)
    told_apart = [one for one, drawn in swept.items() if len(drawn) > 1]
    return tuple(
        _checked(_name(name, drawn, told_apart), {**values, **drawn}, section, parameters)
        for name, values in named.items()
        for drawn in _drawn(swept, values)
    )


def strategy_parameters(file: Path, strategy: str) -> dict[str, BaseParameter]:
    """The parameters of the class `strategy` in `file`, by name. Raises ValueError when it is no
    strategy."""
    spec = importlib.util.spec_from_file_location(f"_nija_sweep_{file.stem}", file)
    try:
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        spaces = detect_all_parameters(getattr(module, strategy))
    except Exception as error:  # somebody's file
        raise ValueError(f"{file} holds no strategy {strategy} ({told(error)}).") from None
    return {name: one for space in spaces.values() for name, one in space.items()}


def _from_file(file: Path) -> Named:
    try:
        text = file.read_text(encoding="utf-8")
        found = json.loads(text) if file.suffix == ".json" else tomllib.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        raise ValueError(f"{file} cannot be read: {told(error)}") from None
    if not isinstance(found, dict) or not found:
        raise ValueError(f"{file} holds no sets.")
    for name, values in found.items():
        if not isinstance(values, dict):
            raise ValueError(f"{file}: {brief(name)} is no set; a set is a table of settings.")
    return found


def _from_options(
    options: Iterable[str], parameters: Mapping[str, BaseParameter]
) -> dict[str, list[Any]]:
    swept: dict[str, list[Any]] = {}
    for option in options:
        name, equals, text = option.partition("=")
        name = name.strip()
        if not name or not equals or not text.strip():
            raise ValueError(f"--set {brief(option)}: say name=value or name=value,value.")
        if name in swept:
            raise ValueError(f"--set {name} is given twice: list its values, {name}=1,2.")
        _known(name, parameters)
        words = [word.strip() for word in text.split(",")]
        read = [
            _number(word) if name in parameters else parse_setting(name, word) for word in words
        ]
        if len(set(map(repr, read))) < len(read):
            raise ValueError(f"--set {brief(option)} has a value twice.")
        swept[name] = read
    return swept


def _drawn(swept: Mapping[str, list[Any]], values: Mapping[str, Any]) -> list[dict[str, Any]]:
    both = sorted(set(swept) & set(values))
    if both:
        raise ValueError(f"{both[0]} is in a set of the file and in --set: which one counts?")
    return [dict(zip(swept, one, strict=True)) for one in product(*swept.values())]


def _name(name: str, drawn: Mapping[str, Any], told_apart: Sequence[str]) -> str:
    """What tells a set from the others; a value that all of them share does not."""
    words = [name] if name else []
    words += [f"{one} {_text(drawn[one])}" for one in told_apart]
    return ", ".join(words or [f"{one} {_text(value)}" for one, value in drawn.items()])


def _text(value: Any) -> str:
    if isinstance(value, tuple | list):
        return "+".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value).lower()


def _checked(
    name: str,
    values: Mapping[str, Any],
    section: Mapping[str, Any],
    parameters: Mapping[str, BaseParameter],
) -> ParameterSet:
    for one in values:
        _known(one, parameters)
    nija = {one: value for one, value in values.items() if one not in parameters}
    Settings.load({"nija": {**section, **nija}}, {})
    own = {one: value for one, value in values.items() if one in parameters}
    for one, value in own.items():
        _within(one, value, parameters[one])
    spaced = {f"{parameters[one].space}.{one}": value for one, value in own.items()}
    return ParameterSet(name or CONFIGURED, _sorted(nija), _sorted(spaced))


def _known(name: str, parameters: Mapping[str, BaseParameter]) -> None:
    if name in SECRET:
        raise ValueError(f"{name} decides nothing in a backtest.")
    if name in Settings.model_fields or name in parameters:
        return
    close = nearest(name, [*Settings.model_fields, *parameters])
    hint = f'did you mean "{close}"?' if close else "`nija status` lists every setting."
    raise ValueError(f"{brief(name)} is neither a setting nor a parameter of the strategy: {hint}")


def _within(name: str, value: Any, parameter: BaseParameter) -> None:
    """A value that hyperopt could choose, too."""
    if isinstance(parameter, BooleanParameter | CategoricalParameter):
        if value not in parameter.opt_range:
            choices = ", ".join(map(str, parameter.opt_range))
            raise ValueError(f"{name} {brief(value)}: choose from {choices}.")
        return
    whole = isinstance(parameter, IntParameter)
    low, high = parameter.low, parameter.high
    number = isinstance(value, int if whole else int | float) and not isinstance(value, bool)
    if not number or not low <= value <= high:
        kind = "whole number" if whole else "number"
        raise ValueError(f"{name} {brief(value)}: say a {kind} from {low:g} to {high:g}.")


def _number(word: str) -> Any:
    """A strategy's value: true, false, a number, else text."""
    try:
        return json.loads(word)
    except ValueError:
        return word


def _sorted(values: Mapping[str, Any]) -> Values:
    return tuple(sorted((one, _frozen(value)) for one, value in values.items()))


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list | tuple) else value
