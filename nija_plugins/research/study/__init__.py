"""What NijaMicro is worth beside other rules, measured: docs/results.md and docs/market.md."""
