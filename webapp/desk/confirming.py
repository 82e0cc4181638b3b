"""What can't be taken back is confirmed with a typed word, not with one more click."""

from __future__ import annotations

from django.contrib import messages

from webapp.pages.access import SignedInRequest


def is_confirmed(request: SignedInRequest, word: str) -> bool:
    """Whether `word` was typed. When it wasn't, the next page says so."""
    typed = request.POST.get("confirmation", "").strip()
    if typed == word:
        return True
    messages.error(request, f"Nothing was done: type {word} to confirm, not “{typed[:40]}”.")
    return False
