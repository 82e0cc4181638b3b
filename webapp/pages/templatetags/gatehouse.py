"""Template tags: cells that can be unknown, numbers, times, words."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from uuid import UUID

from django import template
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from brokers.domain import OrderSide, OrderStatus, TradingMode
from webapp.accounts import sessions
from webapp.accounts.alert_rows import Alert
from webapp.accounts.models import BrokerAccount
from webapp.pages import formats, order_words, session_words, words
from webapp.pages.columns import Column
from webapp.trading import display, price_steps
from webapp.trading.fills import FillBody
from webapp.trading.kill_switch.state import KillSwitchBody
from webapp.trading.models import Instrument, Watchlist
from webapp.trading.money import multiplier_of
from webapp.trading.orders import OrderBody
from webapp.trading.orders.history import ELSEWHERE
from webapp.trading.profits import Profit

register = template.Library()

DASH = "—"
# Whoever sells gets the bid, whoever buys pays the ask.
_SIDES = {"bid": OrderSide.SELL.value, "ask": OrderSide.BUY.value}
UNKNOWN = "Not known yet"


@register.simple_tag
def cell(field: str, text: str | None, kind: str = "number", label: str = "", unknown: str = UNKNOWN) -> SafeString:
    """A table cell that a script keeps current; a dash while `text` is None, with what `unknown` says of that."""
    known = format_html('data-field="{}" data-label="{}" data-unknown="{}"', field, label, unknown)
    if text is None:
        return format_html(
            '<td class="{} unknown" {} title="{}" aria-label="{}">{}</td>', kind, known, unknown, unknown, DASH
        )
    return format_html('<td class="{}" {}>{}</td>', kind, known, text)


@register.simple_tag
def profit_cell(profit: Profit | None, field: str) -> SafeString:
    """A cell of money won or lost: its sign says which, and its colour again; a dash while it isn't known."""
    cents = formats.rounded(getattr(profit, field) if profit is not None else None, 2)
    kind = "number" if not cents else "number gain" if cents > 0 else "number loss"
    return cell(field, formats.signed(cents, 2), kind)


@register.simple_tag(takes_context=True)
def display_attributes(context: dict[str, Any]) -> SafeString:
    """What the user chose to see, for scripts and styles."""
    settings = context.get("display") or display.of(context["request"].user)
    flashes, single_keys = (("yes" if on else "no") for on in (settings.flashes, settings.single_keys))
    attributes = 'data-palette="{}" data-flashes="{}" data-single-keys="{}"'
    return format_html(attributes, settings.palette, flashes, single_keys)


@register.simple_tag
def quote_cell(
    column: Column, instrument: Instrument, account: BrokerAccount | None, watchlist: Watchlist | None
) -> SafeString:
    """A cell of the watchlist, without its value: a quote comes to the browser alone.

    A bid and an ask open a ticket on the account whose screen it is, for who may trade on it.
    """
    side = _SIDES.get(column.field)
    if side is None or account is None or watchlist is None or not account.lets_trade:
        return cell(column.field, None, label=column.label)
    return format_html(
        '<td class="number quote" data-field="{}" data-label="{}"><a class="price {} unknown" data-side="{}" title="{}"'
        ' href="{}?con_id={}&amp;side={}&amp;watchlist={}" tabindex="-1">{}</a></td>',
        column.field, column.label, side.lower(), side,
        f"{side.capitalize()} {instrument.name} at the {column.field}",
        _ticket_address(account.id), instrument.con_id, side, watchlist.id, DASH,
    )  # fmt: skip


@lru_cache(maxsize=64)
def _ticket_address(account_id: UUID) -> str:
    """Two hundred rows name it twice each."""
    return reverse("pages:ticket", args=[account_id])


@register.filter
def alert_tone(alert: Alert) -> str:
    return words.alert_tone(alert)


@register.filter
def quantity(value: Decimal | str | None) -> str | None:
    return formats.number(value)


@register.filter
def price(value: Decimal | str | None, steps: str = "") -> str | None:
    return formats.number(value, formats.decimals_at(steps, value))


@register.filter
def average(value: Decimal | str | None, steps: str = "") -> str | None:
    return formats.average(value, formats.decimals_at(steps, value))


@register.filter
def money(value: Decimal | str | None) -> str | None:
    return formats.number(value, 2)


