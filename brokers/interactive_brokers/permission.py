"""Whether a login may trade, and which products, asked with orders that IB works out and never transmits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from ib_insync import Contract, Order

from brokers.domain import Instrument, SecurityType, TradingPermission
from brokers.interactive_brokers import contracts, convert, errors
from brokers.interactive_brokers.connection import InteractiveBrokersConnection
from brokers.refusals import NoAnswer, RequestRefused

READ_ONLY = TradingPermission(
    False,
    "The gateway's API is read-only, so it neither takes orders nor shows them. "
    "Turn off Read-Only API in the gateway's settings, under API > Settings, and start the session again.",
)

# No permission for the product, or none to trade at all: https://interactivebrokers.github.io/tws-api/message_codes.html
_FORBIDDEN = frozenset({203, 460})
# A rejection for any reason; IB also uses it for this one, and then its text alone says so.
_REJECTED = 201
_SAMPLE_REF = "permission-check"


async def trading_permission(connection: InteractiveBrokersConnection, *, account_code: str) -> TradingPermission:
    """`allowed` stays None when IB gave no answer, or refused for a reason that isn't about permissions."""
    return await _permission(connection, _sample_contract(), _sample_order(account_code, 1))


async def product_permissions(
    connection: InteractiveBrokersConnection,
    *,
    account_code: str,
    instruments: Iterable[Instrument],
    is_read_only: Callable[[], bool],
) -> Mapping[SecurityType, TradingPermission]:
    """One answer for each kind of product, asked with the first of `instruments` that is of it, one after the other."""
    samples: dict[SecurityType, Instrument] = {}
    for instrument in instruments:
        samples.setdefault(instrument.security_type, instrument)
    found: dict[SecurityType, TradingPermission] = {}
    for kind, instrument in samples.items():
        if is_read_only():
            found[kind] = READ_ONLY
            continue
        found[kind] = await _permission(
            connection,
            contracts.of_instrument(instrument),
            _sample_order(account_code, convert.to_float(max(instrument.min_size, instrument.size_increment))),
            product=f" {kind} ({instrument.display_symbol})",
        )
    return found


async def _permission(
    connection: InteractiveBrokersConnection, contract: Contract, order: Order, *, product: str = ""
) -> TradingPermission:
    try:
        await connection.ask(lambda session: session.orders.what_if(contract, order), what="what an order would cost")
    except RequestRefused as refusal:
        return _refused(refusal, product=product)
    except NoAnswer:
        return TradingPermission(None, f"IB did not say in time whether this login may trade{product}.")
    return TradingPermission(True, f"IB accepts{product} orders from this login.")


def _sample_contract() -> Contract:
    """A stock that every IB login can name."""
    return Contract(conId=265598, symbol="AAPL", secType="STK", exchange="SMART", currency="USD")


def _sample_order(account_code: str, size: float) -> Order:
    return Order(
        action="BUY", orderType="MKT", totalQuantity=size, tif="DAY", account=account_code, orderRef=_SAMPLE_REF
    )


def _refused(refusal: RequestRefused, *, product: str) -> TradingPermission:
    if errors.is_read_only(refusal.code, str(refusal)):
        return READ_ONLY
    if _is_about_permission(refusal):
        return TradingPermission(False, f"This login may not trade{product}: {refusal}")
    return TradingPermission(None, f"Not known whether this login may trade{product}: {refusal}")


def _is_about_permission(refusal: RequestRefused) -> bool:
    return refusal.code in _FORBIDDEN or (refusal.code == _REJECTED and "permission" in str(refusal).lower())
