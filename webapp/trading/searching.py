"""Finding instruments: the broker is asked first, and what is known already helps when it doesn't answer.

What is asked for is a text (a symbol, a name, a currency pair, an ISIN), or a filter in IB's own field names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from brokers.domain import SecurityType, SessionState
from brokers.filters import IB_NAMES, InstrumentFilter, isin, read_filter
from brokers.refusals import FilterRefused
from webapp.accounts.models import BrokerAccount
from webapp.bus import questions
from webapp.trading import known_instruments
from webapp.trading.models import Instrument
from webapp.trading.refusals import SearchInvalid

LONGEST_TEXT = 40
# What a search form asks for beside the text.
TERMS = ("secType", "exchange", "currency", "lastTradeDateOrContractMonth", "strike", "right")

_PAIR = re.compile(r"[A-Z]{3}[./ ]?[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class Found:
    """`message` says why the broker's own answer is missing; empty when it is there.

    `known_earlier` are the con_ids that come from what some session met before, and not from the broker's answer now.
    `total` is how many the broker has; it lists no more than the first of them.
    """

    instruments: list[Instrument]
    message: str = ""
    known_earlier: frozenset[int] = frozenset()
    total: int = 0


def problem(text: str) -> str:
    """What is wrong with a search text, in a sentence; empty when nothing is."""
    if not text:
        return "Type a symbol or a name, AAPL or EUR.USD for example."
    if len(text) > LONGEST_TEXT:
        return f"A search has at most {LONGEST_TEXT} characters; this one has {len(text)}."
    if not text.isprintable():
        return "The search holds a control character. Type it instead of pasting it."
    return ""


def find(account: BrokerAccount, text: str) -> Found:
    """What the broker lists for `text`, in its order, then what is known besides. `problem` has nothing against it."""
    return _found(account, {"text": text}, list(known_instruments.named(text)))


def find_fitting(account: BrokerAccount, text: str, terms: Mapping[str, str]) -> Found:
    """All that fits a filter of `terms`, by IB's field names, on what `text` names: a symbol, a pair or an ISIN.

    Raises SearchInvalid, which names the field that is wrong, without having asked anybody.
    """
    asked = {**_named(text, terms.get("secType", "")), **{name: value for name, value in terms.items() if value}}
    return _found(account, {"filter": asked}, list(known_instruments.fitting(_read(asked))))


def _named(text: str, kind: str) -> dict[str, str]:
    name = text.upper()
    if found := isin(name):
        return {"secIdType": "ISIN", "secId": found}
    if kind.upper() == SecurityType.CASH and _PAIR.fullmatch(name):
        return {"pair": name}
    return {"symbol": name} if name else {}


def _read(asked: dict[str, str]) -> InstrumentFilter:
    try:
        return read_filter(asked)
    except FilterRefused as refusal:
        raise SearchInvalid(str(refusal), field=_field_in(str(refusal))) from refusal


def _field_in(sentence: str) -> str:
    """A filter's refusals begin with the field that they are about."""
    found = re.match(r"The filter's (\w+)", sentence)
    return found[1] if found is not None and found[1] in IB_NAMES.values() else ""


def _found(account: BrokerAccount, asked: dict[str, Any], known: list[Instrument]) -> Found:
    if not SessionState(account.session.state).takes_orders:
        message = "The session isn't ready, so only instruments that were seen before are listed."
        return Found(known, message, _con_ids(known))
    try:
        answer = questions.ask(account.id, "search", asked)
    except (questions.NoAnswer, questions.Refused) as reason:
        return Found(known, str(reason), _con_ids(known))
    return _merged(answer["con_ids"], known, answer.get("total", 0))


def _merged(con_ids: list[int], known: list[Instrument], total: int) -> Found:
    rows = Instrument.objects.in_bulk(con_ids)
    listed = [rows[con_id] for con_id in con_ids if con_id in rows]
    besides = [instrument for instrument in known if instrument.con_id not in rows]
    return Found([*listed, *besides], known_earlier=_con_ids(besides), total=total)


def _con_ids(rows: list[Instrument]) -> frozenset[int]:
    return frozenset(row.con_id for row in rows)
