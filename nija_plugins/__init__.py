"""NIJA Micro: a plugin framework on freqtrade for accounts of $15 to $5,000."""

import pluggy

hookimpl = pluggy.HookimplMarker("nija")
"""Marks a function or method as an implementation of a hook in `nija_plugins.hookspecs`."""

__all__ = ["hookimpl"]
