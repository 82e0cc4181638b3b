"""How far back the broker shows what is over.

IB Gateway tells of executions since midnight alone; TWS can be set to seven days, which a gateway can't:
https://interactivebrokers.github.io/tws-api/executions_commissions.html
Completed orders are those of the day: https://www.interactivebrokers.com/campus/ibkr-api-page/twsapi-doc/
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

# By how much the clocks of the web, the gateway and IB may differ, and how long what was sent may take to arrive.
LEEWAY = timedelta(minutes=2)


def shown_since(now: datetime | None = None) -> datetime:
    """Only an order that was made after this, in UTC, shows for sure when it's over. `now` is the present moment.

    It lies ahead while a midnight is near: which day it is at the broker is then anybody's guess.
    """
    moment = (now or timezone.now()) + LEEWAY
    return max(_midnight_before(moment, ZoneInfo(zone)) for zone in settings.BROKER_DAY_ZONES) + LEEWAY


def _midnight_before(moment: datetime, zone: ZoneInfo) -> datetime:
    return datetime.combine(moment.astimezone(zone).date(), time(), zone).astimezone(UTC)
