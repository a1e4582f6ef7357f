"""Candles as NIJA keeps them: what was known when, and the longer past a filter learns from."""
