"""Coinbase's REST, as far as ccxt and freqtrade call it."""
