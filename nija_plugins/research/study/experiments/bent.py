"""A market plugin of ours with other constants, for the question "what if it were 20% longer?".

    from nija_plugins.research.study.experiments.bent import votes
    from nija_plugins.signals import momentum

    nija_votes = votes(momentum, LENGTH=50)

with "signals.momentum" disabled. The constants are put back after every call.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import pandas as pd

from nija_plugins import hookimpl
from nija_plugins.settings import Settings
from nija_plugins.view import Plan, Vote


def votes(module: ModuleType, **constants: int) -> Callable[..., list[Vote]]:
    """`module.nija_votes` under other constants."""

    @hookimpl
    def nija_votes(dataframe: pd.DataFrame) -> Any:
        with _replaced(module, constants):
            return module.nija_votes(dataframe)

    return nija_votes


def plan(module: ModuleType, **constants: int) -> Callable[..., Plan]:
    """`module.nija_plan` under other constants."""

    @hookimpl
    def nija_plan(dataframe: pd.DataFrame) -> Any:
        with _replaced(module, constants):
            return module.nija_plan(dataframe)

    return nija_plan


def regime(module: ModuleType, **constants: int) -> Callable[..., pd.Series]:
    """`module.nija_regime` under other constants."""

    @hookimpl
    def nija_regime(dataframe: pd.DataFrame, settings: Settings) -> Any:
        with _replaced(module, constants):
            return module.nija_regime(dataframe, settings)

    return nija_regime


@contextmanager
def _replaced(module: ModuleType, constants: dict[str, int]) -> Iterator[None]:
    before = {name: getattr(module, name) for name in constants}
    try:
        for name, value in constants.items():
            setattr(module, name, value)
        yield
    finally:
        for name, value in before.items():
            setattr(module, name, value)
