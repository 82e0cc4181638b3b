"""Requests about money and positions."""

from __future__ import annotations

from brokers.simulator.gateway import Gateway
from brokers.simulator.messages import account as messages
from brokers.simulator.messages.session import NO_REQUEST
from brokers.simulator.requests.base import Request, RequestRefused
from brokers.simulator.session import Session, SummarySubscription
from brokers.simulator.wire import Fields

# IB serves two account summaries at a time to a client.
SUMMARIES = 2


def request_account_updates(gateway: Gateway, session: Session, fields: Fields) -> None:
    fields.skip()
    subscribe, account = fields.flag(), fields.text()
    fields.finish()
    if not subscribe:
        session.account_updates = None
        return
    _check_account(gateway, NO_REQUEST, account)
    session.account_updates = set()
    gateway.accounts.send_updates(session)
    session.send(messages.account_download_end(gateway.account_code))


def request_positions(gateway: Gateway, session: Session, fields: Fields) -> None:
    fields.skip()
    fields.finish()
    session.wants_positions = True
    for position in gateway.account.positions():
        if position.quantity:
            session.send(messages.position(gateway.account_code, position))
    session.send(messages.position_end())


def cancel_positions(_gateway: Gateway, session: Session, fields: Fields) -> None:
    fields.skip()
    fields.finish()
    session.wants_positions = False


def request_account_summary(gateway: Gateway, session: Session, fields: Fields) -> None:
    fields.skip()
    request_id, group, tags = fields.integer(), fields.text(), fields.text()
    fields.finish()
    if group != "All":
        raise RequestRefused(
            request_id, 321, f"Error validating request.-'bu' : cause - Unknown account group '{group}'"
        )
    if request_id not in session.summaries and len(session.summaries) >= SUMMARIES:
        text = "Error processing request.-'bu' : cause - Maximum number of account summary requests exceeded"
        raise RequestRefused(request_id, 322, text)
    session.summaries[request_id] = SummarySubscription(frozenset(tags.split(",")))
    gateway.accounts.send_summary(session, request_id)
    session.send(messages.account_summary_end(request_id))


def cancel_account_summary(_gateway: Gateway, session: Session, fields: Fields) -> None:
    fields.skip()
    session.summaries.pop(fields.integer(), None)
    fields.finish()


def request_positions_multi(gateway: Gateway, session: Session, fields: Fields) -> None:
    request_id = _read_multi(gateway, fields)
    fields.finish()
    session.positions_multi.add(request_id)
    for position in gateway.account.positions():
        if position.quantity:
            session.send(messages.position_multi(request_id, gateway.account_code, position))
    session.send(messages.position_multi_end(request_id))


def cancel_positions_multi(_gateway: Gateway, session: Session, fields: Fields) -> None:
    fields.skip()
    session.positions_multi.discard(fields.integer())
    fields.finish()


def request_account_updates_multi(gateway: Gateway, session: Session, fields: Fields) -> None:
    request_id = _read_multi(gateway, fields)
    fields.flag()  # ledger and net liquidation value only: the rest does no harm
    fields.finish()
    session.updates_multi[request_id] = set()
    gateway.accounts.send_updates_multi(session, request_id)
    session.send(messages.account_update_multi_end(request_id))


def cancel_account_updates_multi(_gateway: Gateway, session: Session, fields: Fields) -> None:
    fields.skip()
    session.updates_multi.pop(fields.integer(), None)
    fields.finish()


def _read_multi(gateway: Gateway, fields: Fields) -> int:
    fields.skip()
    request_id, account = fields.integer(), fields.text()
    fields.text()  # model
    _check_account(gateway, request_id, account)
    return request_id


def request_pnl(gateway: Gateway, session: Session, fields: Fields) -> None:
    request_id, account = fields.integer(), fields.text()
    fields.text()  # model
    fields.finish()
    _check_account(gateway, request_id, account)
    session.pnl.add(request_id)
    gateway.accounts.send_pnl(session, request_id)


def cancel_pnl(_gateway: Gateway, session: Session, fields: Fields) -> None:
    session.pnl.discard(fields.integer())
    fields.finish()


def request_pnl_single(gateway: Gateway, session: Session, fields: Fields) -> None:
    request_id, account = fields.integer(), fields.text()
    fields.text()  # model
    con_id = fields.integer()
    fields.finish()
    _check_account(gateway, request_id, account)
    session.pnl_single[request_id] = con_id
    gateway.accounts.send_pnl_single(session, request_id)


def cancel_pnl_single(_gateway: Gateway, session: Session, fields: Fields) -> None:
    session.pnl_single.pop(fields.integer(), None)
    fields.finish()


def _check_account(gateway: Gateway, request_id: int, account: str) -> None:
    if account not in ("", gateway.account_code):
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
    92: request_pnl,
    93: cancel_pnl,
    94: request_pnl_single,
    95: cancel_pnl_single,
}
