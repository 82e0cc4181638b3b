"""What somebody meant who mistyped a name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def meant(word: str, names: Iterable[str]) -> str:
    """The end of a message about an unknown name: the nearest right one, or all of them when none is near."""
    known = list(names)
    by_lower_case = {name.lower(): name for name in reversed(known)}
    near = difflib.get_close_matches(word.lower(), by_lower_case, n=1)
    if near:
        return f"Did you mean {by_lower_case[near[0]]!r}?"
    return f"These are known: {', '.join(known)}."
