"""The engine of this process, for scripts that just want to call `auto_scale`."""

from functools import cache
from pathlib import Path

from nija_plugins.scaling.engine import AutoScalingEngine, Scaled
from nija_plugins.settings import Settings

STATE_FILE = Path("user_data") / ".auto_scaling_state.json"
"""Relative to the repository root, where freqtrade is run."""


def get_auto_scaling_engine() -> AutoScalingEngine:
    """The process-wide engine on `user_data/.auto_scaling_state.json` of the working directory.

    Created at the first call; a process that changes its directory gets that directory's engine.
    """
    return _engine_on(STATE_FILE.resolve())


def auto_scale(equity: object, force: bool = False) -> Scaled:
    """`check_and_scale` of the process-wide engine: (scaled, old tier's name, new tier's name).

    `equity` is in stake currency. Raises EquityError when it is not an amount of money.
    """
    return get_auto_scaling_engine().check_and_scale(equity, force)


@cache
def _engine_on(state_file: Path) -> AutoScalingEngine:
    return AutoScalingEngine(state_file, Settings.load({}).downgrade_buffer)
