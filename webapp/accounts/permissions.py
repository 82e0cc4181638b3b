"""Who may do what with an account: its owner everything, and those with whom it is shared what their role grants.

A trader doesn't start or stop sessions: each start is a login that wakes the owner's phone, and wrong ones lock it.
Nor does one release the kill switch, or the owner's own stop could be undone.
"""

from __future__ import annotations

from enum import StrEnum


class Permission(StrEnum):
    """VIEW: all that the account shows. TRADE: place, change, cancel, stop all. OWN: the rest."""

    VIEW = "view"
    TRADE = "trade"
    OWN = "own"


class Role(StrEnum):
    OWNER = "owner"
    TRADER = "trader"
    VIEWER = "viewer"


GRANTED = {
    Role.OWNER: frozenset(Permission),
    Role.TRADER: frozenset({Permission.VIEW, Permission.TRADE}),
    Role.VIEWER: frozenset({Permission.VIEW}),
}
