"""What the API takes and gives. Amounts are decimal strings, times ISO 8601 with an offset; null is unknown."""
