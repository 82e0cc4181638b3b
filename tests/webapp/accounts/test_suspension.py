"""What an account's suspension says."""

from __future__ import annotations

import pytest
from django.utils import timezone

from webapp.accounts import suspension
from webapp.accounts.models import BrokerAccount


@pytest.mark.parametrize(("typed", "read"), [("Checking papers", "Checking papers."), ("A dispute.", "A dispute.")])
def test_an_administrators_reason_ends_with_one_full_stop(typed: str, read: str) -> None:
    account = BrokerAccount(suspended_at=timezone.now(), suspended_reason=typed)
    assert f" UTC: {read} Its session stays stopped" in suspension.in_words(account)
