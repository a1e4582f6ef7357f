"""The real bot over candles of the past, and how far it is from its own backtest. `nija replay`."""
