"""What a session's node is told from the rows."""

from __future__ import annotations

from django.conf import settings
from django.db.models import Max

from brokers.config import (
    InteractiveBrokersDataClientConfig,
    InteractiveBrokersExecClientConfig,
    TradingNodeConfig,
)
from brokers.gateways.base import Endpoint
from brokers.gateways.relay.words import Admission
from webapp.accounts.models import BrokerAccount
from webapp.trading.models import BrokerOrder, OrderCommand
from workers.gateway import gateway_name
from workers.leases import Lease
from workers.relay_key import key_of

# How many ids a session can have given to requests and to one bracket between a claim and its bytes: a moment.
AT_MOST_BETWEEN = 1000


def config_for(endpoint: Endpoint, lease: Lease) -> TradingNodeConfig:
    """What the rows know of an account that its node has to know. Reads the database; not for the loop."""
    account = BrokerAccount.objects.get(pk=lease.account_id)
    return TradingNodeConfig(
        host=endpoint.host,
        port=endpoint.port,
        account_code=account.account_code or None,
        admission=_admission(lease),
        account="",  # a variable of this process is nobody's account
        # Late prices that say so are more use than none; each quote tells which it is.
        data_clients={"IB": InteractiveBrokersDataClientConfig(delayed_when_not_subscribed=True)},
        exec_clients={"IB": _orders(above=_highest_order_id(account))},
    )


def _highest_order_id(account: BrokerAccount) -> int:
    """That an order of the account ever had, or may have had: of a worker that was lost while it handed one over."""
    shown = BrokerOrder.objects.filter(account=account).aggregate(highest=Max("broker_order_id"))["highest"] or 0
    handed_over = OrderCommand.objects.filter(account=account).aggregate(highest=Max("from_order_id"))["highest"]
    return max(shown, 0 if handed_over is None else handed_over + AT_MOST_BETWEEN)


def _orders(*, above: int) -> InteractiveBrokersExecClientConfig:
    return InteractiveBrokersExecClientConfig(
        first_order_id=above + 1, order_time_to_live=settings.ORDER_TIME_TO_LIVE.total_seconds()
    )


def _admission(lease: Lease) -> Admission:
    """The relay lets this lease's session through until a later lease's was there."""
    name = gateway_name(lease.account_id)
    return Admission(name=name, fence=lease.fence, key=key_of(name))
