"""Fills as a file: CSV in the words of IB's Flex, JSON lines and Parquet in the words of the API.

The rows come from PostgreSQL's COPY on a connection of the export's own, are formatted there, and leave as they come:
memory stays the same however many there are, here and in the database. docs/export.md says what each column means.
"""

from webapp.trading.exports.formats import Format
from webapp.trading.exports.places import RETRY_AFTER, ExportsBusy, TooManyExports
from webapp.trading.exports.responses import fills_response
from webapp.trading.exports.selection import Selection, selected

__all__ = ["RETRY_AFTER", "ExportsBusy", "Format", "Selection", "TooManyExports", "fills_response", "selected"]
