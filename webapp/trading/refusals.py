"""What a service of this room answers when it does nothing. Each message is a sentence for the user."""

from __future__ import annotations


class OrderInvalid(Exception):
    """The ticket can't become an order. `errors` maps a field's name to what is wrong with its value."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {text}" for field, text in errors.items()))
        self.errors = errors


class OrderConflict(Exception):
    """An order with this client_order_id exists and says something else."""


class OrderNotOpen(Exception):
    """There is nothing left to cancel."""


class OrderChanged(Exception):
    """Whoever asks for a change looked at terms that the order no longer has. The text names them."""


class SessionNotReady(Exception):
    """The account's session can't take orders now. The text says why and what to do."""


class PreviewRefused(Exception):
    """The broker would not take such an order, and says why."""


class LimitExceeded(Exception):
    """An order that the account's owner has ruled out. `limit` names the limit by its field."""

    def __init__(self, limit: str, text: str) -> None:
        super().__init__(f"{text} Nothing was sent.")
        self.limit = limit


class KillSwitchEngaged(Exception):
    """Trading is stopped on the account, or on all. The text says by whom, since when and how it goes on."""


class InstrumentUnknown(Exception):
    """The broker named a con_id that has no Instrument row.

    Nothing was written. Look the instrument up, `instruments.upsert` it and bring the message again.
    """

    def __init__(self, con_id: int) -> None:
        super().__init__(f"Instrument {con_id} has no row yet: upsert it, then bring this again.")
        self.con_id = con_id


class WatchlistInvalid(Exception):
    """`errors` maps a field's name to what is wrong with its value."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {text}" for field, text in errors.items()))
        self.errors = errors


class DisplayInvalid(Exception):
    """`errors` maps a field's name to what is wrong with its value."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {text}" for field, text in errors.items()))
        self.errors = errors


class SearchInvalid(Exception):
    """Nobody can be asked this. `field` is the wrong one in IB's spelling, or empty when it is no single one."""

    def __init__(self, text: str, *, field: str) -> None:
        super().__init__(text)
        self.field = field
