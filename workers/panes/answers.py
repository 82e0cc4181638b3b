"""The question for a chart's history."""

from __future__ import annotations

import asyncio
from typing import Any

from webapp.bus.panes import Pane, Span, bar_as_body
from workers.asked import CannotAnswer, Session
from workers.panes.charts import Chart, HistoryRefused

# Seconds; less than an answer may take, so that it can say why there is none.
HISTORY_DEADLINE = 3.5

WAITS = (
    "The broker's history hasn't come yet. Interactive Brokers answers 60 such questions in ten minutes, and this one "
    "waits for its turn or its answer."
)


async def bars(session: Session, body: dict[str, Any]) -> dict[str, Any]:
    """All bars of a chart, which is kept up to date from now on for as long as somebody looks at it."""
    pane = Pane(int(body["con_id"]), _span(body))
    chart = await session.link.panes.chart(pane)
    if chart is None:
        raise CannotAnswer(f"Instrument {pane.con_id} isn't known here; search for it first.")
    await _loaded(chart)
    return {
        "bars": [bar_as_body(bar) for bar in chart.bars],
        "loaded_at": chart.loaded_at.isoformat() if chart.loaded_at is not None else None,
        "what_to_show": chart.what_to_show.value,
        "is_stale": chart.standing.is_stale,
        "stale_reason": chart.standing.reason,
    }


def _span(body: dict[str, Any]) -> Span:
    try:
        return Span(body["span"])
    except ValueError:
        raise CannotAnswer(f"A chart spans one of {', '.join(Span)}, not {body['span']!r}.") from None


async def _loaded(chart: Chart) -> None:
    try:
        async with asyncio.timeout(HISTORY_DEADLINE):
            await chart.loaded()
    except TimeoutError:
        raise CannotAnswer(WAITS) from None
    except HistoryRefused as refusal:
        raise CannotAnswer(str(refusal)) from refusal
