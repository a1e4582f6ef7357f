"""Reading what backtests wrote."""
