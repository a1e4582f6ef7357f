"""Where the simulated exchange answers; by itself, since whoever asks needs no server."""

HOST = "127.0.0.1"
DEFAULT_PORT = 18650
"""Stable, because the URL is part of freqtrade's backtest cache key."""
