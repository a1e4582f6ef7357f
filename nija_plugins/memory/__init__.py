"""What an account must not forget over a restart."""

from nija_plugins.memory.store import AccountStore, MemoryUnusable
from nija_plugins.memory.values import Memory, Snapshot

__all__ = ["AccountStore", "Memory", "MemoryUnusable", "Snapshot"]
