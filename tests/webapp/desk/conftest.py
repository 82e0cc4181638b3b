from __future__ import annotations

import pytest
from django.test import Client

from tests.webapp.accounts.conftest import hold
from webapp.accounts.models import User

__all__ = ["hold"]


@pytest.fixture
def charlie(db: None) -> User:
    """An administrator, who owns no account."""
    return User.objects.create_superuser(username="charlie", password="charlie-password")


@pytest.fixture
def desk(charlie: User) -> Client:
    """charlie, signed in. Without CSRF checks: `test_doors.py` has those."""
    client = Client(headers={"User-Agent": "Firefox"})
    client.force_login(charlie)
    return client
