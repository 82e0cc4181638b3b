"""Property tests here cross PostgreSQL, on a machine that may be busy: how long one example takes says nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import settings as hypothesis_settings

from tests.broker_clock import set_broker_hour

hypothesis_settings.register_profile("crossing", deadline=None)
hypothesis_settings.load_profile("crossing")


@pytest.fixture(autouse=True)
def _noon_at_the_broker(settings: Any) -> None:
    """So that no test depends on the hour at which it runs."""
    set_broker_hour(settings, 12)
