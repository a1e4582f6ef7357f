"""How far the fuzzing goes: a few seconds in `make test`, minutes where slow tests run too."""

from hypothesis import HealthCheck, settings

DEEP = [False]
"""Set by conftest.py before the tests are read."""


def examples(quick: int, deep: int) -> settings:
    """So many examples; each of them may be large, and take its time."""
    return settings(
        max_examples=deep if DEEP[0] else quick,
        suppress_health_check=[
            HealthCheck.too_slow,
            HealthCheck.data_too_large,
            HealthCheck.function_scoped_fixture,
        ],
    )
