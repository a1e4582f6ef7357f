"""Simulated exchanges on loopback: Coinbase's and Kraken's REST over local candles."""
