"""What is kept of decisions, for people to read later."""
