"""Requests about money and positions."""

from __future__ import annotations

from brokers.simulator.api.requests.base import Request, RequestRefused
from brokers.simulator.connections.account_subscriptions import (
    EVERY_ACCOUNT,
    ProfitSubscription,
    SummarySubscription,
    UpdatesSubscription,
    WindowSubscription,
)
from brokers.simulator.connections.session import Session
from brokers.simulator.gateway import Gateway
from brokers.simulator.messages import account as messages
from brokers.simulator.messages.session import NO_REQUEST
from brokers.simulator.wire import Fields

# IB serves two account summaries at a time to a client.
SUMMARIES = 2

_EVERYONE = "All"


def request_account_updates(gateway: Gateway, session: Session, fields: Fields) -> None:
    """One account's window at a time: a second account takes the place of the first, with a notice."""
    fields.skip()
    subscribe, account = fields.flag(), fields.text()
    fields.finish()
    if not subscribe:
        session.accounts.window = None
        return
    chosen = account or gateway.account_code
    _check_account(gateway, NO_REQUEST, chosen)
    _warn_of_replacement(session, chosen)
    session.accounts.window = WindowSubscription(chosen)
    gateway.accounts.send_window(session)
    session.send(messages.account_download_end(chosen))


def _warn_of_replacement(session: Session, account: str) -> None:
    """https://interactivebrokers.github.io/tws-api/message_codes.html, 2100."""
    if session.accounts.window is not None and session.accounts.window.account != account:
        text = "New account data requested from TWS. API client has been unsubscribed from account data."
        session.error(NO_REQUEST, 2100, text)


def request_positions(gateway: Gateway, session: Session, fields: Fields) -> None:
    fields.skip()
    fields.finish()
    session.accounts.wants_positions = True
    gateway.accounts.send_positions(session)
    session.send(messages.position_end())


def cancel_positions(_gateway: Gateway, session: Session, fields: Fields) -> None:
    fields.skip()
    fields.finish()
    session.accounts.wants_positions = False


def request_account_summary(gateway: Gateway, session: Session, fields: Fields) -> None:
    fields.skip()
    request_id, group, tags = fields.integer(), fields.text(), fields.text()
    fields.finish()
    _check_group(request_id, group)
    _check_summaries(session, request_id)
    named = frozenset(tag.strip() for tag in tags.split(","))
    session.accounts.summaries[request_id] = SummarySubscription(named)
    gateway.accounts.send_summary(session, request_id)
    session.send(messages.account_summary_end(request_id))


def _check_group(request_id: int, group: str) -> None:
    """Groups are an advisor's; everybody else's is All."""
    if group != _EVERYONE:
        text = f"Error validating request.-'bu' : cause - Unknown account group '{group}'"
        raise RequestRefused(request_id, 321, text)


def _check_summaries(session: Session, request_id: int) -> None:
    if request_id not in session.accounts.summaries and len(session.accounts.summaries) >= SUMMARIES:
        text = "Error processing request.-'bu' : cause - Maximum number of account summary requests exceeded"
        raise RequestRefused(request_id, 322, text)


def cancel_account_summary(_gateway: Gateway, session: Session, fields: Fields) -> None:
    fields.skip()
    session.accounts.summaries.pop(fields.integer(), None)
    fields.finish()


def request_positions_multi(gateway: Gateway, session: Session, fields: Fields) -> None:
    fields.skip()
    request_id, account = _read_account(gateway, fields)
    fields.finish()
    session.accounts.positions[request_id] = account
    gateway.accounts.send_positions_of(session, request_id)
    session.send(messages.position_multi_end(request_id))


def cancel_positions_multi(_gateway: Gateway, session: Session, fields: Fields) -> None:
    fields.skip()
    session.accounts.positions.pop(fields.integer(), None)
    fields.finish()


def request_account_updates_multi(gateway: Gateway, session: Session, fields: Fields) -> None:
    fields.skip()
    request_id, account = _read_account(gateway, fields)
    is_light = fields.flag()
    fields.finish()
    session.accounts.updates[request_id] = UpdatesSubscription(account, is_light)
    gateway.accounts.send_updates(session, request_id)
    session.send(messages.account_update_multi_end(request_id))


def cancel_account_updates_multi(_gateway: Gateway, session: Session, fields: Fields) -> None:
    fields.skip()
    session.accounts.updates.pop(fields.integer(), None)
    fields.finish()


def _read_account(gateway: Gateway, fields: Fields) -> tuple[int, str]:
    """The request's id, and the account that it names: none, or All, are every one."""
    request_id, account = fields.integer(), fields.text()
    _refuse_model(request_id, fields.text())
    if account in ("", _EVERYONE):
        return request_id, EVERY_ACCOUNT
    _check_account(gateway, request_id, account)
    return request_id, account


def request_pnl(gateway: Gateway, session: Session, fields: Fields) -> None:
    request_id, account = _read_owner(gateway, fields)
    fields.finish()
    session.accounts.profits[request_id] = ProfitSubscription(account)
    gateway.accounts.send_profit(session, request_id)


def request_pnl_single(gateway: Gateway, session: Session, fields: Fields) -> None:
    request_id, account = _read_owner(gateway, fields)
    con_id = fields.integer()
    fields.finish()
    if gateway.catalogue.get(con_id) is None:
        raise RequestRefused(request_id, 2150, "Invalid position trade derived value")
    session.accounts.profits[request_id] = ProfitSubscription(account, con_id)
    gateway.accounts.send_profit(session, request_id)


def _read_owner(gateway: Gateway, fields: Fields) -> tuple[int, str]:
    """The request's id, and the one account that it is about. With several behind the login, it has to name one."""
    request_id, account = fields.integer(), fields.text()
    _refuse_model(request_id, fields.text())
    if not account and len(gateway.accounts_by_code) > 1:
        raise RequestRefused(request_id, 321, "Error validating request.-'a0' : cause - You must specify an account.")
    chosen = account or gateway.account_code
    _check_account(gateway, request_id, chosen)
    return request_id, chosen


def cancel_profit(_gateway: Gateway, session: Session, fields: Fields) -> None:
    session.accounts.profits.pop(fields.integer(), None)
    fields.finish()


def request_family_codes(gateway: Gateway, session: Session, fields: Fields) -> None:
    """Several accounts of one login are listed; a single one without a family is a star."""
    fields.finish()
    codes = list(gateway.accounts_by_code)
    session.send(messages.family_codes(codes if len(codes) > 1 else ["*"]))


def _refuse_model(request_id: int, model: str) -> None:
    """Models are an advisor's too."""
    if model:
        raise RequestRefused(request_id, 321, f"Error validating request.-'a0' : cause - Invalid model code '{model}'")


def _check_account(gateway: Gateway, request_id: int, account: str) -> None:
    if account not in gateway.accounts_by_code:
        text = f"Error validating request.-'a0' : cause - Invalid account code '{account}'"
        raise RequestRefused(request_id, 321, text)


REQUESTS: dict[int, Request] = {
    6: request_account_updates,
    61: request_positions,
    62: request_account_summary,
    63: cancel_account_summary,
    64: cancel_positions,
    74: request_positions_multi,
    75: cancel_positions_multi,
    76: request_account_updates_multi,
    77: cancel_account_updates_multi,
    80: request_family_codes,
    92: request_pnl,
    93: cancel_profit,
    94: request_pnl_single,
    95: cancel_profit,
}
