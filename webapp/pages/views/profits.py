"""What the positions and the accounts behind them have won or lost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import redis
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_safe

from webapp.accounts.models import BrokerAccount, User
from webapp.bus import quotes
from webapp.bus.questions import NoAnswer, Refused
from webapp.pages.access import SignedInRequest, known_instrument, signed_in, visible_account
from webapp.pages.fragments import render_fragment
from webapp.trading import account_values, positions
from webapp.trading import profits as told
from webapp.trading.models import Instrument, Position
from webapp.trading.refusals import SessionNotReady

# The broker speaks of each about once a second while prices move.
CURRENT_FOR = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Line:
    """Of a position, or of an account code in all. `profit` is None while the broker hasn't spoken of it.

    It is in `currency`, the account code's own, which is None until the broker has named it. `moved_at` is when a price
    of what is held was last seen to move; None where nothing is held, or nobody looked.
    """

    label: str
    account_code: str
    profit: told.Profit | None
    currency: str | None
    moved_at: datetime | None

    @property
    def is_whole(self) -> bool:
        said = self.profit
        return said is not None and None not in (said.daily, said.unrealized, said.realized)

    @property
    def is_old(self) -> bool:
        """Prices went on without it. What doesn't change needs no news: a flat account, a market that is closed."""
        said = self.profit
        return said is not None and self.moved_at is not None and self.moved_at - said.at > CURRENT_FOR

    @property
    def as_of(self) -> datetime | None:
        """When the broker said it, where that was a while ago."""
        said = self.profit
        return said.at if said is not None and timezone.now() - said.at > CURRENT_FOR else None


@require_safe
@signed_in
def profits(request: SignedInRequest, account_id: UUID) -> HttpResponseBase:
    """Of all positions and of the account; with `con_id` in the address, of the positions in that instrument alone."""
    account, instrument = visible_account(request, account_id), _instrument(request)
    found, message = _ask(account)
    # Read after the answer was waited for: a position may have come or gone meanwhile.
    held = _positions(request.user, account, found, instrument)
    totals = _totals(account, found, held) if instrument is None else []
    context = {"account": account, "message": message, "held": held, "totals": totals}
    return render_fragment(request, "trade/profits.html", context | _about((*held, *totals), message))


def _instrument(request: SignedInRequest) -> Instrument | None:
    """Raises Http404 for a con_id that nobody knows."""
    return known_instrument(request.GET["con_id"]) if "con_id" in request.GET else None


def _about(lines: tuple[Line, ...], message: str) -> dict[str, object]:
    currencies, codes = {line.currency for line in lines}, {line.account_code for line in lines}
    return {
        "currency": currencies.pop() if len(currencies) == 1 else None,
        "has_several_codes": len(codes) > 1,
        "old": [line for line in lines if line.is_old],
        "unknown": not message and not all(line.is_whole for line in lines),
    }


def _ask(account: BrokerAccount) -> tuple[told.Profits, str]:
    """What the broker says, or why nobody can tell it."""
    try:
        return told.newest(account), ""
    except (SessionNotReady, NoAnswer, Refused) as reason:
        return {}, str(reason)


def _positions(user: User, account: BrokerAccount, found: told.Profits, instrument: Instrument | None) -> list[Line]:
    every = list(positions.of(user, account))
    currencies, moved = account_values.base_currencies(account), _moved(account, every)
    return [
        Line(
            row.instrument.name,
            row.account_code,
            found.get((row.account_code, row.instrument_id)),
            currencies.get(row.account_code),
            moved.get(row.instrument_id),
        )
        for row in every
        if instrument is None or row.instrument_id == instrument.pk
    ]


def _moved(account: BrokerAccount, held: Iterable[Position]) -> Mapping[int, datetime]:
    """By con_id, when its quote last changed. Empty of what nobody looks at, and while that can't be read."""
    try:
        newest = quotes.stored(account.pk, [row.instrument_id for row in held])
    except redis.RedisError:
        return {}
    return {con_id: seen.quote.at for con_id, seen in newest.items()}


def _totals(account: BrokerAccount, found: told.Profits, held: Iterable[Line]) -> list[Line]:
    codes = {*account.account_codes, *(code for code, con_id in found if con_id is None)}
    currencies = account_values.base_currencies(account)
    return [
        Line("Whole account", code, found.get((code, None)), currencies.get(code), _last_move(held, code))
        for code in sorted(codes)
    ]


def _last_move(held: Iterable[Line], code: str) -> datetime | None:
    moves = [line.moved_at for line in held if line.account_code == code and line.moved_at is not None]
    return max(moves, default=None)
