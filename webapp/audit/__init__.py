"""Who did what, when and from where: a log that nobody can change, not even this program.

`recording.record` writes an entry in the caller's transaction; who acts is taken from `acting`, which a middleware sets
for each request; `searching` reads. Nothing here knows accounts or orders: an entry outlives what it tells of, so it
keeps names and ids as they were, and no foreign key.
"""
