"""One writer at a time per account.

Each service of this room takes its account's row first. Orders, updates and fills of one account then follow one
another, so that two tabs, two workers or a resync beside a callback never decide on what the other has just changed;
since every one of them starts with the same row, none can wait for another in a circle.
"""

from __future__ import annotations

from uuid import UUID

from webapp.accounts.models import BrokerAccount


def hold(account_id: UUID) -> BrokerAccount:
    """The account's row, fresh and held until the transaction ends. Raises BrokerAccount.DoesNotExist.

    FOR NO KEY UPDATE: rows that point to the account may still be inserted by others meanwhile.
    """
    return BrokerAccount.objects.select_for_update(no_key=True).get(pk=account_id)
