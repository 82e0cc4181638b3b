"""Whether an account can send an order or a cancel now, and if not, why, in the words of the pages."""

from __future__ import annotations

from brokers.domain import SessionState
from webapp.accounts import live_trading, sessions, suspension
from webapp.accounts.models import BrokerAccount, GatewaySession
from webapp.trading.refusals import SessionNotReady

NO_ORDER = "Nothing was sent."
NO_CANCEL = "The cancel was not sent, so the order stays as it is."

_STANDS = {
    SessionState.STOPPED: "is stopped",
    SessionState.STARTING: "is starting",
    SessionState.LOGGING_IN: "is logging in",
    SessionState.TWO_FACTOR: "is waiting for your approval",
    SessionState.SYNCING: "is syncing",
    SessionState.READY: "is ready",
    SessionState.DEGRADED: "is ready, with limited data",
    SessionState.RESTARTING: "is restarting",
    SessionState.AUTH_REQUIRED: "needs a login",
    SessionState.AUTH_FAILED: "was refused its login",
    SessionState.COMPETING: "is in use elsewhere",
    SessionState.ERROR: "is in error",
}


def require_orders(account: BrokerAccount) -> None:
    """Raises SessionNotReady when an order could not leave now, and LiveTradingOff."""
    live_trading.require_on(account)
    if account.is_suspended:
        raise SessionNotReady(why_closed(account))
    session, state = _session(account)
    if not state.takes_orders:
        raise SessionNotReady(
            f"The session of {account.name} {_STANDS[state]}, and takes orders only when it is ready."
            f"{_why(session, state)} {NO_ORDER}"
        )
    _require_account_code(account, NO_ORDER)
    _require_worker(account, session)
    _require_permission(account)


def why_closed(account: BrokerAccount) -> str:
    """Why no order and no change of this account may leave, whatever its session; empty when they may."""
    if account.is_suspended:
        return f"{suspension.in_words(account)} {NO_ORDER}"
    return live_trading.in_words(account) if account.is_live_trading_off else ""


def require_cancels(account: BrokerAccount) -> None:
    """Raises SessionNotReady when a cancel could not leave now. One may wait for a lost worker's successor."""
    session, state = _session(account)
    if not state.takes_cancels:
        raise SessionNotReady(
            f"The session of {account.name} {_STANDS[state]}, and takes cancels only when it is connected."
            f"{_why(session, state)} {NO_CANCEL}"
        )
    _require_account_code(account, NO_CANCEL)


def require_quotes(account: BrokerAccount) -> None:
    """Raises SessionNotReady when no quote could come now."""
    _require_ready(account, "has quotes")


def require_profits(account: BrokerAccount) -> None:
    """Raises SessionNotReady when nobody could tell profit and loss now."""
    _require_ready(account, "tells profit and loss")


def require_positions(account: BrokerAccount) -> None:
    """Raises SessionNotReady when nobody counts what is held now."""
    session = _require_ready(account, "knows its positions")
    _require_account_code(account, "")
    _require_worker(account, session)


def require_previews(account: BrokerAccount) -> None:
    """Raises SessionNotReady when the broker couldn't be asked now what an order would cost."""
    _require_ready(account, "can ask what an order would cost")
    _require_account_code(account, NO_ORDER)


def _require_ready(account: BrokerAccount, what: str) -> GatewaySession | None:
    session, state = _session(account)
    if not state.takes_orders:
        raise SessionNotReady(
            f"The session of {account.name} {_STANDS[state]}, and {what} only when it is ready.{_why(session, state)}"
        )
    return session


def _session(account: BrokerAccount) -> tuple[GatewaySession | None, SessionState]:
    session = GatewaySession.objects.filter(account=account).first()
    return session, SessionState(session.state) if session is not None else SessionState.STOPPED


def _why(session: GatewaySession | None, state: SessionState) -> str:
    """The session's own reason, unless it says no more than the state does: `Stopped.` of one that is stopped."""
    reason = session.state_reason if session is not None else ""
    says_more = reason and not _STANDS[state].endswith(reason.rstrip(".").lower())
    return f" {reason}" if says_more else ""


def _require_account_code(account: BrokerAccount, outcome: str) -> None:
    if not account.account_code:
        raise SessionNotReady(f"The broker has not named the account behind {account.name} yet. {outcome}")


def _require_worker(account: BrokerAccount, session: GatewaySession | None) -> None:
    """A worker that was lost leaves its last word, READY say, until the next one takes over."""
    if session is not None and sessions.is_worker_lost(session):
        raise SessionNotReady(
            f"The worker that held the session of {account.name} was lost, and another takes over. {NO_ORDER}"
        )


def _require_permission(account: BrokerAccount) -> None:
    """Refused only when it is known: with None the broker will say."""
    if account.may_trade is False:
        why = account.may_trade_reason or "The broker gave no reason."
        raise SessionNotReady(f"{account.name} may not trade. {why} {NO_ORDER}")
