"""The kinds of file that fills leave as."""

from __future__ import annotations

from enum import StrEnum


class Format(StrEnum):
    """The value is what `format=` takes and what the file's name ends in."""

    CSV = "csv"
    JSON_LINES = "jsonl"
    PARQUET = "parquet"

    @property
    def media_type(self) -> str:
        return _MEDIA_TYPES[self]

    @property
    def content_type(self) -> str:
        return self.media_type if self is Format.PARQUET else f"{self.media_type}; charset=utf-8"


_MEDIA_TYPES = {
    Format.CSV: "text/csv",
    Format.JSON_LINES: "application/x-ndjson",
    Format.PARQUET: "application/vnd.apache.parquet",
}
