"""Whether a login may trade, asked at start with an order that IB works out and never transmits."""

from __future__ import annotations

from ib_insync import Contract, Order

from brokers.domain import TradingPermission
from brokers.interactive_brokers import errors
from brokers.interactive_brokers.connection import InteractiveBrokersConnection
from brokers.refusals import NoAnswer, RequestRefused

READ_ONLY = TradingPermission(
    False,
    "The gateway's API is read-only, so it neither takes orders nor shows them. "
    "Turn off Read-Only API in the gateway's settings, under API > Settings, and start the session again.",
)

# No permission for the product, or none to trade at all: https://interactivebrokers.github.io/tws-api/message_codes.html
_FORBIDDEN = frozenset({203, 460})


async def trading_permission(connection: InteractiveBrokersConnection, *, account_code: str) -> TradingPermission:
    """`allowed` stays None when IB gave no answer, or refused for a reason that isn't about permissions."""
    try:
        await connection.ask(
            lambda session: session.orders.what_if(_sample_contract(), _sample_order(account_code)),
            what="the check of trading permissions",
        )
    except RequestRefused as refusal:
        return _refused(refusal)
    except NoAnswer:
        return TradingPermission(None, "IB did not say in time whether this login may trade.")
    return TradingPermission(True, "IB accepts orders from this login.")


def _sample_contract() -> Contract:
    """A stock that every IB login can name."""
    return Contract(conId=265598, symbol="AAPL", secType="STK", exchange="SMART", currency="USD")


def _sample_order(account_code: str) -> Order:
    return Order(
        action="BUY", orderType="MKT", totalQuantity=1, tif="DAY", account=account_code, orderRef="permission-check"
    )


def _refused(refusal: RequestRefused) -> TradingPermission:
    if errors.is_read_only(refusal.code, str(refusal)):
        return READ_ONLY
    if refusal.code in _FORBIDDEN:
        return TradingPermission(False, f"This login may not trade: {refusal}")
    return TradingPermission(None, f"Not known whether this login may trade: {refusal}")
