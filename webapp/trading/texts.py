"""Foreign text on its way into a column."""

from __future__ import annotations


def clip(text: str, length: int) -> str:
    """At most `length` letters, the last an ellipsis when some were cut; without NUL, which PostgreSQL refuses."""
    text = text.replace("\x00", "")
    return text if len(text) <= length else text[: length - 1] + "…"
