"""Fuzzing goes deep unless slow tests are left out."""

import pytest

from tests.fuzz.depth import DEEP


def pytest_configure(config: pytest.Config) -> None:
    DEEP[0] = "not slow" not in config.option.markexpr