@register.filter
def steps_text(instrument: Instrument) -> str:
    """Its price steps, for an attribute that scripts read."""
    return price_steps.as_text(instrument)


@register.filter
def steps_words(instrument: Instrument) -> str:
    """Its price steps for people: `0.01`, or `0.0001 below 1, then 0.01`."""
    return words.all_steps(price_steps.as_text(instrument))


@register.filter
def multiplier(instrument: Instrument) -> Decimal | None:
    """None when nobody knows: a sum isn't said then."""
    return multiplier_of(instrument)


@register.filter
def plain(value: Decimal | str | None) -> str:
    """For an attribute or a field: digits alone, empty when there is no value."""
    return "" if value is None else formats.plain(value)


@register.filter
def moment(value: datetime | str | None) -> SafeString | str:
    """A time in UTC, which `times.js` turns into the reader's own."""
    if value is None:
        return DASH
    at = (datetime.fromisoformat(value) if isinstance(value, str) else value).astimezone(UTC)
    utc = f"{at:%Y-%m-%d %H:%M:%S} UTC"
    return format_html('<time datetime="{}" title="{}">{}</time>', at.isoformat(), utc, utc)


@register.filter
def ago(value: datetime | None) -> SafeString | str:
    """How long ago, as of when the page was made; the time itself behind it."""
    if value is None:
        return DASH
    at = value.astimezone(UTC)
    return format_html('<span title="{}">{}</span>', f"{at:%Y-%m-%d %H:%M:%S} UTC", words.ago(timezone.now() - at))


@register.filter
def state_words(body: dict[str, Any]) -> session_words.StateWords:
    """Of what an event says of a session."""
    return session_words.state_words(body)


@register.filter
def account_words(account: BrokerAccount) -> session_words.StateWords:
    return session_words.of_account(account)


@register.filter
def session_body(account: BrokerAccount) -> dict[str, Any]:
    return sessions.as_body(account.session)


@register.filter
def order_status(status: str) -> str:
    return words.ORDER_STATUSES[OrderStatus(status)][0]


@register.filter
def is_open(status: str) -> bool:
    return not OrderStatus(status).is_final


@register.filter
def order_tone(status: str) -> str:
    return words.ORDER_STATUSES[OrderStatus(status)][1]


@register.filter
def order_line(order: dict[str, Any]) -> str:
    """Of a body with its `price_steps`."""
    return order_words.order_line(order, name=order["name"], steps=order["price_steps"])


@register.filter
def terms_line(order: dict[str, Any], steps: str) -> str:
    return order_words.terms_line(order, steps)


@register.filter
def stop_words(order: dict[str, Any], steps: str) -> str | None:
    return order_words.stop_words(order, steps)


@register.filter
def exit_label(attached_as: str | None) -> str:
    return order_words.EXIT_LABELS.get(attached_as or "", "")


@register.filter
def order_key(order: OrderBody) -> str:
    """What a row of the order table is found by: our id, or the broker's for an order placed elsewhere."""
    perm_ids = order["perm_ids"]
    return order["client_order_id"] or (f"{ELSEWHERE}{perm_ids[0]}" if perm_ids else "")


@register.filter
def alerts_order(alert: Alert) -> str:
    """The order of an alert, as `order_key` names it: the subject of one placed elsewhere is the broker's id alone."""
    return f"{ELSEWHERE}{alert.subject}" if alert.subject.isdigit() else alert.subject


@register.filter
def kill_switch_words(body: KillSwitchBody) -> str:
    return words.kill_switch(body)


@register.filter
def commission(fill: FillBody) -> str | None:
    """With its own currency, which needn't be the trade's; None until the broker has reported it."""
    return _reported(formats.number(fill["commission"], 2), fill)


@register.filter
def realized_pnl(fill: FillBody) -> str | None:
    """In the commission's currency, with which it is reported; None where the broker reported none."""
    return _reported(formats.signed(formats.rounded(fill["realized_pnl"], 2), 2), fill)


def _reported(amount: str | None, fill: FillBody) -> str | None:
    return f"{amount} {fill['commission_currency'] or ''}".strip() if amount is not None else None


@register.filter
def mode_word(trading_mode: str) -> str:
    return words.TRADING_MODES[TradingMode(trading_mode)][0]


@register.filter
def mode_meaning(trading_mode: str) -> str:
    return words.TRADING_MODES[TradingMode(trading_mode)][1]
