"""The owner's side of the limits: read, checked, kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.db import transaction

from brokers.domain import SecurityType
from webapp.accounts import events
from webapp.accounts.models import AccountEvent, BrokerAccount
from webapp.audit import recording as audit
from webapp.trading.amounts import AmountInvalid, parse, plain, plain_or_none, shown
from webapp.trading.locks import hold
from webapp.trading.models import Instrument, RiskLimits

WIDEST_BAND = Decimal(1000)


class LimitsInvalid(Exception):
    """`errors` maps a field's name to what is wrong with its value."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {text}" for field, text in errors.items()))
        self.errors = errors


def limits_of(account: BrokerAccount) -> RiskLimits:
    """The account's limits; where none were ever set, the ones of a new account, which have no row."""
    return RiskLimits.objects.filter(account=account).first() or RiskLimits(account=account)


def set_limits(
    *,
    account: BrokerAccount,
    max_quantity: object = None,
    max_notional: object = None,
    notional_currency: object = "",
    price_band_percent: object = None,
    fresh_quote: bool = True,
    security_types: Iterable[str] = (),
    con_ids: Iterable[object] = (),
) -> RiskLimits:
    """Replace the account's limits, and tell its browsers. Empty text and None take a limit away.

    Amounts are text, int or Decimal. Raises LimitsInvalid with a text per field; nothing is changed then.
    """
    wanted = _checked(
        {
            "max_quantity": lambda: _amount(max_quantity),
            "max_notional": lambda: _amount(max_notional),
            "notional_currency": lambda: _currency(notional_currency, needed=bool(max_notional)),
            "price_band_percent": lambda: _band(price_band_percent),
            "security_types": lambda: _security_types(security_types),
            "instruments": lambda: _instruments(con_ids),
        }
    )
    allowed = wanted.pop("instruments")
    with transaction.atomic():
        hold(account.pk)
        before = limits_body(limits_of(account))
        limits, _ = RiskLimits.objects.update_or_create(
            account=account, defaults={**wanted, "fresh_quote": fresh_quote}
        )
        limits.instruments.set(allowed)
        audit.record(audit.Action.LIMITS_CHANGED, account=account, before=before, after=limits_body(limits))
        _tell(limits)
    return limits


def _checked(readers: Mapping[str, Callable[[], Any]]) -> dict[str, Any]:
    """Every field is judged, so that all errors show at once."""
    read: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for field, reader in readers.items():
        try:
            read[field] = reader()
        except (AmountInvalid, ValueError) as refusal:
            errors[field] = str(refusal)
    if errors:
        raise LimitsInvalid(errors)
    return read


def _amount(value: object) -> Decimal | None:
    if value is None or value == "":
        return None
    amount = parse(value)
    if amount <= 0:
        raise AmountInvalid(f"A limit is more than 0, not {plain(amount)}. Leave it empty for no limit.")
    return amount


def _band(value: object) -> Decimal | None:
    band = _amount(value)
    if band is None:
        return None
    if band > WIDEST_BAND or band != round(band, 2):
        raise AmountInvalid(f"{plain(band)} is no percentage from 0.01 to {plain(WIDEST_BAND)} with two decimals.")
    return band


def _currency(value: object, *, needed: bool) -> str:
    currency = str(value or "").strip().upper()
    if not needed:
        return currency[:10]
    if not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
        raise ValueError(f"{shown(value)} is no currency. Write its three letters, USD for example.")
    return currency


def _security_types(values: Iterable[str]) -> list[str]:
    wanted = list(dict.fromkeys(values))
    unknown = [value for value in wanted if value not in list(SecurityType)]
    if unknown:
        raise ValueError(f"{shown(unknown[0])} is not a security type. It is one of {', '.join(SecurityType)}.")
    return wanted


def _instruments(con_ids: Iterable[object]) -> list[Instrument]:
    texts = [str(con_id) for con_id in con_ids]
    wrong = [text for text in texts if not (text.isascii() and text.isdigit() and len(text) <= 18)]
    if wrong:
        raise ValueError(f"{shown(wrong[0])} is not an instrument's number.")
    found = Instrument.objects.in_bulk([int(text) for text in texts])
    missing = [text for text in texts if int(text) not in found]
    if missing:
        raise ValueError(f"There is no instrument {shown(missing[0])} here. Search for it first.")
    return list(found.values())


def _tell(limits: RiskLimits) -> None:
    events.append(account_id=limits.account_id, kind=AccountEvent.Kind.LIMITS, subject="", body=limits_body(limits))


def limits_body(limits: RiskLimits) -> dict[str, Any]:
    """As browsers and programs get them; amounts are plain decimal strings, null is no limit."""
    return {
        "max_quantity": plain_or_none(limits.max_quantity),
        "max_notional": plain_or_none(limits.max_notional),
        "notional_currency": limits.notional_currency,
        "price_band_percent": plain_or_none(limits.price_band_percent),
        "fresh_quote": limits.fresh_quote,
        "security_types": limits.security_types,
        "con_ids": sorted(limits.instruments.values_list("pk", flat=True)) if limits.pk else [],
    }
