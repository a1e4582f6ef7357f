"""Weekends are thin: trade what they decided, not while they last."""
