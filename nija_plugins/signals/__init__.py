"""Votes for going long, the score they make together, and the plan of a trade."""
