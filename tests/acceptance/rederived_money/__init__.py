"""On real input every stake, cut, limit, exit and tier is derived again, by other code.

The package's backtest says which trades it made; everything about them is then worked out from the
candle files and the written rules (money, candles, exits and ledger one folder up) and compared.
Which *signals* there were is not repeated here: a trade the package should have made and did not
make is not seen, except where it shows in a later trade's numbers.
"""
