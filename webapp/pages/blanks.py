"""Empty rows. A script clones one for what wasn't there at the first paint, so that one template makes every row."""

from __future__ import annotations

from brokers.domain import OrderStatus
from webapp.trading import price_steps
from webapp.trading.fills import FillBody
from webapp.trading.orders import OrderBody
from webapp.trading.positions import PositionBody

NO_TIME = "1970-01-01T00:00:00+00:00"

ORDER: OrderBody = {
    "client_order_id": None,
    "perm_ids": [],
    "con_id": 0,
    "symbol": "",
    "name": "",
    "account_code": "",
    "side": "",
    "order_type": "",
    "time_in_force": "",
    "quantity": "0",
    "limit_price": None,
    "stop_price": None,
    "trailing_amount": None,
    "trailing_percent": None,
    "trail_stop_price": None,
    "limit_price_offset": None,
    "good_till_date": None,
    "outside_rth": False,
    "parent_client_order_id": None,
    "attached_as": None,
    "cancelled_by": None,
    "cancelled_at": None,
    "status": OrderStatus.PENDING.value,
    "ib_status": "",
    "reason": "",
    "filled_quantity": "0",
    "average_fill_price": None,
    "created_at": NO_TIME,
    "updated_at": NO_TIME,
    "cancel_requested": False,
    "can_cancel": False,
    "change_requested": False,
    "can_modify": False,
}

FILL: FillBody = {
    "exec_id": "",
    "client_order_id": None,
    "con_id": 0,
    "symbol": "",
    "name": "",
    "account_code": "",
    "side": "",
    "quantity": "0",
    "price": "0",
    "exchange": "",
    "executed_at": NO_TIME,
    "commission": None,
    "commission_currency": None,
    "realized_pnl": None,
    "currency": "",
}

POSITION: PositionBody = {
    "con_id": 0,
    "symbol": "",
    "name": "",
    "account_code": "",
    "quantity": "0",
    "average_cost": None,
    "currency": "",
    "multiplier": None,
    "price_magnifier": 1,
}

NO_STEPS = {"price_steps": price_steps.NO_STEPS}
ROWS = {
    "blank_order": {**ORDER, **NO_STEPS},
    "blank_fill": {**FILL, **NO_STEPS},
    "blank_position": {**POSITION, **NO_STEPS},
}
