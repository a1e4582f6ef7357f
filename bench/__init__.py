"""What NIJA costs beside freqtrade alone. `make bench`; see docs/performance.md."""
