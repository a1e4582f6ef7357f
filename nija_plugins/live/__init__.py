"""What only a bot needs, and a backtest cannot have: a wallet that may not answer, money that comes
and goes, holdings nobody ordered, orders that get lost, candles that stay away."""
