"""Copy trading: a leader's fills become force-entries and force-exits on its followers.

On the bots' side: what a leader says of itself (`standing`), what travels with a copy (`tag`), and
why a follower refuses one (`rules`). On the other side the copier of `nija copy`, a process of its
own: everything it must remember, it reads from the bots.
"""
