"""What a worker shows to a gateway's relay. Only a worker is given the key's path."""

from __future__ import annotations

import logging

from django.conf import settings

from brokers.gateways.base import GatewayError
from brokers.gateways.relay.keys import KeyUnusable, gateway_key, read_key

log = logging.getLogger(__name__)


class RelayKeyUnavailable(GatewayError):
    """The fault is this worker's and not the gateway's: the session goes on once the key is back."""


def key_of(gateway: str) -> bytes:
    """The key of the gateway of that name; the workers' own is read anew each time. Raises RelayKeyUnavailable."""
    if settings.RELAY_KEY is None:
        raise RelayKeyUnavailable(
            "This process has no key for gateways' relays; GATEHOUSE_RELAY_KEY is set for workers."
        )
    try:
        return gateway_key(read_key(settings.RELAY_KEY), gateway)
    except KeyUnusable as problem:
        log.error("%s `python manage.py create_keysets` makes one.", problem)  # noqa: TRY400 - the text says all
        raise RelayKeyUnavailable("This worker can't use its key for gateways' relays. Its log says why.") from None
