"""The bench starts: nothing else runs it between two measurements."""

import importlib
import pkgutil

import pytest

import bench

MODULES = [one.name for one in pkgutil.walk_packages(bench.__path__, "bench.")]


@pytest.mark.parametrize("module", [one for one in MODULES if not one.endswith("__main__")])
def test_every_module_of_the_bench_can_be_imported(module: str) -> None:
    importlib.import_module(module)
