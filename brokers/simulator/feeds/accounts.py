"""What clients hear of accounts: positions at once, figures when they changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import cached_property

from brokers.simulator.accounts import statement
from brokers.simulator.accounts.amounts import ZERO
from brokers.simulator.accounts.statement import Figure
from brokers.simulator.accounts.valuation import Holding, Valuation, Worth
from brokers.simulator.catalogue.listings import Instrument
from brokers.simulator.clock import ib_clock
from brokers.simulator.connections.account_subscriptions import EVERY_ACCOUNT, ProfitSubscription, Told
from brokers.simulator.connections.session import Session, Sessions
from brokers.simulator.messages import account as messages
from brokers.simulator.messages.account import Profit
from brokers.simulator.wire import Value


class Page:
    """One account's statement at one moment, made when somebody wants it and then shown to everybody."""

    def __init__(self, valuation: Valuation) -> None:
        self.code = valuation.account.code
        self._valuation = valuation

    @cached_property
    def worth(self) -> Worth:
        return self._valuation.worth()

    @cached_property
    def summary(self) -> list[Figure]:
        return statement.summary(self.worth)

    @cached_property
    def ledger(self) -> list[Figure]:
        return statement.ledger(self.worth)

    @cached_property
    def window(self) -> list[Figure]:
        return statement.window(self.worth)

    @cached_property
    def light_window(self) -> list[Figure]:
        return statement.light_window(self.worth)


class AccountFeed:
    """`valuations` has one for each account behind the login, by its code."""

    def __init__(self, sessions: Sessions, valuations: Mapping[str, Valuation], *, now: Callable[[], datetime]) -> None:
        self._sessions = sessions
        self._valuations = valuations
        self._now = now

    def position_changed(self, code: str, instrument: Instrument) -> None:
        position = self._valuations[code].account.position(instrument)
        for session in self._sessions:
            if session.accounts.wants_positions:
                session.send(messages.position(code, position))
            for request_id, wanted in session.accounts.positions.items():
                if wanted in (EVERY_ACCOUNT, code):
                    session.send(messages.position_multi(request_id, code, position))
        self.refresh()

    def refresh(self) -> None:
        """Tells every subscriber the figures that are not what they were told last."""
        pages = self._pages()
        for session in self._sessions:
            self._refresh(session, pages)

    def refresh_profits(self) -> None:
        """As `refresh`, but of profits and losses alone, which move with every price."""
        pages = self._pages()
        for session in self._sessions:
            self._refresh_profits(session, pages)

    def _pages(self) -> dict[str, Page]:
        return {code: Page(valuation) for code, valuation in self._valuations.items()}

    def _refresh(self, session: Session, pages: Mapping[str, Page]) -> None:
        for request_id in session.accounts.summaries:
            self.send_summary(session, request_id, pages)
        for request_id in session.accounts.updates:
            self.send_updates(session, request_id, pages)
        self.send_window(session, pages)
        self._refresh_profits(session, pages)

    def _refresh_profits(self, session: Session, pages: Mapping[str, Page]) -> None:
        for request_id in session.accounts.profits:
            self.send_profit(session, request_id, pages)

    def send_positions(self, session: Session) -> None:
        """What is held now, in every account."""
        for code, valuation in self._valuations.items():
            for position in valuation.account.positions():
                if position.quantity:
                    session.send(messages.position(code, position))

    def send_positions_of(self, session: Session, request_id: int) -> None:
        wanted = session.accounts.positions[request_id]
        for code, valuation in self._valuations.items():
            for position in valuation.account.positions():
                if position.quantity and wanted in (EVERY_ACCOUNT, code):
                    session.send(messages.position_multi(request_id, code, position))

    def send_summary(self, session: Session, request_id: int, pages: Mapping[str, Page] | None = None) -> None:
        subscription = session.accounts.summaries[request_id]
        for page in (pages or self._pages()).values():
            for figure in subscription.wanted(page.summary, page.ledger):
                message = messages.account_summary(request_id, page.code, figure)
                _tell(session, subscription.told, (page.code, figure.tag, figure.currency), message)

    def send_updates(self, session: Session, request_id: int, pages: Mapping[str, Page] | None = None) -> None:
        subscription = session.accounts.updates[request_id]
        for page in (pages or self._pages()).values():
            if subscription.account not in (EVERY_ACCOUNT, page.code):
                continue
            for figure in page.light_window if subscription.is_light else page.window:
                message = messages.account_update_multi(request_id, page.code, figure)
                _tell(session, subscription.told, (page.code, figure.tag, figure.currency), message)

    def send_window(self, session: Session, pages: Mapping[str, Page] | None = None) -> None:
        subscription = session.accounts.window
        if subscription is None:
            return
        page = (pages or self._pages())[subscription.account]
        news = [
            _tell(session, subscription.told, about, message) for about, message in _window(page, subscription.told)
        ]
        if any(news):
            session.send(messages.account_update_time(ib_clock(self._now())))

    def send_profit(self, session: Session, request_id: int, pages: Mapping[str, Page] | None = None) -> None:
        subscription = session.accounts.profits[request_id]
        page = (pages or self._pages())[subscription.account]
        _tell(session, subscription.told, (page.code,), _profit_message(request_id, subscription, page.worth))


def _tell(session: Session, told: Told, about: tuple[str, ...], message: list[Value]) -> bool:
    is_news = told.is_news(about, message)
    if is_news:
        session.send(message)
    return is_news


def _window(page: Page, told: Told) -> Iterator[tuple[tuple[str, ...], list[Value]]]:
    for figure in page.window:
        yield (figure.tag, figure.currency), messages.account_value(page.code, figure)
    for holding in page.worth.holdings:
        about = ("portfolio", str(holding.instrument.con_id))
        if holding.position.quantity or told.knows(about):
            yield about, messages.portfolio_value(page.code, holding)


def _profit_message(request_id: int, subscription: ProfitSubscription, worth: Worth) -> list[Value]:
    if subscription.con_id is None:
        return messages.pnl(request_id, _profit_of_account(worth))
    holding = next((one for one in worth.holdings if one.instrument.con_id == subscription.con_id), None)
    if holding is None or not holding.is_priced:
        quantity = ZERO if holding is None else holding.position.quantity
        return messages.pnl_single(request_id, quantity, Profit(None, None, None), None)
    return messages.pnl_single(request_id, holding.position.quantity, _profit_of(holding), holding.value)


def _profit_of_account(worth: Worth) -> Profit:
    return Profit(
        daily=worth.total(lambda one: one.daily_pnl),
        unrealized=worth.total(lambda one: one.unrealized_pnl),
        realized=worth.total(lambda one: one.realized_pnl),
    )


def _profit_of(holding: Holding) -> Profit:
    """Amounts of the contract's own currency; nothing realized of what was not traded today is unknown, as IB's."""
    return Profit(holding.daily_pnl, holding.unrealized_pnl, holding.position.realized_pnl)
