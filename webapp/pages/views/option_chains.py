"""The options on an instrument: of one expiry, its calls left and its puts right of the strikes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from brokers.domain import Right
from webapp.accounts.models import BrokerAccount, User
from webapp.pages import asking, blanks
from webapp.pages.access import SignedInRequest, known_instrument, signed_in, visible_account
from webapp.pages.fragments import render_fragment
from webapp.pages.steps import with_price_steps
from webapp.pages.views.instruments import ROWS_SHOWN, instrument_context
from webapp.trading import orders
from webapp.trading.models import Instrument

# Longer than any key of ours: what comes from an address may be anything.
LONGEST_KEY = 60


@dataclass(frozen=True, slots=True)
class Expiry:
    """One choice: a day and, since a day can have options of several classes, the trading class."""

    day: date
    trading_class: str
    days_left: int

    @property
    def key(self) -> str:
        return f"{self.day}.{self.trading_class}"


@dataclass(frozen=True, slots=True)
class StrikeRow:
    strike: Decimal
    call: Instrument | None
    put: Instrument | None


@require_safe
@signed_in
def page(request: SignedInRequest, account_id: UUID, con_id: int) -> HttpResponseBase:
    account, instrument = visible_account(request, account_id), known_instrument(con_id)
    context = {
        "last_event_number": account.last_event_number,
        **instrument_context(account, instrument),
        **blanks.ROWS,
        "orders": _orders(request.user, account, instrument),
        "orders_of": f"options on {instrument.name}",
        "wanted": request.GET.get("expiry", "")[:LONGEST_KEY],
    }
    return render(request, "instruments/options.html", context)


def _orders(user: User, account: BrokerAccount, underlying: Instrument) -> list[dict[str, Any]]:
    """Of the options on it."""
    shown = orders.open_and_newest(user, account, ROWS_SHOWN).filter(instrument__under_con_id=underlying.con_id)
    return [with_price_steps(orders.as_body(order), order.instrument) for order in shown]


@require_safe
@signed_in
def chain(request: SignedInRequest, account_id: UUID, con_id: int) -> HttpResponseBase:
    """The fragment with one expiry's options: the one that the address names, else the nearest."""
    account, instrument = visible_account(request, account_id), known_instrument(con_id)
    wanted = request.GET.get("expiry", "")[:LONGEST_KEY]
    context: dict[str, Any] = {"account": account, "instrument": instrument, "wanted": wanted}
    try:
        context |= _chain(account, instrument, wanted)
    except (asking.NoAnswer, asking.Refused) as reason:
        context["message"] = str(reason)
    return render_fragment(request, "instruments/chain.html", context)


def _chain(account: BrokerAccount, underlying: Instrument, wanted: str) -> dict[str, Any]:
    """Raises NoAnswer or Refused."""
    answer = asking.ask(account, "option_series", {"con_id": underlying.con_id})
    expiries = _expiries(answer["series"], timezone.now().date())
    if not expiries:
        return {"expiries": []}
    chosen = next((one for one in expiries if one.key == wanted), expiries[0])
    asked = {"con_id": underlying.con_id, "expiry": chosen.day.isoformat(), "trading_class": chosen.trading_class}
    listed = asking.ask(account, "options", asked)["con_ids"]
    return {"expiries": expiries, "chosen": chosen, "rows": rows_of(Instrument.objects.filter(con_id__in=listed))}


def _expiries(series: Iterable[dict[str, Any]], today: date) -> list[Expiry]:
    """The nearest first, and none that is over."""
    days = ((date.fromisoformat(day), one["trading_class"]) for one in series for day in one["expiries"])
    return [Expiry(day, name, (day - today).days) for day, name in sorted(days) if day >= today]


def rows_of(options: Iterable[Instrument]) -> list[StrikeRow]:
    """By strike; a strike that has a call alone, or a put alone, has a place left empty."""
    sides: dict[Decimal, dict[str, Instrument]] = {}
    for option in options:
        if option.strike is not None:
            sides.setdefault(option.strike, {})[option.right] = option
    return [StrikeRow(strike, sides[strike].get(Right.CALL), sides[strike].get(Right.PUT)) for strike in sorted(sides)]
