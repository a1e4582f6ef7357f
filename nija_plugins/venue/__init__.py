"""A simulated exchange on loopback: Coinbase's and Kraken's public REST over local candles."""
