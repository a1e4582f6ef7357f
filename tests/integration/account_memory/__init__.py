"""What an account remembers, through the real bot: a restart at any instant decides as if there had
been none, a memory that cannot be used lets nothing in, incidents end entries, and a person's
unlocking means what `nija unlock` says."""
