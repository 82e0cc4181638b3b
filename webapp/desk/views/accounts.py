"""Accounts across users: the list, and one account's session."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from brokers.domain import SessionState, TradingMode
from webapp.accounts import gateway_log, people, sessions, suspension
from webapp.accounts.models import BrokerAccount
from webapp.accounts.refusals import AccountInvalid, SessionRefused
from webapp.audit import recording as audit
from webapp.audit import searching
from webapp.desk import overview
from webapp.desk.access import LET_TRADE, OPERATE, STOP_TRADING, any_account, for_staff
from webapp.desk.confirming import is_confirmed
from webapp.desk.overview import Narrowing
from webapp.pages.access import SignedInRequest
from webapp.pages.words import may_trade
from webapp.trading import orders
from webapp.trading.kill_switch import engaging, state

ROWS, ENTRIES = 50, 20


@require_safe
@for_staff()
def index(request: SignedInRequest) -> HttpResponseBase:
    narrowing = Narrowing.read(request.GET)
    page = Paginator(overview.found(narrowing), ROWS).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": overview.rows(page.object_list),
        "narrowing": narrowing,
        "states": list(SessionState),
        "modes": list(TradingMode),
        "shown": {word: label for word, (label, _) in overview.SHOWN.items()},
        "kill_switch": state.for_all_as_body(),
    }
    return render(request, "desk/accounts.html", context)


@require_safe
@for_staff()
def account(request: SignedInRequest, account_id: UUID) -> HttpResponseBase:
    """One account's session; no order, no position and no money of its owner's. Each look is in the audit log."""
    shown = any_account(account_id)
    audit.record(audit.Action.ACCOUNT_LOOKED_AT, account=shown)
    context = _session_context(shown) | {"entries": searching.of_account(shown.pk)[:ENTRIES]}
    return render(request, "desk/account.html", context)


@require_safe
@for_staff()
def session(request: SignedInRequest, account_id: UUID) -> HttpResponseBase:
    """The page's own card, which it renews every few seconds: one look is one entry."""
    return render(request, "desk/account_session.html", _session_context(any_account(account_id)))


def _session_context(shown: BrokerAccount) -> dict[str, Any]:
    return {
        "account": shown,
        "suspended": suspension.in_words(shown),
        "kill_switch": state.as_body(shown.pk),
        "may_trade": may_trade(shown.may_trade, shown.may_trade_reason),
        "row": overview.rows([shown])[0],
        "open_orders": orders.open_count(shown),
    }


@require_POST
@for_staff(OPERATE)
def start(request: SignedInRequest, account_id: UUID) -> HttpResponseBase:
    return _asked(request, any_account(account_id), sessions.request_start, "A start was asked for.")


@require_POST
@for_staff(OPERATE)
def stop(request: SignedInRequest, account_id: UUID) -> HttpResponseBase:
    return _asked(request, any_account(account_id), sessions.request_stop, "A stop was asked for.")


@require_POST
@for_staff(OPERATE)
def restart(request: SignedInRequest, account_id: UUID) -> HttpResponseBase:
    return _asked(request, any_account(account_id), sessions.request_restart, "A restart was asked for.")


def _asked(request: SignedInRequest, account: BrokerAccount, ask: Any, said: str) -> HttpResponseBase:
    try:
        ask(account.pk)
    except SessionRefused as refusal:
        messages.error(request, f"{account.name} of {account.user}: {refusal}")
    else:
        messages.success(request, f"{account.name} of {account.user}: {said}")
    return _back(request, account)


@require_POST
@for_staff(OPERATE)
def suspend(request: SignedInRequest, account_id: UUID) -> HttpResponseBase:
    account = any_account(account_id)
    try:
        people.suspend_account(account=account, reason=request.POST.get("reason", ""))
    except AccountInvalid as invalid:
        messages.error(request, " ".join(invalid.errors.values()))
    return _back(request, account)


@require_POST
@for_staff(OPERATE)
def resume(request: SignedInRequest, account_id: UUID) -> HttpResponseBase:
    sessions.resume(account_id)
    return _back(request, any_account(account_id))


@require_POST
@for_staff(STOP_TRADING)
def engage(request: SignedInRequest, account_id: UUID) -> HttpResponseBase:
    account = any_account(account_id)
    if is_confirmed(request, "STOP"):
        engaging.engage(account=account, by=request.user, reason=request.POST.get("reason", "").strip())
    return _back(request, account)


@require_POST
@for_staff(LET_TRADE)
def release(request: SignedInRequest, account_id: UUID) -> HttpResponseBase:
    account = any_account(account_id)
    engaging.release(account=account)
    return _back(request, account)


@require_safe
@for_staff()
def log(request: SignedInRequest, account_id: UUID) -> HttpResponseBase:
    account = any_account(account_id)
    audit.record(audit.Action.LOG_READ, account=account)
    read = gateway_log.read(account.pk)
    context = {"account": account, "lines": read.lines, "why_none": read.why_none}
    return render(request, "desk/log.html", context)


def _back(request: SignedInRequest, account: BrokerAccount) -> HttpResponseBase:
    """To the list as it was narrowed, where the button stood there."""
    if "narrowing" in request.POST:
        query = request.POST["narrowing"].lstrip("?")
        return redirect(f"/desk/?{query}" if query else "desk:accounts")
    return redirect("desk:account", account.pk)
