from __future__ import annotations

from ninja import Field

from webapp.api.shapes.fills import FillSelection
from webapp.trading.exports import Format


class ExportSelection(FillSelection):
    """The fills of one file."""

    format: Format | None = Field(
        None,
        description="The kind of file. Without it the header `Accept` decides, and CSV when that takes anything.",
    )
