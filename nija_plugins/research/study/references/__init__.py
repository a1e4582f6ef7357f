"""Well-known rules as ordinary freqtrade strategies: what NijaMicro is compared with.

Each is written from its public description, on the timeframe it is known for, long only, with no
parameter of ours. They are yardsticks, not advice: freqtrade finds none of them by itself.
"""
