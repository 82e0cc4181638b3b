"""The question what an order would cost, which the broker answers and nobody transmits."""

from __future__ import annotations

from typing import Any

from brokers import domain
from brokers.refusals import RequestRefused
from webapp.trading import instruments, previews
from workers.asked import Session


async def preview(session: Session, body: dict[str, Any]) -> dict[str, Any]:
    """The figures, or the `reason` why the broker would not take such an order."""
    request = previews.request_from_question(body)
    instrument = await session.database.call(_instrument, request.con_id)
    try:
        figures = await session.node.execution.preview(request, instrument)
    except RequestRefused as refusal:
        return {"reason": str(refusal)}
    return previews.figures_as_answer(figures)


def _instrument(con_id: int) -> domain.Instrument:
    return instruments.to_domain(instruments.get(con_id))
