"""Kraken's REST, spot and futures, as far as ccxt and freqtrade call it."""
