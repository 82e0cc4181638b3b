"""What the positions and the accounts behind them have won or lost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_safe

from webapp.accounts.models import BrokerAccount, User
from webapp.bus.questions import NoAnswer, Refused
from webapp.pages.access import SignedInRequest, known_instrument, signed_in, visible_account
from webapp.pages.fragments import render_fragment
from webapp.trading import account_values, positions
from webapp.trading import profits as told
from webapp.trading.models import Instrument
from webapp.trading.refusals import SessionNotReady

# The broker speaks of each about once a second while prices move.
CURRENT_FOR = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Line:
    """Of a position, or of an account code in all. `profit` is None while the broker hasn't spoken of it.

    It is in `currency`, the account code's own, which is None until the broker has named it.
    """

    label: str
    account_code: str
    profit: told.Profit | None
    currency: str | None

    @property
    def is_whole(self) -> bool:
        said = self.profit
        return said is not None and None not in (said.daily, said.unrealized, said.realized)

    @property
    def is_old(self) -> bool:
        return self.profit is not None and timezone.now() - self.profit.at > CURRENT_FOR


@require_safe
@signed_in
def profits(request: SignedInRequest, account_id: UUID) -> HttpResponseBase:
    """Of all positions and of the account; with `con_id` in the address, of the positions in that instrument alone."""
    account, instrument = visible_account(request, account_id), _instrument(request)
    found, message = _ask(account)
    # Read after the answer was waited for: a position may have come or gone meanwhile.
    held = _positions(request.user, account, found, instrument)
    totals = _totals(account, found) if instrument is None else []
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
    held = positions.of(user, account)
    currencies = account_values.base_currencies(account)
    return [
        Line(
            row.instrument.name,
            row.account_code,
            found.get((row.account_code, row.instrument_id)),
            currencies.get(row.account_code),
        )
        for row in (held if instrument is None else held.filter(instrument=instrument))
    ]


def _totals(account: BrokerAccount, found: told.Profits) -> list[Line]:
    codes = {*account.account_codes, *(code for code, con_id in found if con_id is None)}
    currencies = account_values.base_currencies(account)
    return [Line("Whole account", code, found.get((code, None)), currencies.get(code)) for code in sorted(codes)]
