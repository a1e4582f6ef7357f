"""The money vetoes, one rule a file. None of them can be unloaded."""
