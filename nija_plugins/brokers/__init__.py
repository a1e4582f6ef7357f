"""Several brokers as one portfolio: one freqtrade process each, and a ledger that they share."""
