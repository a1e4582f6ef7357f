"""Do the loss limits hold, whatever is entered and whatever the market does? `nija limits`."""
