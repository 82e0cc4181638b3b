"""The newest quotes for whoever asks once: a program's request, say. Screens and feeds have the stream."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from webapp.accounts.models import BrokerAccount
from webapp.bus import questions
from webapp.trading.models import Instrument
from webapp.trading.orders import standing
from webapp.trading.refusals import InstrumentUnknown

# Seconds. A stream that has to be opened first needs the broker's first word on it.
DEADLINE = 4.0


def newest(account: BrokerAccount, con_ids: Sequence[int]) -> dict[int, dict[str, Any] | None]:
    """By con_id, each as `bus.quotes.encode` tells it; None where the broker sent nothing in time.

    Asked of the account's worker, since what lies in Redis may be what was streamed an hour ago. Raises
    InstrumentUnknown, SessionNotReady, and what `questions.ask` raises.
    """
    known = set(Instrument.objects.filter(pk__in=con_ids).values_list("pk", flat=True))
    for con_id in con_ids:
        if con_id not in known:
            raise InstrumentUnknown(con_id)
    standing.require_quotes(account)
    answer = questions.ask(account.pk, "quotes", {"con_ids": list(con_ids)}, deadline=DEADLINE)
    found = {quote["con_id"]: quote for quote in map(json.loads, answer["quotes"])}
    return {con_id: found.get(con_id) for con_id in con_ids}
