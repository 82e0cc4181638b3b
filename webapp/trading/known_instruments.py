"""Instruments that some session has met before, whichever tenant's: they help when the broker can't be asked."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from brokers.filters import InstrumentFilter
from webapp.trading.models import Instrument
from webapp.trading.texts import clip

MOST_FOUND = 20


def named(text: str) -> QuerySet[Instrument]:
    """Instruments that some session has met before: exact ones first, then symbols that begin so, then names."""
    text = clip(text.strip(), 60)
    if not text:
        return Instrument.objects.none()
    begins = Q(symbol__istartswith=text) | Q(display_symbol__istartswith=text)
    found = Instrument.objects.filter(begins | Q(long_name__icontains=text) | Q(isin__iexact=text))
    return found.annotate(rank=_rank(text, begins)).order_by("rank", "display_symbol", "con_id")[:MOST_FOUND]


def _rank(text: str, begins: Q) -> Case:
    exact = Q(symbol__iexact=text) | Q(display_symbol__iexact=text) | Q(isin__iexact=text)
    return Case(When(exact, then=Value(0)), When(begins, then=Value(1)), default=2, output_field=IntegerField())


def fitting(asked: InstrumentFilter) -> QuerySet[Instrument]:
    """Instruments that some session has met before, by a filter's terms; a chain's are not among them."""
    named = _is_any(asked.symbol, "symbol", "display_symbol", "local_symbol") & _is_any(asked.pair, "display_symbol")
    placed = _is_any(asked.exchange, "exchange", "primary_exchange")
    if asked.exchange:
        placed |= Q(valid_exchanges__contains=[asked.exchange])
    said = {"security_type": asked.sec_type, "strike": asked.strike, "right": asked.right}
    terms = Q(**{name: value for name, value in said.items() if value is not None})
    rest = _is_any(asked.currency, "currency") & _is_any(asked.sec_id, "isin")
    found = Instrument.objects.filter(named & placed & terms & rest & _ends(asked.last_trade_date_or_contract_month))
    return found.order_by("display_symbol", "con_id")[:MOST_FOUND]


def _is_any(text: str, *columns: str) -> Q:
    """Nothing is asked for by an empty text."""
    asked = Q()
    for column in columns:
        asked |= Q(**{f"{column}__iexact": text}) if text else Q()
    return asked


def _ends(day_or_month: str) -> Q:
    """`20180921` is the last day, `201809` the month of the contract, or the one in which it ends."""
    if len(day_or_month) == 8:
        return Q(expiry=datetime.strptime(day_or_month, "%Y%m%d").date())  # noqa: DTZ007 - a day has no zone
    if not day_or_month:
        return Q()
    ends = Q(expiry__year=int(day_or_month[:4]), expiry__month=int(day_or_month[4:]))
    return ends | Q(contract_month=day_or_month)
