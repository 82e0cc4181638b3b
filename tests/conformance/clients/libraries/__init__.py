"""`ib_insync` and `ib_async`: two libraries with one way of asking."""

from __future__ import annotations

from tests.conformance.clients.accounts import Accounts
from tests.conformance.clients.base import Client
from tests.conformance.clients.libraries.history import LibraryHistory
from tests.conformance.clients.libraries.instruments import LibraryInstruments
from tests.conformance.clients.libraries.link import LibraryLink
from tests.conformance.clients.libraries.orders import LibraryOrders
from tests.conformance.clients.libraries.streams import LibraryStreams


def new_client(library: str) -> Client:
    link = LibraryLink(library)
    return Client(
        link, LibraryInstruments(link), LibraryStreams(link), LibraryHistory(link), LibraryOrders(link), Accounts(link)
    )
