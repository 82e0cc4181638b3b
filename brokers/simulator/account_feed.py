"""What clients hear of the account: positions at once, figures when they changed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal

from brokers.simulator.account import Account
from brokers.simulator.listings import Instrument
from brokers.simulator.messages import account as messages
from brokers.simulator.orders import ZERO
from brokers.simulator.session import Session, Sessions, SummarySubscription
from brokers.simulator.valuation import Figure, Valuation


class AccountFeed:
    def __init__(self, sessions: Sessions, account: Account, valuation: Valuation) -> None:
        self._sessions = sessions
        self._account = account
        self._valuation = valuation

    def position_changed(self, instrument: Instrument) -> None:
        position = self._account.position(instrument)
        for session in self._sessions:
            if session.wants_positions:
                session.send(messages.position(self._account.code, position))
            for request_id in session.positions_multi:
                session.send(messages.position_multi(request_id, self._account.code, position))
        self.refresh()

    def refresh(self) -> None:
        """Tells every subscriber the figures that are not what they were told last."""
        for session in self._sessions:
            for request_id in session.summaries:
                self.send_summary(session, request_id)
            for request_id in session.updates_multi:
                self.send_updates_multi(session, request_id)
            if session.account_updates is not None:
                self.send_updates(session)
            self._send_pnl(session)

    def send_summary(self, session: Session, request_id: int) -> None:
        subscription = session.summaries[request_id]
        for figure in _news(self._summary(subscription), subscription.sent):
            session.send(messages.account_summary(request_id, self._account.code, figure))

    def _summary(self, subscription: SummarySubscription) -> list[Figure]:
        figures = [figure for figure in self._valuation.summary() if figure.tag in subscription.tags]
        return figures + [figure for figure in self._valuation.ledger() if subscription.wants_currency(figure.currency)]

    def send_updates(self, session: Session) -> None:
        if session.account_updates is None:
            return
        news = _news(self._window(), session.account_updates)
        for figure in news:
            session.send(messages.account_value(self._account.code, figure))
        if news:
            for holding in self._valuation.holdings():
                session.send(messages.portfolio_value(self._account.code, holding))
            session.send(messages.account_update_time(f"{datetime.now(UTC):%H:%M}"))

    def send_updates_multi(self, session: Session, request_id: int) -> None:
        for figure in _news(self._window(), session.updates_multi[request_id]):
            session.send(messages.account_update_multi(request_id, self._account.code, figure))

    def _window(self) -> list[Figure]:
        facts = [Figure("AccountCode", self._account.code), Figure("AccountReady", "true")]
        return [*facts, *self._valuation.summary(), *self._valuation.ledger()]

    def _send_pnl(self, session: Session) -> None:
        for request_id in session.pnl:
            self.send_pnl(session, request_id)
        for request_id in session.pnl_single:
            self.send_pnl_single(session, request_id)

    def send_pnl(self, session: Session, request_id: int) -> None:
        holdings = self._valuation.holdings()
        in_base = self._valuation.in_base
        unrealized = (in_base(one.unrealized_pnl, one.position.instrument.currency) for one in holdings)
        realized = (in_base(one.position.realized_pnl, one.position.instrument.currency) for one in holdings)
        session.send(messages.pnl(request_id, unrealized=_total(unrealized), realized=_total(realized)))

    def send_pnl_single(self, session: Session, request_id: int) -> None:
        for holding in self._valuation.holdings():
            if holding.position.instrument.con_id == session.pnl_single[request_id]:
                session.send(messages.pnl_single(request_id, holding))


def _news(figures: list[Figure], told: set[Figure]) -> list[Figure]:
    """What was not told yet; remembers it as told."""
    news = [figure for figure in figures if figure not in told]
    told.clear()
    told.update(figures)
    return news


def _total(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, ZERO)
