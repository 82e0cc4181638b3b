"""What opens an export in the end."""

from __future__ import annotations

# What a spreadsheet takes for the beginning of a formula (OWASP's list).
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
