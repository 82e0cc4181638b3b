"""Commands to workers: claimed once, under a lease, before the socket is written to.

PENDING -> SENDING -> SENT
   |          |-----> REFUSED   nothing left this machine
   |          `-----> UNKNOWN   the worker was lost in between
   `----------------> REFUSED   overdue, or withdrawn by the user

A submit goes from SENT to UNKNOWN, too, when the broker says no word of it. It stays UNKNOWN when the broker names its
order after all, whose status then says the rest, and becomes ABSENT once it is proved that the broker doesn't have it.
A machine never sends it again. What the node withdraws before a byte of it left goes from SENT to REFUSED: see
`orders.apply_update`. Cancelling all is asked for anew by each session that finds the kill switch engaged: it can only
stop orders.

An attached order has a SUBMIT of its own, which is claimed, sent and refused together with its parent's. What became of
it is found out for each by itself.
"""

from webapp.trading.commands.claiming import claim_next, is_any_claimed, refuse_overdue
from webapp.trading.commands.doubts import (
    in_doubt,
    interrupted,
    note_unprovable,
    record_absent,
    resolve_interrupted,
)
from webapp.trading.commands.outcomes import record_late, record_refused, record_sent, record_unknown

__all__ = [
    "claim_next",
    "in_doubt",
    "interrupted",
    "is_any_claimed",
    "note_unprovable",
    "record_absent",
    "record_late",
    "record_refused",
    "record_sent",
    "record_unknown",
    "refuse_overdue",
    "resolve_interrupted",
]
