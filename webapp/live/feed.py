"""One account's quotes as this process knows them, and the mailboxes that they go to. No IO."""

from __future__ import annotations

from webapp.bus.quotes import Batch, Key
from webapp.live.mailbox import Mailbox


class Feed:
    """Starts with a snapshot, grows by batches, and notices when one is missing."""

    def __init__(self) -> None:
        self.mailboxes: set[Mailbox] = set()
        # What was renewed in Redis last, so that a wish for more is noticed.
        self.renewed: frozenset[Key] = frozenset()
        self._newest: Batch | None = None

    def add(self, mailbox: Mailbox) -> None:
        """From here on the mailbox gets what it wants, at once if the snapshot is here. Again after each `want`."""
        self.mailboxes.add(mailbox)
        if self._newest is not None:
            mailbox.restart(self._newest)

    def wanted(self) -> frozenset[Key]:
        return frozenset().union(*(mailbox.wanted for mailbox in self.mailboxes))

    def restart(self, snapshot: Batch) -> None:
        self._newest = snapshot
        for mailbox in self.mailboxes:
            mailbox.restart(snapshot)

    def apply(self, batch: Batch) -> bool:
        """False when this isn't the batch that comes next: read the snapshot again.

        One that the snapshot holds already is dropped, and so is a late one of an earlier epoch.
        """
        newest = self._newest
        if newest is None or batch.epoch > newest.epoch:
            return False
        if (batch.epoch, batch.seq) <= (newest.epoch, newest.seq):
            return True
        if batch.seq != newest.seq + 1:
            return False
        self._newest = Batch(batch.epoch, batch.seq, {**newest.quotes, **batch.quotes})
        for mailbox in self.mailboxes:
            mailbox.put(batch)
        return True
