from __future__ import annotations

import pytest
from django.db import OperationalError, connection
from django.db.backends.signals import connection_created

from workers import database
from workers.database import PASSING_ERRORS

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_worker_s_statement_ends_when_it_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "STATEMENT_DEADLINE", 1)
    connection.close()
    database.bound_statements()
    try:
        with connection.cursor() as cursor, pytest.raises(OperationalError, match="statement timeout"):
            cursor.execute("SELECT pg_sleep(60)")
    finally:
        connection_created.disconnect(database._bound)
        connection.close()
    assert OperationalError in PASSING_ERRORS
