"""Entries without any skill, as plugin files: copied into a scratch user_data/plugins for one run.

They serve `nija_score` and leave plan, sizing and every rule as shipped.
"""

from pathlib import Path

ALWAYS, COIN = "always_enter", "coin_flip"
NAMES = (COIN, ALWAYS)


def file(name: str) -> Path:
    """The plugin file of `name`."""
    return Path(__file__).with_name(f"{name}.py")
