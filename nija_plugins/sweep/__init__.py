"""Many backtests at once: windows of time × sets of parameters × start dates. `nija sweep`."""
