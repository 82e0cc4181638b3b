"""How a price, a size or money is kept."""

from __future__ import annotations

from typing import Any

from django.db import models


class AmountField(models.DecimalField):  # type: ignore[type-arg]  # generic in the stubs alone
    """A price, a size or money: 28 digits, 10 of them behind the point."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"max_digits": 28, "decimal_places": 10, **options})
