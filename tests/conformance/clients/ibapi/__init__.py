"""IB's own client. It only sends and calls back, so what a library would collect is collected here."""

from __future__ import annotations

from tests.conformance.clients.accounts import Accounts
from tests.conformance.clients.base import Client
from tests.conformance.clients.ibapi.history import IbapiHistory
from tests.conformance.clients.ibapi.instruments import IbapiInstruments
from tests.conformance.clients.ibapi.link import IbapiLink
from tests.conformance.clients.ibapi.orders import IbapiOrders
from tests.conformance.clients.ibapi.streams import IbapiStreams


def new_client() -> Client:
    link = IbapiLink()
    return Client(
        link, IbapiInstruments(link), IbapiStreams(link), IbapiHistory(link), IbapiOrders(link), Accounts(link)
    )
