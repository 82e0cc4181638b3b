"""Broker accounts and their sessions: list, connect, follow, start, stop, enter the password again."""

from __future__ import annotations

import logging
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from webapp.accounts import connect as connecting
from webapp.accounts import credentials, gateway_log, live_trading, restarts, selectors, sessions
from webapp.accounts.models import AccountEvent, BrokerAccount
from webapp.accounts.refusals import AccountInvalid, SessionRefused
from webapp.accounts.sealing import SealingFailed
from webapp.pages import past, session_words, words
from webapp.pages.access import SignedInRequest, owned_account, signed_in, visible_account
from webapp.pages.forms import ConnectForm, LoginForm
from webapp.trading.kill_switch import state as kill_switch

EVENTS_SHOWN = 20
TOLD = (AccountEvent.Kind.SESSION, AccountEvent.Kind.ALERT, AccountEvent.Kind.LIVE_TRADING)

logger = logging.getLogger(__name__)


@require_safe
@signed_in
def index(request: SignedInRequest) -> HttpResponseBase:
    seen = selectors.accounts_of(request.user)
    context = {
        "accounts": [account for account in seen if account.is_own],
        "shared": [account for account in seen if not account.is_own],
        "invitations": selectors.invitations_of(request.user),
    }
    return render(request, "accounts/index.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("username", "password")
@signed_in
def connect(request: SignedInRequest) -> HttpResponseBase:
    form = ConnectForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        account = _connected(request, form)
        if account:
            return redirect("pages:session", account.id)
    return render(request, "accounts/connect.html", {"form": form}, status=_status_of(form))


@sensitive_variables()
def _connected(request: SignedInRequest, form: ConnectForm) -> BrokerAccount | None:
    entered = form.cleaned_data
    try:
        return connecting.connect_account(
            user=request.user,
            name=form.account_name(),
            trading_mode=entered["trading_mode"],
            username=entered["username"],
            password=entered["password"],
        )
    except AccountInvalid as invalid:
        form.carry(invalid.errors)
    except SealingFailed:
        _say_unsealed(form)
    return None


@require_safe
@signed_in
def session(request: SignedInRequest, account_id: UUID) -> HttpResponseBase:
    account = visible_account(request, account_id)
    told = account.events.filter(kind__in=TOLD).order_by("-number")[:EVENTS_SHOWN]
    context = {
        **session_context(account),
        "past": past.lines(told),
        "steps": session_words.STEPS,
        "restart_at": restarts.restart_at(account),
        "restart_zone": settings.RESTART_TIME_ZONE,
        "restart_minutes": settings.RESTART_WINDOW // timedelta(minutes=1),
    }
    return render(request, "accounts/session.html", context)


def session_context(account: BrokerAccount) -> dict[str, object]:
    """What the banner and the session's panel show, on every page of one account."""
    body = sessions.as_body(account.session)
    said = session_words.state_words(body)
    return {
        "account": account,
        "session": body,
        "state_words": said,
        "reason": session_words.more_than(said.label, body["reason"]),
        "why_not_ready": session_words.why_not_ready(said.label, body["reason"]),
        "actions": session_words.actions(body),
        "may_trade": words.may_trade(account.may_trade, account.may_trade_reason),
        "words": words.as_json(),
        "kill_switch": kill_switch.as_body(account.pk),
        "live_trading": live_trading.as_body(account),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("username", "password")
@signed_in
def password(request: SignedInRequest, account_id: UUID) -> HttpResponseBase:
    account = owned_account(request, account_id)
    form = LoginForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _stored(account, form):
        return _started(request, account)
    context = {**session_context(account), "form": form}
    return render(request, "accounts/password.html", context, status=_status_of(form))


@sensitive_variables()
def _stored(account: BrokerAccount, form: LoginForm) -> bool:
    entered = form.cleaned_data
    try:
        credentials.store(account=account, username=entered["username"], password=entered["password"])
    except AccountInvalid as invalid:
        form.carry(invalid.errors)
        return False
    except SealingFailed:
        _say_unsealed(form)
        return False
    return True


def _say_unsealed(form: LoginForm) -> None:
    """The cause is a path of this server's: for its log, not for its users."""
    logger.exception("a broker login could not be sealed")
    form.add_error(None, "This server can't seal a login just now, so nothing was stored. Tell your administrator.")


def _status_of(form: LoginForm) -> int:
    """What is wrong with no field is wrong with the server."""
    if not form.errors:
        return 200
    return 503 if form.non_field_errors() else 422


@require_POST
@signed_in
def start(request: SignedInRequest, account_id: UUID) -> HttpResponseBase:
    return _started(request, owned_account(request, account_id))


def _started(request: SignedInRequest, account: BrokerAccount) -> HttpResponseBase:
    try:
        sessions.request_start(account.id)
    except SessionRefused as refused:
        messages.error(request, str(refused))
    return redirect("pages:session", account.id)


@require_POST
@signed_in
def again(request: SignedInRequest, account_id: UUID) -> HttpResponseBase:
    """The login anew, with another message to the phone: the gateway is stopped and started."""
    account = owned_account(request, account_id)
    try:
        sessions.request_restart(account.id)
    except SessionRefused as refused:
        messages.error(request, str(refused))
    return redirect("pages:session", account.id)


@require_POST
@signed_in
def stop(request: SignedInRequest, account_id: UUID) -> HttpResponseBase:
    account = owned_account(request, account_id)
    sessions.request_stop(account.id)
    return redirect("pages:session", account.id)


@require_POST
@signed_in
def restart(request: SignedInRequest, account_id: UUID) -> HttpResponseBase:
    """When the nightly restart is expected."""
    account = owned_account(request, account_id)
    try:
        restarts.choose(account=account, at=request.POST.get("restart_at", ""))
    except AccountInvalid as invalid:
        messages.error(request, invalid.errors["restart_at"])
    return redirect("pages:session", account.id)


@require_safe
@signed_in
def log(request: SignedInRequest, account_id: UUID) -> HttpResponseBase:
    """Of the account's gateway, asked of the worker that has it."""
    account = owned_account(request, account_id)
    read = gateway_log.read(account.id)
    return render(
        request, "accounts/log.html", {**session_context(account), "lines": read.lines, "why_none": read.why_none}
    )
