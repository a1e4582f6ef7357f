"""The pairs that these bots trade, and how exactly prices and money are compared, in USD."""

BTC, ETH, SOL = "BTC/USD", "ETH/USD", "SOL/USD"
TICK = 0.01
CENT = 0.005
