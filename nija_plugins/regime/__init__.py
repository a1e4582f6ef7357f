"""What state the market is in."""
