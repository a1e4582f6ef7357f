"""The market an exchange shows: synthetic or recorded candles, and the way between them."""
